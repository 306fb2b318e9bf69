"""Estimates as rows: a marker and its interval per effect, with the numbers printed next to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from pipeline.figures.sheet import Heading, Sheet, add_line, legend_room
from pipeline.figures.style import (
    FRAME,
    GRID,
    LABEL,
    QUIET,
    SMALL,
    ink,
    line_height,
    text_width,
    wrap,
)
from pipeline.specs.rounding import decimal

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Mark:
    """One estimate: where it lies, how it looks, and what is printed for it."""

    value: float | None
    low: float | None
    high: float | None
    name: str
    colour: str
    marker: str
    text: str
    people: int | None = None
    places: int = 2


@dataclass(frozen=True)
class Row:
    """A label with one or more marks; a row without marks is a heading over the rows below it."""

    label: str
    marks: tuple[Mark, ...] = ()


@dataclass(frozen=True)
class Scale:
    """The horizontal axis. ``reference`` is where there is no effect; ``band`` holds effects too small to matter."""

    label: str
    reference: float
    kind: Literal["linear", "log"] = "linear"
    places: int = 2
    band: tuple[float, float] | None = None
    band_label: str = ""
    sides: tuple[str, str] | None = None
    reference_label: str = ""
    unit: str = ""
    line: bool = True  # whether the reference is drawn


STEP = 0.25
GAP, DENSE = 0.12, 0.02
AIR = 0.05
"""So far may the label of a tick reach into the margin."""
MANY = 10
"""Rows from which on they stand closer."""


def forest(heading: Heading, rows: Sequence[Row], scale: Scale, values_label: str, width: float) -> Figure:
    """Rows of labelled estimates; labels stand left of the plot, or over it where the figure is narrow."""
    narrow = width <= 5
    whole = width - 0.28
    names = _names(rows)
    values = max(
        [text_width(mark.text, SMALL) for row in rows for mark in row.marks] + [text_width(values_label, SMALL)]
    )
    label_room = (
        whole if narrow else min(max(text_width(row.label, LABEL, bold=not row.marks) for row in rows) + 0.1, 2.4)
    )
    gap = GAP if len(rows) < MANY or narrow else DENSE
    wrapped = [wrap(row.label, label_room - 0.05, LABEL, bold=narrow or not row.marks) for row in rows]
    heights = [_height(row, len(lines), narrow, gap) for row, lines in zip(rows, wrapped, strict=True)]
    left = 0.05 if narrow else label_room
    across = whole - left - values - 0.2
    names = names if len(names) > 1 else []
    key_left = 0.0 if narrow else left
    key_room = legend_room([name for name, _, _ in names], whole - key_left)
    top = key_room + 0.24
    axis_label = wrap(scale.label, whole if narrow else across, SMALL)
    sides_room = 0.18 * (scale.sides is not None)
    foot = 0.3 + sides_room + line_height(SMALL) * len(axis_label)
    sheet = Sheet(heading, width, top + sum(heights) + foot)
    if key_room:
        sheet.legend(key_left, 0.12, names)
    sheet.text(whole - values, key_room + 0.12, values_label, size=SMALL, color=QUIET)
    axes = sheet.axes(left, top, across, sum(heights))
    _axis(axes, rows, scale, (across, sum(heights)), left + AIR)
    if scale.reference_label:
        _reference(sheet, scale, (left, across), _share(axes, scale.reference), key_room + 0.16)
    if scale.band:
        centre = left + across * _share(axes, scale.reference)
        sheet.text(centre, key_room + 0.16, scale.band_label, size=SMALL, color=QUIET, ha="center")
    _sides(sheet, scale, left, across, top + sum(heights) + 0.38)
    at = 0.0
    for row, lines, height in zip(rows, wrapped, heights, strict=True):
        _row(sheet, axes, row, lines, (at, height, top, gap), whole - values, narrow)
        at += height
    for number, line in enumerate(axis_label):
        level = top + sum(heights) + 0.28 + sides_room + line_height(SMALL) * (number + 0.8)
        sheet.text(0 if narrow else left, level, line, size=SMALL, color=QUIET)
    return sheet.figure


def _names(rows: Sequence[Row]) -> list[tuple[str, str, str]]:
    """Each kind of mark once: name, colour, marker."""
    seen = {mark.name: (mark.name, mark.colour, mark.marker) for row in rows for mark in row.marks if mark.name}
    return list(seen.values())


def _height(row: Row, lines: int, narrow: bool, gap: float) -> float:
    label = line_height(LABEL) * lines
    marks = STEP * len(row.marks)
    if not row.marks:
        return label + 0.14
    return label + marks + gap if narrow else max(label, marks) + gap


def _reference(sheet: Sheet, scale: Scale, plot: tuple[float, float], share: float, level: float) -> None:
    """What the reference is, over its line, and within the plot."""
    left, across = plot
    half = text_width(scale.reference_label, SMALL) / 2
    centre = min(max(left + across * share, left + half), left + across - half)
    sheet.text(centre, level, scale.reference_label, size=SMALL, color=QUIET, ha="center")


def _axis(axes: Axes, rows: Sequence[Row], scale: Scale, size: tuple[float, float], before: float) -> None:
    """``size``: across and tall; ``before``: the room left of the axis, into which the label of a tick may reach."""
    across, tall = size
    ends = [end for row in rows for m in row.marks for end in (m.value, m.low, m.high) if end is not None]
    low, high = min([*ends, scale.reference]), max([*ends, scale.reference])
    if scale.kind == "log":
        _log_axis(axes, min(low, 1 / 1.6), max(high, 1.6), across)
    else:
        air = (high - low or 1.0) * 0.06
        axes.set_xlim(low - air, high + air)
        _linear_ticks(axes, (low - air, high + air), across, before, scale.unit)
    axes.set_ylim(tall, 0)
    axes.set_yticks([])
    axes.grid(axis="x", color=GRID, lw=0.8)
    if scale.band:
        axes.axvspan(*scale.band, color=GRID, alpha=0.6, lw=0, zorder=0, label=FRAME)
    if scale.line:
        axes.axvline(scale.reference, color=QUIET, lw=1.2, zorder=1)


def _linear_ticks(axes: Axes, ends: tuple[float, float], across: float, before: float, unit: str) -> None:
    """Round numbers within the axis, but none whose label would be cut off at the edge of the figure."""
    from matplotlib.ticker import MaxNLocator

    low, high = ends
    locator = MaxNLocator(nbins=max(int(across / 0.6), 2), steps=[1, 2, 2.5, 5, 10])
    ticks = [tick for tick in locator.tick_values(low, high) if low <= tick <= high]
    step = ticks[1] - ticks[0] if len(ticks) > 1 else 1.0
    places = next((places for places in range(4) if abs(round(step, places) - step) < step / 1000), 4)
    named = {tick: decimal(tick, places) + unit for tick in ticks}
    whole = {
        tick: text
        for tick, text in named.items()
        if text_width(text, LABEL) / 2 <= before + across * (tick - low) / (high - low)
    }
    axes.set_xticks(list(whole), list(whole.values()))


def _log_axis(axes: Axes, low: float, high: float, across: float) -> None:
    from matplotlib.ticker import NullLocator

    axes.set_xscale("log")
    axes.set_xlim(low / 1.06, high * 1.06)
    marks = (0.02, 0.05, 0.1, 0.2, 0.33, 0.5, 0.67, 1, 1.5, 2, 3, 5, 10, 20, 50)
    ticks = [mark for mark in marks if low / 1.06 <= mark <= high * 1.06]
    if across / max(len(ticks), 1) < 0.45:
        ticks = [tick for tick in ticks if tick not in (0.33, 0.67, 1.5, 3)]
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.xaxis.set_minor_locator(NullLocator())


def _share(axes: Axes, value: float) -> float:
    """Where a value lies on the axis, as a share of its length."""
    place = axes.transData.transform((value, 0))[0]
    return float((place - axes.bbox.x0) / axes.bbox.width)


def _sides(sheet: Sheet, scale: Scale, left: float, across: float, level: float) -> None:
    """What it means to lie left or right of the reference, under the ticks."""
    if scale.sides is None:
        return
    sheet.text(left, level, f"\N{LEFTWARDS ARROW} {scale.sides[0]}", size=SMALL, color=QUIET)
    sheet.text(left + across, level, f"{scale.sides[1]} \N{RIGHTWARDS ARROW}", size=SMALL, color=QUIET, ha="right")


def _row(
    sheet: Sheet,
    axes: Axes,
    row: Row,
    lines: list[str],
    place: tuple[float, float, float, float],
    values_at: float,
    narrow: bool,
) -> None:
    at, height, top, gap = place
    over = line_height(LABEL) * len(lines)
    label_top = at + gap / 2 if narrow or not row.marks else at + (height - over) / 2
    for number, line in enumerate(lines):
        weight = "normal" if row.marks and not narrow else "bold"
        # White below the label, which in a narrow figure lies across the plot's lines.
        ground = {"facecolor": "white", "edgecolor": "none", "pad": 1.2} if narrow else None
        sheet.text(0, top + label_top + line_height(LABEL) * (number + 0.75), line, weight=weight, bbox=ground)
    first = at + over + gap / 2 if narrow else at + (height - STEP * len(row.marks)) / 2
    for number, mark in enumerate(row.marks):
        level = first + STEP * (number + 0.5)
        _mark(axes, mark, level)
        sheet.text(values_at, top + level + 0.04, mark.text, size=SMALL, color=ink(mark.colour))
    if at > 0:
        axes.axhline(at, color=GRID, lw=0.6, zorder=0, label=FRAME)


def _mark(axes: Axes, mark: Mark, level: float) -> None:
    if mark.value is None:
        return
    if mark.low is not None and mark.high is not None:
        add_line(axes, [mark.low, mark.high], [level, level], color=mark.colour, lw=2.2, zorder=3)
    looks = {"marker": mark.marker, "markersize": 7, "mec": "white", "mew": 0.9, "lw": 0, "zorder": 4}
    add_line(axes, [mark.value], [level], color=mark.colour, **looks)
