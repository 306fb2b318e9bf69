"""What is wrong with the shapes of a drawn figure: too pale, or alike where they meet (also in grey, or colour-blind).

Shapes that carry no result (bands, grid lines) are marked as such when they are drawn (``style.FRAME``).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any

from pipeline.figures.findings import Finding
from pipeline.figures.style import FRAME
from pipeline.figures.vision import Colour, contrast, distance, lightness, over

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

VISIBLE = 3.0
"""The least contrast of a shape with its ground, WCAG 2.2 AA."""
IN_GREY = 10.0
"""The least distance in lightness (L*) of fills that meet."""
IN_COLOUR = 14.0
"""The least distance (ΔE) of fills that meet, at worst over kinds of colour vision."""
MEETING = 2.0
"""Points of air over which fills still meet."""
PAPER = Colour(1.0, 1.0, 1.0)


@dataclass(frozen=True)
class _Fill:
    colour: Colour
    hatch: str
    box: tuple[float, float, float, float]


@dataclass(frozen=True)
class _Series:
    """How one series of lines or markers looks."""

    colour: Colour
    marker: str
    dashes: str


def shape_findings(figure: Figure) -> Iterator[Finding]:
    """Shapes with too little contrast, fills that meet and series of one plot that look alike; each look once."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    found: dict[str, Finding] = {}
    for group in _groups(figure):
        lines = [artist for artist in group if isinstance(artist, Line2D)]
        patches = [artist for artist in group if isinstance(artist, Patch)]
        for one in (*_pale(lines, patches), *_alike(patches, figure), *_confused(lines)):
            found.setdefault(one.says, one)
    yield from found.values()


def _groups(figure: Figure) -> Iterator[list[Artist]]:
    """The shapes that carry results: of each plot, and of the figure outside its plots."""
    yield [artist for artist in figure.artists if _counts(artist)]
    for axes in figure.axes:
        frame = {*axes.spines.values(), axes.patch, axes.xaxis, axes.yaxis}
        yield [artist for artist in axes.get_children() if artist not in frame and _counts(artist)]


def _counts(artist: Artist) -> bool:
    return artist.get_visible() and artist.get_label() != FRAME


def _pale(lines: list[Line2D], patches: list[Patch]) -> Iterator[Finding]:
    for line in lines:
        best = max(contrast(colour, PAPER) for colour in _inks(line))
        if best < VISIBLE:
            yield Finding("shape", f"a line in {_hex(_inks(line)[0])} has a contrast of {best:.1f}:1 with the page")
    for patch in patches:
        shown = [_seen(patch.get_facecolor(), patch)] if patch.get_fill() else []
        shown += [_seen(patch.get_edgecolor(), patch)] if patch.get_linewidth() >= 0.5 else []
        best = max((contrast(colour, PAPER) for colour in shown), default=21.0)
        if best < VISIBLE and shown:
            yield Finding("shape", f"a fill in {_hex(shown[0])} has a contrast of {best:.1f}:1 with the page")


def _inks(line: Line2D) -> list[Colour]:
    """The colours of a line and of its markers, as seen."""
    found = [] if line.get_linestyle() in ("None", "") or not line.get_linewidth() else [_seen(line.get_color(), line)]
    if line.get_marker() not in (None, "None", ""):
        found += [_seen(line.get_markerfacecolor(), line), _seen(line.get_markeredgecolor(), line)]
    return found or [_seen(line.get_color(), line)]


def _alike(patches: list[Patch], figure: Figure) -> Iterator[Finding]:
    """Fills that meet and can hardly be told apart."""
    from matplotlib.patches import Rectangle

    air = MEETING * figure.dpi / 72
    fills = [
        _Fill(_seen(patch.get_facecolor(), patch), patch.get_hatch() or "", patch.get_window_extent().extents)
        for patch in patches
        if isinstance(patch, Rectangle) and patch.get_fill()
    ]
    for one, other in combinations(fills, 2):
        if one.colour == other.colour or one.hatch != other.hatch or not _meet(one.box, other.box, air):
            continue
        pair = f"fills in {_hex(one.colour)} and {_hex(other.colour)} meet"
        if abs(lightness(one.colour) - lightness(other.colour)) < IN_GREY:
            yield Finding("grey", f"{pair} and look alike in grey")
        elif distance(one.colour, other.colour) < IN_COLOUR:
            yield Finding("colour", f"{pair} and look alike to people with colour blindness")


def _meet(one: Any, other: Any, air: float) -> bool:
    across = min(one[2], other[2]) - max(one[0], other[0])
    up = min(one[3], other[3]) - max(one[1], other[1])
    return bool(min(across, up) > -air and max(across, up) > 0)


def _confused(lines: list[Line2D]) -> Iterator[Finding]:
    """Series of one plot in different colours that have the same marker and dashes, and look alike in grey."""
    looks: dict[Colour, tuple[set[str], set[str]]] = {}
    for line in lines:
        markers, dashes = looks.setdefault(_inks(line)[0], (set(), set()))
        markers.add(str(line.get_marker()))
        dashes.add(str(line.get_linestyle()))
    for (one, look), (other, second) in combinations(looks.items(), 2):
        if look != second:
            continue
        pair = f"series in {_hex(one)} and {_hex(other)} have the same marker"
        if abs(lightness(one) - lightness(other)) < IN_GREY:
            yield Finding("grey", f"{pair} and look alike in grey")
        elif distance(one, other) < IN_COLOUR:
            yield Finding("colour", f"{pair} and look alike to people with colour blindness")


def _seen(colour: Any, artist: Artist) -> Colour:
    """A colour with its own and its artist's opacity, over the page."""
    from matplotlib.colors import to_rgba

    red, green, blue, alpha = to_rgba(colour)
    own = artist.get_alpha()
    return over(Colour(red, green, blue), alpha if own is None else float(own), PAPER)


def _hex(colour: Colour) -> str:
    from matplotlib.colors import to_hex

    return str(to_hex(colour)).upper()
