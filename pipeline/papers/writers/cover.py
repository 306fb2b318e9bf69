"""The first page of a paper as a picture (SVG): for a website, a newsletter or a catalogue."""

from __future__ import annotations

from pipeline.papers.content import Document
from pipeline.papers.writers.pdf import typeset


def write(document: Document, template: bytes | None) -> bytes:
    """Page one as an SVG whose letters are drawn. ``template``: reports/templates/paper.typ.

    Raises ``PaperError`` without a template, or where Typst refuses the document.
    """
    return typeset(document, template, "paper.typ", "svg")
