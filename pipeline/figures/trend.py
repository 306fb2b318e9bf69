"""Trends: means or shares by wave, with their intervals, on a true time axis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import polars as pl

from pipeline.errors import PaperError
from pipeline.figures.sheet import Heading
from pipeline.figures.style import CATEGORICAL, DUO, MARKERS, WIDE, styled
from pipeline.figures.timeline import Dates, Event, date_of, near
from pipeline.figures.trend_plot import Line, Panel, Point, TrendPlot

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COMPONENTS = ("mean", "share", "proportion")


@styled
def trend(
    means: pl.DataFrame,
    *,
    dates: Dates,
    title: str,
    subtitle: str = "",
    source: str = "",
    groups: Mapping[str, str] | None = None,
    labels: Mapping[str, str] | None = None,
    events: Sequence[Event] = (),
    y_label: str = "",
    y_range: tuple[float, float] | None = None,
    percent: bool = False,
    confidence: float = 0.95,
    synthetic: bool = False,
    note: str = "",
    width: float = WIDE,
) -> Figure:
    """Each outcome's mean or share by wave with its interval; several outcomes become small panels.

    ``means``: rows of ``Estimates`` with component ``mean`` or ``share``. ``dates``: wave → date, or (group, wave) →
    date where arms have calendars of their own. ``groups`` and ``labels``: group or outcome → label, in the order to
    be drawn; what they leave out is not drawn. ``events``: (date, label) or (date, label, end). ``percent`` shows
    shares as percentages. ``confidence``: the level of the intervals, for the note. ``width`` in inches:
    ``style.WIDE`` for a page, ``style.NARROW`` for a phone.

    Raises ``PaperError`` if there is nothing to draw or a wave has no date.
    """
    panels = panels_of(means, dates, groups, labels, 100.0 if percent else 1.0)
    has_bars = any(point.low is not None for panel in panels for line in panel.lines for point in line.points)
    key = [f"Bars show {confidence * 100:g}% confidence intervals."] if has_bars else []
    key += ["Each panel has a scale of its own."] if len(panels) > 1 and y_range is None else []
    heading = Heading(title, subtitle, source, note, " ".join(key), synthetic)
    days = [point.day for panel in panels for line in panel.lines for point in line.points]
    plot = TrendPlot(panels, near(events, days), days, y_label, y_range, percent)
    return plot.alone(heading, width) if len(panels) == 1 else plot.small(heading, width)


def panels_of(
    means: pl.DataFrame,
    dates: Dates,
    groups: Mapping[str, str] | None,
    labels: Mapping[str, str] | None,
    times: float,
) -> list[Panel]:
    """The panels that are drawn, values multiplied by ``times``; ``alt_trend`` tells the same ones."""
    rows = means.filter(pl.col("component").is_in(COMPONENTS), pl.col("wave").is_not_null())
    rows = rows.filter(pl.col("estimate").is_not_null())
    outcomes = labels or {name: name for name in rows["outcome"].unique(maintain_order=True)}
    names = groups or {name: name or "" for name in rows["group"].unique(maintain_order=True)}
    colours = DUO if len(names) == 2 else CATEGORICAL
    if len(names) > len(colours):
        raise PaperError("too many groups for one trend figure", count=len(names), todo="Draw at most six groups.")
    panels = []
    for outcome, label in outcomes.items():
        lines = []
        for (group, name), colour, marker in zip(names.items(), colours, MARKERS, strict=False):
            own = rows.filter(pl.col("outcome") == outcome, pl.col("group").eq_missing(pl.lit(group)))
            points = sorted((_point(row, dates, times) for row in own.iter_rows(named=True)), key=lambda p: p.day)
            if points:
                lines.append(Line(name, colour, marker, tuple(points)))
        if lines:
            panels.append(Panel(label, tuple(lines)))
    if not panels:
        raise PaperError("there is no mean or share by wave to draw", todo="Check the outcomes and groups named.")
    return panels


def _point(row: Mapping[str, object], dates: Dates, times: float) -> Point:
    def scaled(name: str) -> float | None:
        value = row[name]
        return None if value is None else float(value) * times  # type: ignore[arg-type]

    value = scaled("estimate")
    assert value is not None
    group = row["group"]
    day = date_of(dates, str(row["wave"]), None if group is None else str(group))
    return Point(day, value, scaled("conf_low"), scaled("conf_high"))
