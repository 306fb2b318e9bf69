"""A figure as PNG and as SVG: matplotlib's renderers, with lines of text from ``glyphs``.

More than half of the time of a figure went into shaping and hinting the same words anew for each of its files.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, Literal

from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.backends.backend_svg import RendererSVG
from matplotlib.colors import to_hex
from matplotlib.transforms import Affine2D

from pipeline.figures.glyphs import EM, FINE, SetLine, height_metrics, set_line
from pipeline.figures.style import FONT
from pipeline.texts import visible

if TYPE_CHECKING:
    from matplotlib.backend_bases import GraphicsContextBase
    from matplotlib.figure import Figure
    from matplotlib.font_manager import FontProperties
    from matplotlib.text import Text
    from PIL.PngImagePlugin import PngInfo

POINTS = 72
"""In an inch."""


class PngRenderer(RendererAgg):
    """Fills the outlines of a line of text at once."""

    def draw_text(
        self,
        gc: GraphicsContextBase,
        x: float,
        y: float,
        s: str,
        prop: FontProperties,
        angle: float,
        ismath: bool | Literal["TeX"] = False,
        mtext: Text | None = None,
    ) -> None:
        line = _line(s, prop, ismath)
        if line is None:
            super().draw_text(gc, x, y, visible(s), prop, angle, ismath, mtext)  # type: ignore[no-untyped-call]
            return
        inside = self.new_gc()
        inside.copy_properties(gc)
        inside.set_linewidth(0)
        inside.set_snap(False)
        scale = _scale(prop, self.dpi)
        place = Affine2D().scale(scale).rotate_deg(angle).translate(x, self.height - y)
        self.draw_path(inside, line.outline, place, gc.get_rgb())  # type: ignore[no-untyped-call]
        inside.restore()

    def get_text_width_height_descent(self, s: str, prop: FontProperties, ismath: Any) -> tuple[float, float, float]:
        line = _line(s, prop, ismath)
        if line is None:
            return super().get_text_width_height_descent(visible(s), prop, ismath)  # type: ignore[no-any-return, no-untyped-call]
        return _extent(line, _scale(prop, self.dpi))

    def _get_font_height_metrics(self, prop: FontProperties) -> tuple[float | None, float | None, float | None]:
        return _heights(prop, self.dpi)


class SvgRenderer(RendererSVG):
    """Writes a line of text as references to its glyphs, each of which is defined once."""

    def __init__(self, width: float, height: float, stream: io.StringIO) -> None:
        super().__init__(width, height, stream, metadata={"Date": None, "Creator": None})  # type: ignore[no-untyped-call]
        self._stream = stream
        self._defined: set[str] = set()

    def draw_text(
        self,
        gc: GraphicsContextBase,
        x: float,
        y: float,
        s: str,
        prop: FontProperties,
        angle: float,
        ismath: bool | Literal["TeX"] = False,
        mtext: Text | None = None,
    ) -> None:
        line = _line(s, prop, ismath)
        if line is None or gc.get_clip_rectangle() is not None or gc.get_url() is not None:
            super().draw_text(gc, x, y, visible(s), prop, angle, ismath, mtext)  # type: ignore[no-untyped-call]
            return
        scale = _scale(prop, POINTS) / FINE
        turned = f" rotate({-angle:g})" if angle else ""
        opacity = f"; opacity: {gc.get_alpha():g}" if gc.get_alpha() != 1 else ""
        self.writer.start(  # type: ignore[no-untyped-call]
            "g",
            style=f"fill: {to_hex(gc.get_rgb())}{opacity}",
            transform=f"translate({_short(x)} {_short(y)}){turned} scale({scale:.8g} {-scale:.8g})",
        )
        # A comment also closes the tag, so that what follows stands inside.
        self.writer.comment(visible(s))  # type: ignore[no-untyped-call]
        new = {glyph.name: glyph for glyph in line.glyphs if len(glyph.codes)}
        new = {name: glyph for name, glyph in new.items() if name not in self._defined}
        self._defined |= set(new)
        if new:
            outlines = (f'<path id="{name}" d="{glyph.svg}"/>\n' for name, glyph in new.items())
            self._stream.write(f"<defs>\n{''.join(outlines)}</defs>\n")
        self._stream.write(line.svg)
        self.writer.end("g")  # type: ignore[no-untyped-call]

    def get_text_width_height_descent(self, s: str, prop: FontProperties, ismath: Any) -> tuple[float, float, float]:
        line = _line(s, prop, ismath)
        if line is None:
            return super().get_text_width_height_descent(visible(s), prop, ismath)  # type: ignore[no-any-return, no-untyped-call]
        return _extent(line, _scale(prop, POINTS))

    def _get_font_height_metrics(self, prop: FontProperties) -> tuple[float | None, float | None, float | None]:
        return _heights(prop, POINTS)


def png(figure: Figure, dpi: int, about: PngInfo | None = None) -> bytes:
    """The figure as a PNG without date or software version, opaque. ``about``: its metadata."""
    from PIL import Image

    usual = figure.dpi
    figure.dpi = dpi
    try:
        size = (int(figure.bbox.width), int(figure.bbox.height))
        renderer = PngRenderer(*size, dpi)  # type: ignore[no-untyped-call]
        figure.draw(renderer)
    finally:
        figure.dpi = usual
    stream = io.BytesIO()
    image = Image.frombuffer("RGBA", size, renderer.buffer_rgba(), "raw", "RGBA", 0, 1)  # type: ignore[no-untyped-call]
    image.convert("RGB").save(stream, "png", dpi=(dpi, dpi), compress_level=3, pnginfo=about)
    return stream.getvalue()


def svg(figure: Figure) -> str:
    """The figure as an SVG without date or software version."""
    usual = figure.dpi
    figure.dpi = POINTS
    stream = io.StringIO()
    try:
        renderer = SvgRenderer(figure.get_figwidth() * POINTS, figure.get_figheight() * POINTS, stream)
        figure.draw(renderer)
        renderer.finalize()  # type: ignore[no-untyped-call]
    finally:
        figure.dpi = usual
    return stream.getvalue()


def _line(text: str, prop: FontProperties, ismath: Any) -> SetLine | None:
    """The line set in the house's typeface, or None where matplotlib has to set it."""
    if ismath or prop.get_family() != [FONT] or prop.get_style() != "normal":
        return None
    return set_line(text, prop.get_weight() == "bold")


def _scale(prop: FontProperties, dpi: float) -> float:
    """Pixels in a unit of ``EM``."""
    return prop.get_size_in_points() * dpi / POINTS / EM


def _extent(line: SetLine, scale: float) -> tuple[float, float, float]:
    """Width, height and descent in pixels."""
    return line.width * scale, (line.top - line.bottom) * scale, -line.bottom * scale


def _heights(prop: FontProperties, dpi: float) -> tuple[float | None, float | None, float | None]:
    """What the font asks for above and below a line, in pixels; matplotlib looks it up where it is None."""
    if prop.get_family() != [FONT]:
        return None, None, None
    ascent, descent, gap = height_metrics(prop.get_weight() == "bold")
    scale = _scale(prop, dpi)
    return ascent * scale, descent * scale, gap * scale


def _short(number: float) -> str:
    return f"{number:.3f}".rstrip("0").rstrip(".")
