"""The codebook as one self-contained page."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from pipeline.papers.codebook.content import Codebook
from pipeline.specs.disclosure import MARK
from pipeline.texts import visible

if TYPE_CHECKING:
    from jinja2 import Template


def codebook_html(book: Codebook, template: bytes) -> bytes:
    """The page, without scripts or requests. ``template``: reports/templates/codebook.html.j2."""
    return _compiled(template.decode()).render(book=book, mark=MARK).encode()


@lru_cache(maxsize=4)
def _compiled(template: str) -> Template:
    from jinja2 import Environment, StrictUndefined

    def shown(value: Any) -> Any:
        return visible(value) if type(value) is str else value

    options: dict[str, Any] = {"autoescape": True, "undefined": StrictUndefined, "finalize": shown}
    return Environment(trim_blocks=True, lstrip_blocks=True, **options).from_string(template)
