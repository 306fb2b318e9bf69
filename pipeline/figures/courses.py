"""From means by wave to the lines and panels of a trend."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from pipeline.errors import PaperError
from pipeline.figures.style import CATEGORICAL, DUO, MARKERS
from pipeline.figures.timeline import Dates, date_of
from pipeline.figures.wave_counts import FEWEST
from pipeline.specs.comparing import MARK
from pipeline.specs.components import COMPONENTS


@dataclass(frozen=True)
class Point:
    day: dt.date
    value: float
    low: float | None
    high: float | None
    people: int | None = None
    after_gap: bool = False  # a wave since the point before has no estimate


@dataclass(frozen=True)
class Line:
    """One group's course in one panel."""

    label: str
    colour: str
    marker: str
    points: tuple[Point, ...]
    mark: str = ""  # stands at each of its values: they may not be compared


@dataclass(frozen=True)
class Panel:
    label: str
    lines: tuple[Line, ...]


def panels_of(
    means: pl.DataFrame,
    dates: Dates,
    groups: Mapping[str, str] | None,
    labels: Mapping[str, str] | None,
    percent: bool,
    together: bool | None,
    marked: Collection[str] = (),
) -> list[Panel]:
    """The panels that are drawn, without values of fewer than ten people; ``alt_trend`` describes the same ones.
    ``marked``: outcomes that bear the mark."""
    levels = [key for key, component in COMPONENTS.items() if component.level]
    shown = means.filter(
        pl.col("component").is_in(levels), pl.col("wave").is_not_null() & pl.col("estimate").is_not_null()
    ).filter(pl.col("n_persons").fill_null(FEWEST) >= FEWEST)
    rows = shown.select("outcome", "group", "wave", "estimate", "conf_low", "conf_high", "n_persons").rows(named=True)
    outcomes = labels or {row["outcome"]: row["outcome"] for row in rows}
    names = groups or {row["group"]: row["group"] or "" for row in rows}
    courses = {
        (outcome, group): _course(rows, outcome, group, dates, 100.0 if percent else 1.0)
        for outcome in outcomes
        for group in names
    }
    if together is None:
        together = percent and len(names) == 1 and len(outcomes) <= 4
    if together and len(names) == 1 and len(outcomes) > 1:
        (group,) = names
        panels = [Panel("", _lines(outcomes, {key: courses[key, group] for key in outcomes}, marked))]
    else:
        panels = [
            Panel(label, _lines(names, {group: courses[outcome, group] for group in names}, (), outcome in marked))
            for outcome, label in outcomes.items()
        ]
    panels = [panel for panel in panels if panel.lines]
    if not panels:
        raise PaperError("there is no mean or share by wave to draw", todo="Check the outcomes and groups named.")
    return panels


def _lines(
    names: Mapping[Any, str],
    courses: Mapping[Any, tuple[Point, ...]],
    marked: Collection[str],
    every: bool = False,
) -> tuple[Line, ...]:
    """One line per name, in the palette's order; a name keeps its colour where others have no points."""
    if len(courses) > len(CATEGORICAL):
        raise PaperError("too many lines for one trend figure", count=len(courses), todo="Draw at most six.")
    colours = DUO if len(courses) == 2 else CATEGORICAL
    dressed = zip(courses.items(), colours, MARKERS, strict=False)
    return tuple(
        Line(names[key], colour, marker, points, MARK if every or key in marked else "")
        for (key, points), colour, marker in dressed
        if points
    )


def _course(
    rows: Sequence[Mapping[str, Any]], outcome: str, group: str | None, dates: Dates, times: float
) -> tuple[Point, ...]:
    """One outcome of one group over time."""
    own = [row for row in rows if row["outcome"] == outcome and row["group"] == group]
    often = Counter(row["wave"] for row in own)
    if len(often) < len(own):
        raise PaperError(
            f"`{outcome}` has several results for the same wave",
            count=sum(count for count in often.values() if count > 1),
            todo="Draw one model, and one category of a categorical outcome.",
        )
    points = sorted((_point(row, dates, times) for row in own), key=lambda p: p.day)
    waves = {day for key, day in dates.items() if not isinstance(key, tuple) or key[0] in (None, group)}
    return tuple(
        replace(point, after_gap=place > 0 and any(points[place - 1].day < day < point.day for day in waves))
        for place, point in enumerate(points)
    )


def _point(row: Mapping[str, Any], dates: Dates, times: float) -> Point:
    low, high = (None if row[end] is None else row[end] * times for end in ("conf_low", "conf_high"))
    day = date_of(dates, row["wave"], row["group"])
    return Point(day, row["estimate"] * times, low, high, row["n_persons"])
