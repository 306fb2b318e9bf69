"""A document as one self-contained HTML file: no script, no request, readable on a phone and in print."""

from __future__ import annotations

import base64
import re
from functools import lru_cache

from jinja2 import Environment, StrictUndefined, Template, pass_context
from jinja2.runtime import Context
from markupsafe import Markup, escape

from pipeline.errors import PaperError
from pipeline.papers.cautions import ANCHOR
from pipeline.papers.content import (
    CODEBOOK,
    NUMERAL,
    PROFILE,
    Document,
    Emphasis,
    FigureFile,
    Link,
    Number,
    Run,
    Runs,
    Strong,
    address,
    beside,
)

SAFE_ADDRESS = re.compile(rf"(https?://|mailto:|#|{CODEBOOK}|{PROFILE})", re.IGNORECASE)


def write(document: Document, template: bytes | None) -> bytes:
    """The document as an HTML file. ``template``: the text of reports/templates/paper.html.j2. Same input, same bytes.

    Raises ``PaperError`` without a template.
    """
    if template is None:
        raise PaperError("a paper is written to HTML by a template", todo="Put paper.html.j2 into reports/templates.")
    page = _compiled(template.decode())
    return page.render(document=document, written=_Runs(document), others=beside(document, "html")).encode()


@lru_cache(maxsize=4)
def _compiled(template: str) -> Template:
    """A template that can be rendered for several papers."""
    environment = Environment(
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["picture"] = picture
    environment.filters["narrow_picture"] = narrow_picture
    environment.filters["css_string"] = css_string
    environment.filters["runs"] = _runs
    return environment.from_string(template)


@pass_context
def _runs(context: Context, runs: Runs) -> Markup:
    written: _Runs = context["written"]
    return Markup(written.html(runs))


class _Runs:
    """Writes runs. The first use of a number carries the anchor that its record leads back to.

    Numbers are no stops of the tab key: there are a hundred, and the contents lead to the table that has them all.
    """

    def __init__(self, document: Document) -> None:
        self.document = document
        self.used: set[str] = set()

    def html(self, runs: Runs) -> str:
        return "".join(map(self._run, runs))

    def _run(self, run: Run) -> str:
        if isinstance(run, Number):
            return self._number(run)
        if isinstance(run, Strong):
            return f"<strong>{self.html(run.runs)}</strong>"
        if isinstance(run, Emphasis):
            return f"<em>{self.html(run.runs)}</em>"
        if isinstance(run, Link):
            inside = self.html(run.runs)
            stop = ' tabindex="-1"' if run.href.endswith("-use") else ""
            return f'<a href="{self.href(run.href)}"{stop}>{inside}</a>' if SAFE_ADDRESS.match(run.href) else inside
        return str(escape(run.text))

    def href(self, href: str) -> Markup:
        """An address as an attribute; an anchor of the other document leads into its file."""
        return escape(address(self.document, href, "html"))

    def _number(self, run: Number) -> str:
        anchor = "" if run.record in self.used else f' id="{escape(run.record)}-use"'
        self.used.add(run.record)
        origin, why = (self.href(f"#{name}") for name in (run.record, ANCHOR))
        kind = "number" if len(run.text) <= NUMERAL else "number phrase"
        number = f'<a class="{kind}"{anchor} href="{origin}" tabindex="-1">{escape(run.text)}</a>'
        if not run.mark:
            return number
        label = "may not be compared over waves or groups: see what may not be compared"
        return f'{number}<a class="caution" href="{why}" aria-label="{label}">{escape(run.mark)}</a>'


def picture(figure: FigureFile) -> str:
    """The figure without its heading and footer, as a data address; they are set as text."""
    return _address(cropped(figure.svg))


def narrow_picture(figure: FigureFile) -> str:
    """The same for a phone; empty if the figure was not drawn for one."""
    return _address(cropped(figure.narrow)) if figure.narrow else ""


def cropped(svg: bytes) -> bytes:
    """An SVG reduced to the part that its ``data-body`` names; whole if it names none."""
    root = re.search(rb"<svg\b[^>]*>", svg)
    body = re.search(rb'data-body="([\d.-]+) ([\d.-]+) ([\d.-]+) ([\d.-]+)"', root.group()) if root else None
    if root is None or body is None:
        return svg
    left, top, width, height = (float(part) for part in body.groups())
    tag = re.sub(rb'viewBox="[^"]*"', f'viewBox="{left:g} {top:g} {width:g} {height:g}"'.encode(), root.group())
    tag = re.sub(rb'\bwidth="[^"]*"', f'width="{width:g}pt"'.encode(), tag)
    tag = re.sub(rb'\bheight="[^"]*"', f'height="{height:g}pt"'.encode(), tag)
    return svg[root.start() : root.end()].replace(root.group(), tag) + svg[root.end() :]


def shape(svg: bytes) -> float:
    """The width of a figure for a height of one; 1.5 where it says neither."""
    box = re.search(rb'viewBox="[\d.-]+ [\d.-]+ ([\d.]+) ([\d.]+)"', svg)
    return float(box[1]) / float(box[2]) if box else 1.5


def _address(svg: bytes) -> str:
    return f"data:image/svg+xml;base64,{base64.b64encode(svg).decode()}"


def css_string(text: str) -> Markup:
    """Text as a quoted CSS string, safe inside a style element."""
    escaped = "".join(char if char.isalnum() or char in " ,.:;-–" else f"\\{ord(char):x} " for char in text)
    return Markup(f'"{escaped}"')
