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
    together: bool | None = None,
    confidence: float = 0.95,
    synthetic: bool = False,
    note: str = "",
    width: float = WIDE,
) -> Figure:
    """Each outcome's mean or share by wave with its interval; several outcomes become lines or small panels.

    ``means``: rows of ``Estimates`` with component ``mean`` or ``share``. ``dates``: wave → date, or (group, wave) →
    date where arms have calendars of their own. ``groups`` and ``labels``: group or outcome → label, in the order to
    be drawn; what they leave out is not drawn. ``events``: (date, label) or (date, label, end). ``percent`` shows
    shares as percentages. ``together``: several outcomes of one group as lines on one scale, not as panels; by default
    where they are percentages, at most four. ``confidence``: the level of the intervals. ``width`` in inches:
    ``style.WIDE`` for a page, ``style.NARROW`` for a phone.

    Raises ``PaperError`` if there is nothing to draw or a wave has no date.
    """
    panels = panels_of(means, dates, groups, labels, percent, together)
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
    percent: bool,
    together: bool | None,
) -> list[Panel]:
    """The panels that are drawn; ``alt_trend`` tells the same ones."""
    rows = means.filter(pl.col("component").is_in(COMPONENTS), pl.col("wave").is_not_null())
    rows = rows.filter(pl.col("estimate").is_not_null())
    outcomes = labels or {name: name for name in rows["outcome"].unique(maintain_order=True)}
    names = groups or {name: name or "" for name in rows["group"].unique(maintain_order=True)}
    courses = {
        (outcome, group): _course(rows, outcome, group, dates, 100.0 if percent else 1.0)
        for outcome in outcomes
        for group in names
    }
    if together is None:
        together = percent and len(names) == 1 and len(outcomes) <= 4
    if together and len(names) == 1 and len(outcomes) > 1:
        (group,) = names
        panels = [Panel("", _lines({label: courses[outcome, group] for outcome, label in outcomes.items()}))]
    else:
        panels = [
            Panel(label, _lines({name: courses[outcome, group] for group, name in names.items()}))
            for outcome, label in outcomes.items()
        ]
    panels = [panel for panel in panels if panel.lines]
    if not panels:
        raise PaperError("there is no mean or share by wave to draw", todo="Check the outcomes and groups named.")
    return panels


def _lines(courses: Mapping[str, tuple[Point, ...]]) -> tuple[Line, ...]:
    """One line per name, in the palette's order; a name keeps its colour where others have no points."""
    if len(courses) > len(CATEGORICAL):
        raise PaperError("too many lines for one trend figure", count=len(courses), todo="Draw at most six.")
    colours = DUO if len(courses) == 2 else CATEGORICAL
    dressed = zip(courses.items(), colours, MARKERS, strict=False)
    return tuple(Line(name, colour, marker, points) for (name, points), colour, marker in dressed if points)


def _course(rows: pl.DataFrame, outcome: str, group: str | None, dates: Dates, times: float) -> tuple[Point, ...]:
    """One outcome of one group over time."""
    own = rows.filter(pl.col("outcome") == outcome, pl.col("group").eq_missing(pl.lit(group)))
    if own["wave"].is_duplicated().any():
        raise PaperError(
            f"`{outcome}` has several results for the same wave",
            count=own.filter(pl.col("wave").is_duplicated()).height,
            todo="Draw one model, and one category of a categorical outcome.",
        )
    return tuple(sorted((_point(row, dates, times) for row in own.iter_rows(named=True)), key=lambda p: p.day))


def _point(row: Mapping[str, object], dates: Dates, times: float) -> Point:
    def scaled(name: str) -> float | None:
        value = row[name]
        return None if value is None else float(value) * times  # type: ignore[arg-type]

    value = scaled("estimate")
    assert value is not None
    group = row["group"]
    day = date_of(dates, str(row["wave"]), None if group is None else str(group))
    return Point(day, value, scaled("conf_low"), scaled("conf_high"))
