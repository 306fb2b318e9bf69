"""Effects by time since an event: points with two intervals, the time before set apart, the omitted period marked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl

from pipeline.errors import PaperError
from pipeline.figures.data import PEOPLE, cleared, interval_columns, printed
from pipeline.figures.sheet import Heading, Sheet, add_line, legend_room
from pipeline.figures.style import (
    DARK_BLUE,
    DARK_GREY,
    FRAME,
    GRID,
    LABEL,
    PAPER,
    QUIET,
    SMALL,
    line_height,
    text_width,
    with_interval,
    wrap,
)
from pipeline.specs.rounding import decimal, places_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BEFORE, AFTER, OMITTED = (
    ("Before the start (hollow)", DARK_GREY, "D"),
    ("Since the start", DARK_BLUE, "o"),
    "Compared with (zero)",
)
TALL = 2.2


@dataclass(frozen=True)
class EventPoint:
    """An effect at one event time, with its own interval and that of the simultaneous band; None where withheld."""

    event: float
    value: float | None
    low: float | None
    high: float | None
    band: tuple[float, float] | None
    is_omitted: bool
    people: int | None
    places: int

    @property
    def label(self) -> str:
        """The event time on the axis: −2, 0, +3."""
        return f"+{self.event:g}" if self.event > 0 else f"{self.event:g}".replace("-", "\N{MINUS SIGN}")

    @property
    def text(self) -> str:
        if self.is_omitted:
            return "zero, the period that the others are compared with"
        if self.value is None:
            return "withheld"
        return with_interval(self.value, self.low, self.high, places=self.places)


def event_points(estimates: pl.DataFrame, scale: float = 1.0, places: int = 2) -> list[EventPoint]:
    """The effects by event time, in order; raises ``PaperError`` where there are none, or those of several models."""
    rows = estimates.filter(pl.col("component") == "event_time")
    if rows.is_empty():
        raise PaperError("there are no effects by event time to draw", todo="Name an `event_study` model.")
    if rows["model"].n_unique() > 1:
        raise PaperError("an event study figure draws one model", todo="Name one model, or make a figure of each.")
    bands = {
        row["group"]: (row["conf_low"] * scale, row["conf_high"] * scale)
        for row in estimates.filter(pl.col("component") == "event_time_band").iter_rows(named=True)
        if row["conf_low"] is not None
    }
    found = [_point(row, bands.get(row["group"]), scale, places) for row in rows.iter_rows(named=True)]
    return sorted(found, key=lambda point: point.event)


def _point(row: Mapping[str, Any], band: tuple[float, float] | None, scale: float, places: int) -> EventPoint:
    value, low, high = (None if row[key] is None else row[key] * scale for key in ("estimate", "conf_low", "conf_high"))
    omitted = "omitted" in str(row["note"] or "") and low is None
    shown = places_of((low, high), places, 0.0, value)
    return EventPoint(float(row["group"]), value, low, high, band, omitted, row["n_persons"], shown)


def event_data(points: Sequence[EventPoint], estimate: str, confidence: float) -> pl.DataFrame:
    """One row per event time."""
    low, high = interval_columns(confidence)

    def row(point: EventPoint) -> dict[str, Any]:
        first, last = point.band or (None, None)
        return {
            "Time since the start": point.label,
            estimate: printed(point.value, point.places),
            low: printed(point.low, point.places),
            high: printed(point.high, point.places),
            "Simultaneous band, low": printed(first, point.places),
            "Simultaneous band, high": printed(last, point.places),
            PEOPLE: point.people,
        }

    return cleared((row(point) for point in points), ("Time since the start",))


def event_plot(heading: Heading, points: Sequence[EventPoint], x_label: str, y_label: str, width: float) -> Figure:
    """One panel: event times across, effects up; the time before shaded and with hollow markers of another shape."""
    whole, left = width - 0.28, 0.5
    legend = [entry for entry, some in zip((BEFORE, AFTER), _sides(points), strict=True) if some]
    legend += [(OMITTED, QUIET, "x")] if any(point.is_omitted for point in points) else []
    y_lines, x_lines = wrap(y_label, whole, LABEL), wrap(x_label, whole - left, SMALL)
    legend_tall = legend_room([name for name, _, _ in legend], whole)
    above = legend_tall + line_height(LABEL) * len(y_lines) + 0.12
    below = 0.3 + line_height(SMALL) * len(x_lines)
    sheet = Sheet(heading, width, above + TALL + below)
    sheet.legend(0, 0.12, legend)
    for number, line in enumerate(y_lines):
        sheet.text(0, legend_tall + line_height(LABEL) * (number + 0.8), line, color=QUIET)
    axes = sheet.axes(left, above, whole - left, TALL)
    _axis(axes, points, whole - left)
    for point in points:
        _draw(axes, point)
    for number, line in enumerate(x_lines):
        sheet.text(left, above + TALL + 0.3 + line_height(SMALL) * (number + 0.6), line, size=SMALL, color=QUIET)
    return sheet.figure


def _sides(points: Sequence[EventPoint]) -> tuple[bool, bool]:
    drawn = [point for point in points if not point.is_omitted]
    return any(point.event < 0 for point in drawn), any(point.event >= 0 for point in drawn)


def _axis(axes: Axes, points: Sequence[EventPoint], across: float) -> None:
    """Limits, ticks, the zero line, and the shade of the time before."""
    ends = [end for p in points for end in (p.value, p.low, p.high, *(p.band or ())) if end is not None]
    low, high = min([*ends, 0.0]), max([*ends, 0.0])
    air = (high - low or 1.0) * 0.08
    first, last = points[0].event, points[-1].event
    margin = max((last - first) * 0.05, 0.4)
    axes.set_ylim(low - air, high + air)
    axes.set_xlim(first - margin, last + margin)
    from matplotlib.ticker import MaxNLocator

    ticks = MaxNLocator(nbins=6, steps=[1, 2, 2.5, 5, 10]).tick_values(low - air, high + air)
    ticks = [float(tick) for tick in ticks if low - air <= tick <= high + air]
    step = ticks[1] - ticks[0] if len(ticks) > 1 else 1.0
    places = next((places for places in range(5) if abs(round(step, places) - step) < step / 1000), 4)
    axes.set_yticks(ticks, [decimal(tick, places) for tick in ticks])
    axes.grid(axis="y", color=GRID, lw=0.8)
    shown = _spaced(points, across / (last - first + 2 * margin))
    axes.set_xticks([point.event for point in shown], [point.label for point in shown])
    if first < 0:
        latest = max(point.event for point in points if point.event < 0)
        following = min((point.event for point in points if point.event >= 0), default=latest + 1)
        axes.axvspan(first - margin, (latest + following) / 2, color=GRID, alpha=0.55, lw=0, zorder=0, label=FRAME)
    axes.axhline(0.0, color=QUIET, lw=1.2, zorder=1, label=FRAME)


def _spaced(points: Sequence[EventPoint], per_unit: float) -> list[EventPoint]:
    """The event times that have room for their labels, from the first on."""
    shown: list[EventPoint] = []
    for point in points:
        room = text_width(point.label, LABEL) + 0.08
        if not shown or (point.event - shown[-1].event) * per_unit >= room:
            shown.append(point)
    return shown


def _draw(axes: Axes, point: EventPoint) -> None:
    if point.is_omitted:
        add_line(axes, [point.event], [0.0], color=QUIET, marker="x", markersize=8, mew=2.0, lw=0, zorder=4)
        return
    if point.value is None:
        return
    _, colour, marker = BEFORE if point.event < 0 else AFTER
    if point.band:
        add_line(axes, [point.event] * 2, list(point.band), color=colour, lw=0.9, zorder=2)
    if point.low is not None and point.high is not None:
        add_line(axes, [point.event] * 2, [point.low, point.high], color=colour, lw=2.8, zorder=3)
    fill = PAPER if point.event < 0 else colour
    looks: dict[str, Any] = {"marker": marker, "markersize": 7, "mfc": fill, "mec": colour, "mew": 1.4, "lw": 0}
    add_line(axes, [point.event], [point.value], color=colour, zorder=4, **looks)
