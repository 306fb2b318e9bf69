"""A toy writer of papers, as somebody would add it: one module (this one) and one record. Its title and numbers."""

from __future__ import annotations

from pipeline.papers import Document
from pipeline.specs.writers import Writer

RECORD = Writer("brief", "the title and the numbers alone", "txt", "tests.toy_writer:write")


def write(document: Document, _: bytes | None) -> bytes:
    return "\n".join([document.title, *(number.printed for number in document.numbers)]).encode()
