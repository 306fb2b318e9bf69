"""All areas as dots with their intervals: those with a rank in its order, below them those shown without one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from pipeline.door import public
from pipeline.figures.area_values import Area
from pipeline.figures.data import FEWEST
from pipeline.figures.forest import Mark, Row, Scale, forest
from pipeline.figures.overview.levels import WHOLE, Levels, levels_of
from pipeline.figures.sheet import Heading
from pipeline.figures.style import DARK_BLUE, DARK_GREY, WIDE, styled, with_interval

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.figure import Figure

MOST = 40
"""Areas that fit into one figure; more are drawn in several."""


@public(infinite=False)
@styled
def area_ranking(
    areas: pl.DataFrame,
    *,
    title: str,
    measure: str = WHOLE,
    wave: str | None = None,
    part: int = 1,
    subtitle: str = "",
    source: str = "",
    note: str = "",
    x_label: str = "",
    confidence: float = 0.95,
    synthetic: bool = False,
    smallest: int = FEWEST,
    width: float = WIDE,
) -> Figure:
    """Each area's score with its interval; circles have a rank, diamonds are shown without one.

    ``areas``: rows of the table ``areas``. ``part``: which ``MOST`` of the areas, where there are more. Areas of fewer
    than ``smallest`` people are named below without a value. Raises ``PaperError`` if no area may be shown.
    """
    levels = levels_of(areas, measure, wave, smallest=smallest)
    heading = Heading(title, subtitle, source, note, _key(levels, confidence), synthetic)
    return drawn(levels, heading, part, x_label, width)


@public(infinite=False)
def alt_area_ranking(
    areas: pl.DataFrame, *, measure: str = WHOLE, wave: str | None = None, part: int = 1, smallest: int = FEWEST
) -> str:
    """What ``area_ranking`` with these arguments shows."""
    return alt_of(levels_of(areas, measure, wave, smallest=smallest), part)


@styled
def drawn(levels: Levels, heading: Heading, part: int, x_label: str, width: float) -> Figure:
    """Rows of areas, with a heading over those without a rank."""
    rows: list[Row] = []
    own = part_of(levels, part)
    for area in own:
        is_ranked = area.key in levels.ranked
        if levels.ranked and not is_ranked and all(row.label != WITHOUT for row in rows):
            rows.append(Row(WITHOUT))
        rows.append(Row(_label(levels, area), (_mark(levels, area, is_ranked),)))
    lowest = min(area.value for area in own if area.value is not None)
    scale = Scale(x_label, lowest, line=False)
    return forest(heading, rows, scale, "Score (interval)", width)


WITHOUT = "Shown without a rank"


def part_of(levels: Levels, part: int) -> Sequence[Area]:
    return levels.ordered[(part - 1) * MOST : part * MOST]


def parts_of(levels: Levels) -> int:
    """In how many figures the areas are drawn."""
    return max(-(-len(levels.areas.shown) // MOST), 1)


def _label(levels: Levels, area: Area) -> str:
    if area.key not in levels.ranks:
        return area.label
    _, low, high = levels.ranks[area.key]
    return f"{area.label} ({low:g}–{high:g})" if low < high else f"{area.label} ({low:g})"


def _mark(levels: Levels, area: Area, is_ranked: bool) -> Mark:
    assert area.value is not None
    text = with_interval(area.value, area.low, area.high, places=levels.areas.places)
    name = "With a rank" if is_ranked else WITHOUT
    colour, marker = (DARK_BLUE, "o") if is_ranked else (DARK_GREY, "D")
    return Mark(area.value, area.low, area.high, name, colour, marker, text, area.people, levels.areas.places)


def _key(levels: Levels, confidence: float) -> str:
    """How to read the picture, and who is not in it."""
    parts = [f"Lines show {confidence * 100:g}% confidence intervals."]
    if levels.ranks:
        at_once = ", when all areas are compared at once" if levels.at_once else ""
        parts.append(f"In brackets: the ranks that the data leave open{at_once}.")
    parts.append("The axis covers the scores shown, not the whole scale.")
    hidden = [area.label for area in levels.areas.hidden]
    parts += [f"Not shown, with under {FEWEST} people or not known: {', '.join(hidden)}."] if hidden else []
    return " ".join(parts)


def key_of(levels: Levels, confidence: float) -> str:
    return _key(levels, confidence)


def alt_of(levels: Levels, part: int = 1) -> str:
    """Highest, lowest, and every area in the order of the figure."""
    own = part_of(levels, part)
    listed = "; ".join(f"{area.label} {levels.areas.text(area)}" for area in own)
    ranked = sum(area.key in levels.ranked for area in own)
    start = f"Dot plot of {len(own)} areas with intervals, {ranked} of them with a rank, the highest first."
    hidden = [area.label for area in levels.areas.hidden]
    few = f" Not shown: {', '.join(hidden)}." if hidden else ""
    return f"{start} In order: {listed}.{few}"
