"""How slopes along a moderator are laid out: one panel each, a band of intervals, a rug of where the answers lie."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pipeline.figures.sheet import Heading, Sheet, add_line, name_height, names_of
from pipeline.figures.slope_lines import SlopeLine
from pipeline.figures.style import DARK_BLUE, DARK_GREY, FRAME, GRID, LABEL, QUIET, line_height, tinted, wrap
from pipeline.specs.rounding import decimal

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

TALL, RUG = 2.2, 0.13
"""Inches of a panel; the share of it that the rug takes at the most."""
DASHES = (0, (3, 2.2))


def slope_plot(heading: Heading, lines: Sequence[SlopeLine], y_label: str, width: float) -> Figure:
    """Panels below one another on a phone, side by side where there is room for two."""
    whole, between, left = width - 0.28, 0.3, 0.5
    columns = 1 if width <= 5 or len(lines) == 1 else 2
    cell = (whole - between * (columns - 1)) / columns
    names = names_of([line.label for line in lines], cell)
    rows = [range(start, min(start + columns, len(lines))) for start in range(0, len(lines), columns)]
    label = wrap(y_label, whole, LABEL)
    head = line_height(LABEL) * len(label) + 0.1
    below = [wrap(line.by, cell - left, LABEL) for line in lines]
    rooms = [max(name_height(names[i]) for i in row) for row in rows]
    feet = [0.3 + line_height(LABEL) * max(len(below[i]) for i in row) + 0.1 for row in rows]
    tall = TALL * min(1.0, cell / 3.2 + 0.15)
    sheet = Sheet(heading, width, head + sum(rooms) + sum(feet) + tall * len(rows))
    for number, part in enumerate(label):
        sheet.text(0, 0.13 + line_height(LABEL) * number, part, color=QUIET)
    top: float = head
    for row, room, foot in zip(rows, rooms, feet, strict=True):
        for place, index in enumerate(row):
            start = place * (cell + between)
            sheet.name(top, names[index], start)
            axes = sheet.axes(start + left, top + room, cell - left - 0.1, tall)
            _panel(axes, lines[index], cell - left - 0.1, tall)
            for number, part in enumerate(below[index]):
                level = top + room + tall + 0.32 + line_height(LABEL) * (number + 0.6)
                sheet.text(start + left, level, part, color=QUIET)
        top += room + tall + foot
    return sheet.figure


def _panel(axes: Axes, line: SlopeLine, across: float, tall: float) -> None:
    low, high = min(*line.low, 0.0), max(*line.high, 0.0)
    air = (high - low) * 0.08
    floor = low - air - (high - low) * RUG / (1 - RUG)
    axes.set_ylim(floor, high + air)
    span = line.at[-1] - line.at[0]
    axes.set_xlim(line.at[0] - 0.02 * span, line.at[-1] + 0.02 * span)
    _ticks(axes, across, tall)
    axes.grid(axis="y", color=GRID, lw=0.8)
    axes.axhline(0, color=QUIET, lw=1.2, zorder=1, label=FRAME)
    for start, end, differs in line.stretches():
        _stretch(axes, line, slice(start, end + 1), differs)
    for edge in line.ends:
        add_line(axes, [edge, edge], [floor, high + air], color=DARK_BLUE, lw=1.1, ls=(0, (1, 1.6)), zorder=3)
    most = max((share for _, share in line.answers), default=1.0)
    rug = (low - air / 2 - floor) * 0.95
    for value, share in line.answers:
        add_line(axes, [value, value], [floor, floor + rug * share / most], color=DARK_BLUE, lw=2.2, zorder=4,
                 solid_capstyle="butt")  # fmt: skip


def _stretch(axes: Axes, line: SlopeLine, part: slice, differs: bool) -> None:
    """A solid line in a hatched band where the slope differs from zero, a dashed one in a plain band where not."""
    from matplotlib.patches import Polygon

    at, low, high = line.at[part], line.low[part], line.high[part]
    corners = [*zip(at, low, strict=True), *reversed(list(zip(at, high, strict=True)))]
    colour = tinted(DARK_BLUE, 0.72) if differs else tinted(DARK_GREY, 0.88)
    axes.add_patch(
        Polygon(corners, closed=True, fc=colour, ec=tinted(DARK_BLUE, 0.4) if differs else colour, lw=0,
                hatch="////" if differs else None, zorder=2, label=FRAME)
    )  # fmt: skip
    style = "-" if differs else DASHES
    add_line(axes, at, line.slope[part], color=DARK_BLUE, lw=2.4 if differs else 1.6, ls=style, zorder=5)
    for edge in (low, high):
        add_line(axes, at, edge, color=DARK_BLUE, lw=0.8, ls=style, zorder=4)


def _ticks(axes: Axes, across: float, tall: float) -> None:
    from matplotlib.ticker import MaxNLocator

    for room, limits, put in (
        (across / 0.6, axes.get_xlim(), axes.set_xticks), (tall / 0.45, axes.get_ylim(), axes.set_yticks),
    ):  # fmt: skip
        locator = MaxNLocator(nbins=max(int(room), 2), steps=[1, 2, 2.5, 5, 10])
        ticks = [tick for tick in locator.tick_values(*limits) if limits[0] <= tick <= limits[1]]
        step = ticks[1] - ticks[0] if len(ticks) > 1 else 1.0
        places = next((places for places in range(4) if abs(round(step, places) - step) < step / 1000), 4)
        put(ticks, [decimal(tick, places) for tick in ticks])
