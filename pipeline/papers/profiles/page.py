"""The profile of an area as one self-contained web page: no script, no request; two pages when it is printed."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

from pipeline.errors import PaperError
from pipeline.papers.content import Run, Runs, plain
from pipeline.papers.profiles.content import AreaProfile
from pipeline.papers.writers import as_shown
from pipeline.papers.writers.html import css_string

if TYPE_CHECKING:
    from jinja2 import Template


def profile_html(content: AreaProfile, template: bytes | None) -> bytes:
    """The page. ``template``: reports/templates/profile.html.j2. Same input, same bytes.

    Raises ``PaperError`` without a template.
    """
    if template is None:
        raise PaperError("a profile is written by a template", todo="Put profile.html.j2 into reports/templates.")
    return _compiled(template.decode()).render(profile=shown(content)).encode()


def shown(content: AreaProfile) -> AreaProfile:
    """Every text of it as a reader is to see it (``pipeline.texts``)."""
    return replace(as_shown(replace(content, numbers=())), numbers=content.numbers)


@lru_cache(maxsize=4)
def _compiled(template: str) -> Template:
    from jinja2 import Environment, StrictUndefined

    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True
    )
    environment.filters["runs"] = _runs
    environment.filters["picture"] = _picture
    environment.filters["css_string"] = css_string
    return environment.from_string(template)


def _runs(runs: Runs) -> Markup:
    """Numbers do not break over a line."""
    parts = (
        f'<span class="n">{escape(plain((run,)))}</span>' if is_numeral(run) else escape(plain((run,))) for run in runs
    )
    return Markup("".join(parts))


def is_numeral(run: Run) -> bool:
    """Words that follow a result are bound to it as its digits are, and break over a line as other words do."""
    return run.kind == "number" and any(sign.isdigit() for sign in plain((run,)))


def _picture(svg: str, alt: str = "") -> Markup:
    """A picture that is drawn here (``strips``) in the ink of the page; without ``alt`` it is passed over."""
    said = f'role="img" aria-label="{escape(alt)}"' if alt else 'aria-hidden="true"'
    return Markup(svg.replace("<svg ", f"<svg {said} ", 1))
