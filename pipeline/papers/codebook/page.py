"""The codebook as one self-contained page."""

from __future__ import annotations

from pipeline.page_templates import page_template
from pipeline.papers.codebook.content import Codebook
from pipeline.specs.disclosure import MARK


def codebook_html(book: Codebook, template: bytes) -> bytes:
    """The page, without scripts or requests. ``template``: reports/templates/codebook.html.j2."""
    return page_template(template.decode()).render(book=book, mark=MARK).encode()
