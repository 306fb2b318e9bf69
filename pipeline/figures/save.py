"""A figure as PNG and SVG, to the byte the same for the same inputs."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.figures.data import csv_bytes
from pipeline.figures.lint import require_readable
from pipeline.figures.style import styled
from pipeline.files import write_bytes
from pipeline.options import known_options

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from pipeline.figures.draw import Drawing

DPI = 144


@known_options
@styled
def rendered(drawing: Drawing) -> dict[str, bytes]:
    """Suffix → content of each file of a figure: ``png``, ``svg``, ``narrow.svg`` for phones, its data as ``csv``.

    Raises ``PaperError`` if a reader could not read it (``lint``).
    """
    with _without_collection():
        require_readable(drawing)
        return {
            "png": png_bytes(drawing.figure, about=drawing.about),
            "svg": svg_bytes(drawing.figure, drawing.about),
            "narrow.svg": svg_bytes(drawing.narrow, drawing.about),
            "csv": b"" if drawing.data is None else csv_bytes(drawing.data),
        }


@contextmanager
def _without_collection() -> Iterator[None]:
    """Python's garbage collector waits: it would walk through thousands of artists that are all still in use."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


@known_options
def save_figure(figure: Figure, stem: Path) -> tuple[Path, Path]:
    """Write ``<stem>.png`` and ``<stem>.svg``; each appears whole or not at all. Returns both paths."""
    png, svg = stem.with_name(f"{stem.name}.png"), stem.with_name(f"{stem.name}.svg")
    write_bytes(png, png_bytes(figure))
    write_bytes(svg, svg_bytes(figure))
    return png, svg


@known_options
def save_drawing(drawing: Drawing, stem: Path) -> tuple[Path, Path]:
    """Write every file of ``rendered`` as ``<stem>.<suffix>``. Returns the paths of PNG and SVG."""
    for suffix, content in rendered(drawing).items():
        write_bytes(stem.with_name(f"{stem.name}.{suffix}"), content)
    return stem.with_name(f"{stem.name}.png"), stem.with_name(f"{stem.name}.svg")


@styled
def png_bytes(figure: Figure, dpi: int = DPI, about: Mapping[str, str] | None = None) -> bytes:
    """The figure as a PNG without date or software version. ``about``: what its metadata say, by name."""
    from pipeline.figures.metadata import png_text
    from pipeline.figures.render import png

    return png(figure, dpi, png_text(about) if about else None)


@styled
def svg_bytes(figure: Figure, about: Mapping[str, str] | None = None) -> bytes:
    """The figure as an SVG without date or software version.

    ``data-body`` on its root says where the picture without heading and footer lies, in the units of ``viewBox``:
    a paper crops to it and sets title, note and source as text, which a reader can enlarge, search and copy.
    ``about``: what its metadata say, by name.
    """
    from pipeline.figures.metadata import with_metadata
    from pipeline.figures.render import svg

    content = with_metadata(svg(figure), about or {})
    body = getattr(figure, "body", None)
    if body is not None:
        left, bottom, right, top = body
        tall = figure.get_figheight()
        box = " ".join(f"{inches * 72:.2f}" for inches in (left, tall - top, right - left, top - bottom))
        content = content.replace("<svg ", f'<svg data-body="{box}" ', 1)
    return content.encode()
