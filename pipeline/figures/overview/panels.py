"""One panel for each domain: the areas as dots with intervals, in one order, on axes of one width."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from pipeline.door import public
from pipeline.errors import PaperError
from pipeline.figures.area_values import Area
from pipeline.figures.data import FEWEST
from pipeline.figures.overview.levels import WHOLE, best_wave, by_round, levels_of, measures_of
from pipeline.figures.overview.ranking import part_of
from pipeline.figures.sheet import Heading, Sheet, add_line
from pipeline.figures.style import (
    DARK_BLUE,
    FRAME,
    GRID,
    LABEL,
    QUIET,
    SMALL,
    WIDE,
    line_height,
    styled,
    text_width,
    wrap,
)
from pipeline.specs.rounding import decimal

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ROW, BETWEEN, FOOT = 0.2, 0.2, 0.3
"""Inches: of an area, between panels, below a panel for the axis."""


@dataclass(frozen=True)
class Panels:
    """Measure → its label and its areas by key; ``order``: label and key of each row."""

    labels: Mapping[str, str]
    values: Mapping[str, Mapping[str, Area]]
    order: Sequence[Area]


def panels_of(areas: pl.DataFrame, labels: Mapping[str, str], wave: str | None, part: int, smallest: int) -> Panels:
    """The domains at one wave. Raises ``PaperError`` where there is none."""
    areas = by_round(areas)
    at = wave or best_wave(areas, smallest)
    measures = measures_of(areas, at, smallest)
    if not measures:
        raise PaperError(f"no domain has an area that may be shown in `{at}`", where="areas")
    first = WHOLE if areas.filter(pl.col("measure") == WHOLE, pl.col("wave") == at).height else measures[0]
    order = part_of(levels_of(areas, first, at, smallest=smallest), part)
    values = {}
    for measure in measures:
        found = levels_of(areas, measure, at, smallest=smallest)
        values[measure] = {area.key: area for area in found.areas.shown}
    return Panels({measure: labels.get(measure, measure) for measure in measures}, values, order)


@public(infinite=False)
@styled
def domain_panels(
    areas: pl.DataFrame,
    *,
    labels: Mapping[str, str],
    title: str,
    wave: str | None = None,
    part: int = 1,
    subtitle: str = "",
    source: str = "",
    note: str = "",
    confidence: float = 0.95,
    synthetic: bool = False,
    smallest: int = FEWEST,
    width: float = WIDE,
) -> Figure:
    """Small multiples: a panel for each domain, in which the areas stand in the order of the index.

    ``areas``: rows of the table ``areas``; ``labels``: domain → name. The grey line of each panel is the mean of the
    areas in it. Raises ``PaperError`` if no domain may be shown.
    """
    panels = panels_of(areas, labels, wave, part, smallest)
    return drawn(panels, Heading(title, subtitle, source, note, key_of(confidence), synthetic), width)


def key_of(confidence: float) -> str:
    """How to read the panels."""
    return (
        f"Lines show {confidence * 100:g}% confidence intervals; the grey line is the mean of the areas of a panel. "
        "Areas stand in the order of the index. Every panel is as wide in points, around its own scores."
    )


@public(infinite=False)
def alt_domain_panels(
    areas: pl.DataFrame,
    *,
    labels: Mapping[str, str],
    wave: str | None = None,
    part: int = 1,
    smallest: int = FEWEST,
) -> str:
    """What ``domain_panels`` with these arguments shows: the highest and the lowest area of each domain."""
    return alt_of(panels_of(areas, labels, wave, part, smallest))


def alt_of(panels: Panels) -> str:
    parts = [f"{len(panels.labels)} panels of dots with intervals, one for each domain, for {len(panels.order)} areas."]
    for measure, label in panels.labels.items():
        own = [area for area in (panels.values[measure].get(row.key) for row in panels.order) if area is not None]
        if own:
            high, low = (pick(own, key=lambda area: area.value or 0.0) for pick in (max, min))
            parts.append(f"{label}: highest {high.label} {_text(high)}, lowest {low.label} {_text(low)}.")
    return " ".join(parts)


def _text(area: Area) -> str:
    return decimal(area.value or 0.0, 1)


@styled
def drawn(panels: Panels, heading: Heading, width: float) -> Figure:
    """As many panels side by side as have room, each at least an inch wide."""
    whole = width - 0.28
    names = [wrap(area.label, 1.55, SMALL)[:2] for area in panels.order]
    room = min(max(text_width(line, SMALL) for lines in names for line in lines) + 0.1, 1.65)
    heights = [max(ROW, line_height(SMALL) * len(lines) + 0.03) for lines in names]
    across = max(int((whole - room) / 1.35), 1)
    across = min(across, len(panels.labels), 3)
    wide = (whole - room - BETWEEN * (across - 1)) / across
    titles = [wrap(label, wide, LABEL, bold=True) for label in panels.labels.values()]
    rows = [range(start, min(start + across, len(titles))) for start in range(0, len(titles), across)]
    over = [line_height(LABEL) * max(len(titles[place]) for place in row) + 0.08 for row in rows]
    tall = sum(heights)
    sheet = Sheet(heading, width, sum(over) + len(rows) * (tall + FOOT))
    ends, top = _ends(panels), 0.0
    for row, above in zip(rows, over, strict=True):
        _names(sheet, names, heights, top + above)
        for column, place in enumerate(row):
            left = room + column * (wide + BETWEEN)
            sheet.name(top, titles[place], left)
            axes = sheet.axes(left, top + above, wide, tall)
            measure = list(panels.labels)[place]
            _panel(axes, panels, measure, heights, ends[measure], wide)
        top += above + tall + FOOT
    return sheet.figure


def _ends(panels: Panels) -> dict[str, tuple[float, float]]:
    """Where each panel begins and ends: all as wide, around the scores of each, so that their intervals can be seen."""
    found = {
        measure: [end for area in own.values() for end in (area.value, area.low, area.high) if end is not None]
        for measure, own in panels.values.items()
    }
    middle = {measure: (min(own) + max(own)) / 2 if own else 0.0 for measure, own in found.items()}
    reach = max(max(own) - min(own) for own in found.values() if own) / 2 * 1.1 or 0.5
    return {measure: (at - reach, at + reach) for measure, at in middle.items()}


def _names(sheet: Sheet, names: Sequence[Sequence[str]], heights: Sequence[float], top: float) -> None:
    for lines, height in zip(names, heights, strict=True):
        first = top + (height - line_height(SMALL) * len(lines)) / 2
        for number, line in enumerate(lines):
            sheet.text(0, first + line_height(SMALL) * (number + 0.76), line, size=SMALL)
        top += height


def _panel(
    axes: Axes, panels: Panels, measure: str, heights: Sequence[float], ends: tuple[float, float], wide: float
) -> None:
    from matplotlib.ticker import MaxNLocator

    own = [panels.values[measure].get(area.key) for area in panels.order]
    axes.set_xlim(*ends)
    axes.set_ylim(sum(heights), 0)
    axes.set_yticks([])
    locator = MaxNLocator(nbins=max(int(wide / 0.5), 2), steps=[1, 2, 5, 10])
    inch = wide / (ends[1] - ends[0])  # a number at an edge would be cut off there
    ticks = [
        tick
        for tick in locator.tick_values(*ends)
        if min(tick - ends[0], ends[1] - tick) * inch > text_width(f"{tick:g}", LABEL) / 2
    ]
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.grid(axis="x", color=GRID, lw=0.8)
    shown = [area.value for area in own if area is not None and area.value is not None]
    if shown:
        axes.axvline(sum(shown) / len(shown), color=QUIET, lw=1.0, zorder=1, label=FRAME)
    at = 0.0
    for area, height in zip(own, heights, strict=True):
        level = at + height / 2
        if area is not None and area.value is not None:
            if area.low is not None and area.high is not None:
                add_line(axes, [area.low, area.high], [level, level], color=DARK_BLUE, lw=1.8, zorder=3)
            look = {"marker": "o", "markersize": 5, "mec": "white", "mew": 0.7, "lw": 0, "zorder": 4}
            add_line(axes, [area.value], [level], color=DARK_BLUE, **look)
        at += height
