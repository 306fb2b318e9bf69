"""A specification curve laid out: estimates in rising order above, and below which choices each of them rests on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.figures.sheet import Heading, Sheet, add_line, legend_room
from pipeline.figures.style import (
    DARK_BLUE,
    DARK_GREY,
    FRAME,
    GRID,
    ORANGE,
    QUIET,
    SMALL,
    line_height,
    wrap,
)
from pipeline.specs.rounding import decimal

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

CLEAR, UNCLEAR = ("Interval without zero", DARK_BLUE, "o"), ("Interval holds zero", ORANGE, "D")
"""Looks of an estimate, by whether its interval holds zero."""
TALL, STRIP = 2.3, 0.16
"""Inches: of the curve, and of a row of marks."""


@dataclass(frozen=True)
class Point:
    """One analysis: estimate and interval, and the values that it chose, as (choice, value)."""

    value: float
    low: float
    high: float
    chosen: frozenset[tuple[str, str]]

    @property
    def clear(self) -> bool:
        """Whether its interval leaves zero out."""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True)
class Choice:
    """A choice with its values: key and label of each."""

    label: str
    values: tuple[tuple[tuple[str, str], str], ...]


def curve(
    heading: Heading, points: Sequence[Point], choices: Sequence[Choice], median: float, y_label: str, width: float
) -> Figure:
    """The points in rising order, and a row of marks for each value of each choice, labelled left or, narrow, above."""
    narrow = width <= 5
    whole = width - 0.28
    points = sorted(points, key=lambda point: point.value)
    left = 0.42 if narrow else 2.0
    across = whole - left - 0.05
    looks = [look for look, clear in ((CLEAR, True), (UNCLEAR, False)) if any(one.clear == clear for one in points)]
    looks = looks if len(looks) > 1 else []
    legend = legend_room([name for name, _, _ in looks], whole)
    label = wrap(y_label, whole, SMALL)
    top = legend + line_height(SMALL) * len(label) + 0.12
    rows = _placed(choices, whole if narrow else left - 0.15, narrow)
    matrix = rows[-1].bottom + 0.06
    sheet = Sheet(heading, width, top + TALL + 0.12 + matrix)
    if legend:
        sheet.legend(0.0, 0.12, looks)
    for number, line in enumerate(label):
        sheet.text(0, legend + line_height(SMALL) * (number + 0.8), line, size=SMALL, color=QUIET)
    _estimates(sheet.axes(left, top, across, TALL), points, median, narrow)
    axes = sheet.axes(left, top + TALL + 0.12, across, matrix)
    _matrix(axes, rows, points, matrix, across)
    for row in rows:
        for number, line in enumerate(row.lines):
            down = top + TALL + 0.12 + row.top + line_height(SMALL) * (number + 0.8)
            sheet.text(0 if row.bold else 0.1, down, line, size=SMALL, weight="bold" if row.bold else "normal")
    return sheet.figure


@dataclass(frozen=True)
class _Row:
    """A line of the lower part: its words, and the level of its marks (None: a heading)."""

    lines: list[str]
    bold: bool
    top: float
    level: float | None
    bottom: float
    key: tuple[str, str] = ("", "")


def _placed(choices: Sequence[Choice], room: float, narrow: bool) -> list[_Row]:
    rows, at = [], 0.0
    for choice in choices:
        lines = wrap(choice.label, room, SMALL, bold=True)
        rows.append(_Row(lines, True, at, None, at + line_height(SMALL) * len(lines) + 0.03))
        at = rows[-1].bottom
        for key, label in choice.values:
            lines = wrap(label, room - 0.1, SMALL)
            tall = line_height(SMALL) * len(lines)
            over = tall + 0.02 if narrow else 0.0
            down = over + STRIP if narrow else max(tall, STRIP)
            level = at + over + STRIP / 2 if narrow else at + down / 2
            rows.append(_Row(lines, False, at + (0.0 if narrow else (down - tall) / 2), level, at + down + 0.02, key))
            at = rows[-1].bottom
        at += 0.07
    return rows


def _estimates(axes: Axes, points: Sequence[Point], median: float, narrow: bool) -> None:
    from matplotlib.ticker import MaxNLocator

    low, high = min(0.0, *(one.low for one in points)), max(0.0, *(one.high for one in points))
    air = (high - low or 1.0) * 0.05
    axes.set_xlim(-1, len(points))
    axes.set_ylim(low - air, high + air)
    axes.set_xticks([])
    axes.spines["bottom"].set_visible(False)
    values = MaxNLocator(nbins=5, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high)
    ticks = [tick for tick in values if low - air <= tick <= high + air]
    step = ticks[1] - ticks[0] if len(ticks) > 1 else 1.0
    places = next((places for places in range(5) if abs(round(step, places) - step) < step / 1000), 4)
    axes.set_yticks(ticks, [decimal(tick, places) for tick in ticks])
    axes.grid(axis="y", color=GRID, lw=0.8)
    axes.axhline(0.0, color=QUIET, lw=1.2, zorder=1, label=FRAME)
    axes.axhline(median, color=DARK_GREY, lw=1.0, ls=(0, (5, 3)), zorder=1, label=FRAME)
    many = len(points) > 60
    size, wide = (2.0 if narrow else 2.6, 0.5 if narrow else 0.9) if many else (5.0, 1.6)
    for (_, colour, marker), clear in ((CLEAR, True), (UNCLEAR, False)):
        own = [(place, one) for place, one in enumerate(points) if one.clear == clear]
        if not own:
            continue
        nan = float("nan")
        xs = [x for place, _ in own for x in (place, place, nan)]
        ys = [y for _, one in own for y in (one.low, one.high, nan)]
        add_line(axes, xs, ys, color=colour, lw=wide, zorder=2)
        looks = {"marker": marker, "markersize": size, "mew": 0.0, "lw": 0, "zorder": 4}
        add_line(axes, [place for place, _ in own], [one.value for _, one in own], color=colour, **looks)


def _matrix(axes: Axes, rows: Sequence[_Row], points: Sequence[Point], tall: float, across: float) -> None:
    axes.set_xlim(-1, len(points))
    axes.set_ylim(tall, 0)
    axes.set_xticks([])
    axes.set_yticks([])
    axes.spines["bottom"].set_visible(False)
    wide = min(max(across * 72 / (len(points) + 1) * 0.62, 0.4), 3.0)
    nan = float("nan")
    for row in rows:
        if row.level is None:
            continue
        add_line(axes, [-1, len(points)], [row.level] * 2, color=GRID, lw=0.5, zorder=0, label=FRAME)
        held = [place for place, point in enumerate(points) if row.key in point.chosen]
        xs = [x for place in held for x in (place, place, nan)]
        ys = [y for _ in held for y in (row.level - 0.05, row.level + 0.05, nan)]
        if held:
            add_line(axes, xs, ys, color=DARK_GREY, lw=wide, solid_capstyle="butt", zorder=2)
