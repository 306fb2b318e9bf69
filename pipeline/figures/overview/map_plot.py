"""A map of areas from declared boundaries: classes of lightness, hatched where nothing is shown, numbered for print."""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import pairwise
from typing import TYPE_CHECKING

import polars as pl

from pipeline.door import public
from pipeline.errors import PaperError
from pipeline.figures.area_values import Area, area_words
from pipeline.figures.data import FEWEST
from pipeline.figures.overview.levels import WHOLE, Levels, levels_of
from pipeline.figures.sheet import Heading, Sheet, legend_room
from pipeline.figures.style import INK, PAPER, QUIET, SMALL, WIDE, line_height, styled, wrap
from pipeline.figures.tile_plot import HATCH, SEQUENCE, classes_of
from pipeline.specs.area_boundaries import Polygon

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

TALLEST = 5.5
NONE = "Not shown"


@public(infinite=False)
@styled
def area_map(
    areas: pl.DataFrame,
    *,
    boundaries: Mapping[str, tuple[Polygon, ...]],
    title: str,
    measure: str = WHOLE,
    wave: str | None = None,
    subtitle: str = "",
    source: str = "",
    note: str = "",
    synthetic: bool = False,
    smallest: int = FEWEST,
    width: float = WIDE,
) -> Figure:
    """Each area in its boundaries, in one of at most four classes, with its number in the list below the map.

    ``boundaries``: code → polygons (``boundaries_of``). Raises ``PaperError`` for an area without boundaries.
    """
    levels = levels_of(areas, measure, wave, smallest=smallest)
    return drawn(levels, boundaries, Heading(title, subtitle, source, note, "", synthetic), width)


@public(infinite=False)
def alt_area_map(areas: pl.DataFrame, *, measure: str = WHOLE, wave: str | None = None, smallest: int = FEWEST) -> str:
    """What ``area_map`` with these arguments shows."""
    return alt_of(levels_of(areas, measure, wave, smallest=smallest))


def alt_of(levels: Levels) -> str:
    listed = "; ".join(f"{area.label} {levels.areas.text(area)}" for area in levels.areas.shown)
    return f"Map of {len(levels.areas.areas)} areas. {area_words(levels.areas)} In order: {listed}."


@styled
def drawn(levels: Levels, boundaries: Mapping[str, tuple[Polygon, ...]], heading: Heading, width: float) -> Figure:
    """The map at the top, a swatch for each class below it, then the list of areas by number."""
    areas, whole = levels.areas, width - 0.28
    missing = [area.key for area in areas.areas if area.key not in boundaries]
    if missing:
        raise PaperError(f"`{missing[0]}` has no boundaries", count=len(missing), todo="Take those of its vintage.")
    classes = classes_of(areas)
    own = {area.key: list(boundaries[area.key]) for area in areas.areas}
    points = [point for polygons in own.values() for polygon in polygons for ring in polygon for point in ring]
    left, right = min(x for x, _ in points), max(x for x, _ in points)
    bottom, top = min(y for _, y in points), max(y for _, y in points)
    # Degrees of longitude are as long as those of latitude times the cosine of the latitude.
    shape = (top - bottom or 1.0) / ((right - left or 1.0) * math.cos(math.radians((top + bottom) / 2)))
    across = min(whole, TALLEST / shape)
    key = list(zip(classes.labels, classes.colours, strict=True))
    labels = [f"{number}  {area.label}: {areas.text(area)}" for number, area in enumerate(_ordered(levels), start=1)]
    lines = [wrap(label, whole, SMALL) for label in labels]
    legend = legend_room([label for label, _ in key], whole) + 0.1
    listed = sum(line_height(SMALL) * len(one) + 0.02 for one in lines)
    sheet = Sheet(heading, width, across * shape + legend + listed + 0.15)
    axes = sheet.axes((whole - across) / 2, 0, across, across * shape)
    axes.set_axis_off()
    axes.set_xlim(left, right)
    axes.set_ylim(bottom, top)
    for number, area in enumerate(_ordered(levels), start=1):
        colour = PAPER if area.value is None else classes.colour(area.value)
        _shape(axes, own[area.key], area, colour)
        x, y = _centre(own[area.key])
        ground = {"facecolor": PAPER, "edgecolor": "none", "pad": 1.0} if area.value is None else None
        ink = PAPER if colour == SEQUENCE[3] else INK
        axes.text(x, y, str(number), ha="center", va="center", size=SMALL, color=ink, bbox=ground)
    sheet.swatches(across * shape + 0.2, key)
    at = across * shape + legend + 0.15
    for one in lines:
        for line in one:
            sheet.text(0, at + line_height(SMALL) * 0.8, line, size=SMALL)
            at += line_height(SMALL)
        at += 0.02
    return sheet.figure


def _ordered(levels: Levels) -> list[Area]:
    return [*levels.areas.shown, *levels.areas.hidden]


def _shape(axes: Axes, polygons: list[Polygon], area: Area, colour: str) -> None:
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    look = HATCH if area.value is None else {"fc": colour, "ec": QUIET, "lw": 0.6}
    for polygon in polygons:
        vertices = [point for ring in polygon for point in ring]
        codes = [code for ring in polygon for code in _codes(len(ring))]
        axes.add_patch(PathPatch(Path(vertices, codes), **look))


def _codes(count: int) -> list[int]:
    """Of a closed ring: a move, lines, and the end. Holes run as they are given: the area between is filled."""
    return [1, *([2] * (count - 2)), 79]


def _centre(polygons: list[Polygon]) -> tuple[float, float]:
    """A point inside the largest polygon: the middle of the widest stretch on its middle line."""
    ring = max((polygon[0] for polygon in polygons), key=_area)
    ys = [y for _, y in ring]
    for share in (0.5, 0.47, 0.55, 0.4, 0.6):
        y = min(ys) + (max(ys) - min(ys)) * share
        crossings = sorted(
            x1 + (y - y1) / (y2 - y1) * (x2 - x1) for (x1, y1), (x2, y2) in pairwise(ring) if (y1 <= y) != (y2 <= y)
        )
        stretches = list(zip(crossings[::2], crossings[1::2], strict=False))
        if stretches:
            start, end = max(stretches, key=lambda pair: pair[1] - pair[0])
            return (start + end) / 2, y
    return ring[0]


def _area(ring: tuple[tuple[float, float], ...]) -> float:
    pairs = pairwise(ring)
    return abs(sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in pairs)) / 2
