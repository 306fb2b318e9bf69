"""How a tile map is laid out and drawn; as a list where names do not fit into tiles."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipeline.figures.area_values import Area, Areas
from pipeline.figures.sheet import Heading, Sheet, legend_room
from pipeline.figures.style import INK, PAPER, QUIET, SMALL, line_height, text_width, wrap
from pipeline.specs.rounding import decimal

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SEQUENCE = ("#E4ECF5", "#B3C9E1", "#7A9FC8", "#12436D")
"""From low to high; neighbours differ in lightness, and each bears text of a contrast of 4.5 to 1."""
HATCH: dict[str, Any] = {"fc": PAPER, "ec": QUIET, "hatch": "////", "lw": 0.6}
LARGEST, AIR = 1.05, 0.05


@dataclass(frozen=True)
class Classes:
    """Where classes of values begin, and their labels; the last holds everything from its beginning on."""

    starts: tuple[float, ...]
    labels: tuple[str, ...]
    colours: tuple[str, ...]

    def colour(self, value: float) -> str:
        place = max((place for place, start in enumerate(self.starts) if value >= start), default=0)
        return self.colours[place]


def classes_of(areas: Areas) -> Classes:
    """At most four classes of equal width with round limits."""
    values = [area.value for area in areas.shown if area.value is not None]
    low, high = min(values), max(values)
    step = _round_step((high - low) / 4) if high > low else 1.0
    first = math.floor(low / step + 1e-9)
    count = min(max(math.floor(high / step + 1e-9) - first + 1, 1), 5)
    while count > 4:
        step = _round_step(step * 1.01)
        first = math.floor(low / step + 1e-9)
        count = max(math.floor(high / step + 1e-9) - first + 1, 1)
    places = 0 if step >= 1 else max(-math.floor(math.log10(step) + 1e-9), 1) + (1 if _halved(step) else 0)
    starts = [(first + number) * step for number in range(count)]
    unit = "%" if areas.percent else ""
    labels = [f"{decimal(start, places)} to under {decimal(start + step, places)}{unit}" for start in starts]
    colours = {1: SEQUENCE[1:2], 2: (SEQUENCE[0], SEQUENCE[3]), 3: (SEQUENCE[0], SEQUENCE[2], SEQUENCE[3])}
    return Classes(tuple(starts), tuple(labels), colours.get(count, SEQUENCE))


def _round_step(least: float) -> float:
    """The smallest of 1, 2, 2.5 and 5 times a power of ten that is at least so much."""
    power = 10.0 ** math.floor(math.log10(least))
    return next((factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= least * (1 - 1e-9)), 10 * power)


def _halved(step: float) -> bool:
    """Whether a step needs one more decimal than its power of ten: 0.25."""
    return abs(step / 10.0 ** math.floor(math.log10(step) + 1e-9) - 2.5) < 1e-6


def draw_tiles(
    heading: Heading, areas: Areas, tiles: Mapping[str, tuple[int, int]], classes: Classes, width: float
) -> Figure:
    whole = width - 0.28
    placed = {area.key: tiles[area.key] for area in areas.areas}
    top_row, first = min(row for row, _ in placed.values()), min(column for _, column in placed.values())
    columns = max(column for _, column in placed.values()) - first + 1
    side = min(LARGEST, whole / columns)
    if not all(_fits(area, areas, side - AIR) for area in areas.areas):
        return _list(heading, areas, placed, classes, width)
    key = list(zip(classes.labels, classes.colours, strict=True))
    key_room = legend_room([label for label, _ in key], whole) + 0.06
    rows = max(row for row, _ in placed.values()) - top_row + 1
    sheet = Sheet(heading, width, key_room + rows * side)
    sheet.swatches(0.13, key)
    for area in areas.areas:
        row, column = placed[area.key]
        corner = ((column - first) * side, key_room + (row - top_row) * side)
        _tile(sheet, area, areas, classes, corner, side - AIR)
    return sheet.figure


def _lines(area: Area, areas: Areas, side: float) -> list[str]:
    return [*wrap(area.label, side - 0.08, SMALL), *wrap(areas.text(area), side - 0.08, SMALL, bold=True)]


def _fits(area: Area, areas: Areas, side: float) -> bool:
    """Whether the name, without a broken word, and the value have room in a tile."""
    names = [text_width(word, SMALL) for word in area.label.split(" ")]
    longest = max(*names, *(text_width(word, SMALL, bold=True) for word in areas.text(area).split(" ")))
    return longest <= side - 0.08 and line_height(SMALL) * len(_lines(area, areas, side)) <= side - 0.06


def _tile(sheet: Sheet, area: Area, areas: Areas, classes: Classes, corner: tuple[float, float], side: float) -> None:
    (left, top), lines = corner, _lines(area, areas, side)
    colour = PAPER if area.value is None else classes.colour(area.value)
    sheet.box(left, top, side, side, colour, **(HATCH if area.value is None else {}))
    names = len(wrap(area.label, side - 0.08, SMALL))
    first = top + (side - line_height(SMALL) * len(lines)) / 2
    ground = {"facecolor": PAPER, "edgecolor": "none", "pad": 1.0} if area.value is None else None
    for number, line in enumerate(lines):
        weight = "bold" if number >= names else "normal"
        at = first + line_height(SMALL) * (number + 0.78)
        sheet.text(left + side / 2, at, line, size=SMALL, color=_ink(colour), weight=weight, ha="center", bbox=ground)


def _ink(colour: str) -> str:
    return PAPER if colour == SEQUENCE[3] else INK


def _list(
    heading: Heading, areas: Areas, placed: Mapping[str, tuple[int, int]], classes: Classes, width: float
) -> Figure:
    """The areas below one another, row by row of the map, where their names do not fit into tiles."""
    whole = width - 0.28
    ordered: Sequence[Area] = sorted(areas.areas, key=lambda area: placed[area.key])
    values = max(text_width(areas.text(area), SMALL, bold=True) for area in ordered) + 0.1
    labels = [wrap(area.label, whole - 0.3 - values, SMALL) for area in ordered]
    heights = [max(0.22, line_height(SMALL) * len(lines) + 0.05) for lines in labels]
    key = list(zip(classes.labels, classes.colours, strict=True))
    key_room = legend_room([label for label, _ in key], whole) + 0.1
    sheet, top = Sheet(heading, width, key_room + sum(heights)), key_room
    sheet.swatches(0.13, key)
    for area, lines, tall in zip(ordered, labels, heights, strict=True):
        colour = PAPER if area.value is None else classes.colour(area.value)
        sheet.box(0.02, top + 0.02, 0.2, 0.16, colour, **(HATCH if area.value is None else {}))
        for number, line in enumerate(lines):
            sheet.text(0.3, top + line_height(SMALL) * number + 0.14, line, size=SMALL)
        sheet.text(whole, top + 0.14, areas.text(area), size=SMALL, weight="bold", ha="right")
        top += tall
    return sheet.figure
