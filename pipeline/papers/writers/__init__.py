"""Writers: a document and a template in, the bytes of one file out. One module each, named by ``specs/writers.py``."""

from __future__ import annotations

from pipeline.papers.content import Document
from pipeline.specs.family import load
from pipeline.specs.writers import WRITERS


def written(document: Document, writer: str, template: bytes | None) -> bytes:
    """The document as the file that one of ``WRITERS`` makes of it, with the bytes of that writer's template."""
    made: bytes = load(WRITERS[writer].function)(document, template)
    return made
