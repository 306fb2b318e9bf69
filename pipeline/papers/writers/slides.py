"""The figures of a paper as slides (PDF, sixteen by nine): one figure per slide, under the sentence that it shows."""

from __future__ import annotations

from pipeline.papers.content import Document
from pipeline.papers.writers.pdf import typeset


def write(document: Document, template: bytes | None) -> bytes:
    """The slides as a tagged PDF. ``template``: reports/templates/slides.typ, which walks the document as data.

    Raises ``PaperError`` without a template, or where Typst refuses what is not accessible.
    """
    return typeset(document, template, "slides.typ")
