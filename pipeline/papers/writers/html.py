"""A document as one self-contained HTML file: no script, no request, readable on a phone and in print."""

from __future__ import annotations

import base64
import re
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from pipeline.files import write_bytes
from pipeline.papers.cautions import ANCHOR
from pipeline.papers.content import Document, Emphasis, FigureFile, Link, Number, Runs, Strong
from pipeline.paths import Paths

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

SAFE_ADDRESS = re.compile(r"(https?://|mailto:|#)", re.IGNORECASE)


def write_html(document: Document, path: Path, *, template: Path | None = None) -> Path:
    """Write the document to ``path``; the file appears whole or not at all. Same document, same bytes."""
    write_bytes(path, html(document, template=template).encode())
    return path


def html(document: Document, *, template: Path | None = None) -> str:
    """The document as HTML text. ``template``: another file than reports/templates/paper.html.j2."""
    file = template or Paths().templates / "paper.html.j2"
    writer = _Runs()
    environment = _environment(file.parent)
    environment.filters["runs"] = writer.html
    return environment.get_template(file.name).render(document=document)


def _environment(folder: Path) -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["picture"] = picture
    environment.filters["narrow_picture"] = narrow_picture
    environment.filters["css_string"] = css_string
    return environment


class _Runs:
    """Writes runs. The first use of a number carries the anchor that its record leads back to."""

    def __init__(self) -> None:
        self.used: set[str] = set()

    def html(self, runs: Runs) -> Markup:
        from markupsafe import Markup

        return Markup("").join(self._run(run) for run in runs)

    def _run(self, run: object) -> Markup:
        from markupsafe import Markup, escape

        if isinstance(run, Number):
            return self._number(run)
        if isinstance(run, Strong):
            return Markup("<strong>{}</strong>").format(self.html(run.runs))
        if isinstance(run, Emphasis):
            return Markup("<em>{}</em>").format(self.html(run.runs))
        if isinstance(run, Link):
            inside = self.html(run.runs)
            safe = SAFE_ADDRESS.match(run.href)
            return Markup('<a href="{}">{}</a>').format(run.href, inside) if safe else inside
        return escape(run.text)  # type: ignore[attr-defined]

    def _number(self, run: Number) -> Markup:
        from markupsafe import Markup

        anchor = Markup("") if run.record in self.used else Markup(' id="{}-use"').format(run.record)
        self.used.add(run.record)
        number = Markup('<a class="number"{} href="#{}">{}</a>').format(anchor, run.record, run.text)
        if not run.mark:
            return number
        told = "may not be compared over waves or groups: see what may not be compared"
        return number + Markup('<a class="caution" href="#{}" aria-label="{}">{}</a>').format(ANCHOR, told, run.mark)


def picture(figure: FigureFile) -> str:
    """The figure without its heading and footer, as a data address: they are set as text beside it."""
    return _address(_cropped(figure.svg))


def narrow_picture(figure: FigureFile) -> str:
    """The same for a phone; empty if the figure was not drawn for one."""
    return _address(_cropped(figure.narrow)) if figure.narrow else ""


def _cropped(svg: bytes) -> bytes:
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


def _address(svg: bytes) -> str:
    return f"data:image/svg+xml;base64,{base64.b64encode(svg).decode()}"


def css_string(text: str) -> Markup:
    """Text as a quoted CSS string, safe inside a style element."""
    from markupsafe import Markup

    escaped = "".join(char if char.isalnum() or char in " ,.:;-–" else f"\\{ord(char):x} " for char in text)
    return Markup(f'"{escaped}"')


def paper_numbers(document: Document, paper: str) -> pl.DataFrame:
    """One row per number printed in a paper: the result it is bound to, and the question asked."""
    rows = [
        {
            "paper": paper,
            "number": record.id,
            "printed": record.printed,
            "source": f"{record.source}: {record.what}",
            "question": record.question or None,
        }
        for record in document.numbers
    ]
    schema = dict.fromkeys(("paper", "number", "printed", "source", "question"), pl.String)
    return pl.DataFrame(rows, schema=schema)
