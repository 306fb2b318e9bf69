"""The one typeface, measured and outlined once for layout, PNG and SVG.

A line of plain text is set glyph by glyph, with the font's advance widths and kerning and without hinting, as
matplotlib sets it in an SVG (ligatures left out). Each glyph is read from the font once in a process, however many
figures are drawn. What this cannot set (combining marks, scripts that join or run from right to left) is left to
matplotlib.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.texts import visible

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.ft2font import FT2Font, GlyphIndexType
    from matplotlib.path import Path as Outline
    from numpy.typing import NDArray

EM = 100.0
"""Units of an em in which glyphs are outlined and lines are measured."""
FINE = 64
"""Parts of a unit in which an SVG gives them, as whole numbers: those of the font library."""
SIMPLE = (
    (0x20, 0x2FF),
    (0x370, 0x482),
    (0x48A, 0x52F),
    (0x1E00, 0x1FFF),
    (0x2000, 0x200A),
    (0x2010, 0x2027),
    (0x202F, 0x22FF),
)
"""Code points that stand side by side as they are: Latin, Greek, Cyrillic, punctuation, arrows, mathematics."""
FILES = {False: "DejaVuSans.ttf", True: "DejaVuSans-Bold.ttf"}
"""Shipped with matplotlib, and so the same on every machine; by whether it is bold."""


COMMANDS = {1: ("M", 1), 2: ("L", 1), 3: ("Q", 2), 4: ("C", 3), 79: ("z", 1)}
"""Code of matplotlib's paths → command of an SVG path, and how many points it takes."""


@dataclass(frozen=True)
class Glyph:
    """One character of the font: its name, how far it moves on, what it covers, and its outline."""

    name: str
    index: GlyphIndexType
    advance: float
    bottom: float
    top: float
    vertices: NDArray[np.float64]
    codes: NDArray[np.int8]

    @cached_property
    def svg(self) -> str:
        """The outline as commands of an SVG path, in whole parts of ``FINE``."""
        points = iter((self.vertices * FINE).round().astype(int).tolist())
        commands = []
        codes = iter(self.codes.tolist())
        for code in codes:
            letter, count = COMMANDS[code]
            own = [next(points) for _ in range(count)]
            for _ in range(count - 1):
                next(codes)
            commands.append(letter + " ".join(f"{x} {y}" for x, y in own) if letter != "z" else letter)
        return "".join(commands)


@dataclass(frozen=True)
class SetLine:
    """A line of text in units of ``EM``: its glyphs, the left edge of each, and what the line covers."""

    glyphs: tuple[Glyph, ...]
    lefts: tuple[float, ...]
    width: float
    bottom: float
    top: float

    @cached_property
    def svg(self) -> str:
        """References to the glyphs by their names, placed in whole parts of ``FINE``."""
        inked = ((glyph, left) for glyph, left in zip(self.glyphs, self.lefts, strict=True) if len(glyph.codes))
        return "".join(f'<use xlink:href="#{glyph.name}" x="{left * FINE:.0f}"/>\n' for glyph, left in inked)

    @cached_property
    def outline(self) -> Outline:
        """All glyphs as one path, its baseline at zero."""
        import numpy as np
        from matplotlib.path import Path as Outline

        inked = [(glyph, left) for glyph, left in zip(self.glyphs, self.lefts, strict=True) if len(glyph.codes)]
        if not inked:
            return Outline(np.empty((0, 2)))
        vertices = np.concatenate([glyph.vertices + np.array((left, 0.0)) for glyph, left in inked])
        return Outline(vertices, np.concatenate([glyph.codes for glyph, _ in inked]))


@lru_cache(maxsize=4096)
def set_line(text: str, bold: bool = False) -> SetLine | None:
    """The line set in the typeface, or None if it holds something that is not simply set side by side."""
    glyphs = [_glyph(letter, bold) for letter in visible(text)]
    at, lefts, before, drawn = 0.0, [], None, []
    for glyph in glyphs:
        if glyph is None:
            return None
        at += _kerning(before, glyph.index, bold) if before is not None else 0.0
        lefts.append(at)
        drawn.append(glyph)
        at, before = at + glyph.advance, glyph.index
    inked = [glyph for glyph in drawn if len(glyph.codes)]
    bottom, top = min((glyph.bottom for glyph in inked), default=0.0), max((g.top for g in inked), default=0.0)
    return SetLine(tuple(drawn), tuple(lefts), at, bottom, top)


def shaped_width(text: str, bold: bool) -> float:
    """The width of a line of any script as matplotlib shapes it, in units of ``EM``."""
    from matplotlib.ft2font import LoadFlags

    font = _font(bold)
    font.set_text(visible(text), 0.0, flags=LoadFlags.NO_HINTING)
    return font.get_width_height()[0] / 64


@cache
def height_metrics(bold: bool) -> tuple[float, float, float]:
    """Ascent, descent and gap between lines that the font asks for, in units of ``EM``."""
    font = _font(bold)
    table, head = font.get_sfnt_table("OS/2"), font.get_sfnt_table("head")
    assert table is not None
    assert head is not None
    scale = EM / head["unitsPerEm"]
    return table["sTypoAscender"] * scale, -table["sTypoDescender"] * scale, table["sTypoLineGap"] * scale


@cache
def _glyph(letter: str, bold: bool) -> Glyph | None:
    from matplotlib.ft2font import LoadFlags

    font = _font(bold)
    code = ord(letter)
    index = font.get_char_index(code)
    if not index or not any(low <= code <= high for low, high in SIMPLE):
        return None
    loaded = font.load_glyph(index, flags=LoadFlags.NO_HINTING)
    _, bottom, _, top = loaded.bbox
    vertices, codes = font.get_path()
    name = f"dejavu{'-bold' if bold else ''}-{index:x}"  # not matplotlib's own, whose outlines are of another size
    return Glyph(name, index, loaded.linearHoriAdvance / 65536, bottom / 64, top / 64, vertices, codes)


@cache
def _kerning(left: GlyphIndexType, right: GlyphIndexType, bold: bool) -> float:
    from matplotlib.ft2font import Kerning

    return _font(bold).get_kerning(left, right, Kerning.UNFITTED) / 64


@cache
def _font(bold: bool) -> FT2Font:
    import matplotlib
    from matplotlib.ft2font import FT2Font

    font = FT2Font(str(Path(matplotlib.get_data_path(), "fonts", "ttf", FILES[bold])))
    font.set_size(EM, 72)
    return font
