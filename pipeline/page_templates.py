"""Templates of web pages: every text escaped and its unseen signs made visible, a name that is missing refused."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from pipeline.texts import visible

if TYPE_CHECKING:
    from jinja2 import Template


@lru_cache(maxsize=8)
def page_template(template: str) -> Template:
    """The template, compiled once for all pages of a kind. Raises jinja2's error where a name is undefined."""
    from jinja2 import Environment, StrictUndefined

    return Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, finalize=_shown
    ).from_string(template)


def _shown(value: Any) -> Any:
    """Plain texts with their unseen signs visible; what is already markup as it is."""
    return visible(value) if type(value) is str else value
