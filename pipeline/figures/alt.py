"""Text for those who cannot see a figure, composed from the data that it draws, so that it cannot go stale."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from pipeline.figures.coefficients import as_ratios, rows_of
from pipeline.figures.forest import Row
from pipeline.figures.participation import WaveCounts, bars_of
from pipeline.figures.style import decimal
from pipeline.figures.timeline import Dates, Event, month, near
from pipeline.figures.trend import panels_of
from pipeline.figures.trend_plot import Line, Panel

STATUS_WORDS = {
    "stayed": "also answered the wave before",
    "returned": "came back",
    "entered": "were new",
    "left": "had answered the wave before but not this one",
    "away": "were still away",
}


def alt_trend(
    means: pl.DataFrame,
    *,
    dates: Dates,
    groups: Mapping[str, str] | None = None,
    labels: Mapping[str, str] | None = None,
    events: Sequence[Event] = (),
    y_label: str = "",
    percent: bool = False,
    together: bool | None = None,
    confidence: float = 0.95,
) -> str:
    """What ``trend`` with these arguments shows: kind, axes, and each line's first, last, highest and lowest value."""
    panels = panels_of(means, dates, groups, labels, percent, together)
    days = [point.day for panel in panels for line in panel.lines for point in line.points]
    kind = "Line chart" if len(panels) == 1 else f"Line charts in {len(panels)} panels"
    scale = f" ({y_label})" if y_label else ""
    start = f"{kind}{scale} over time, {month(min(days))} to {month(max(days))}"
    bars = any(point.low is not None for panel in panels for line in panel.lines for point in line.points)
    start += f", with {confidence * 100:g}% confidence intervals." if bars else "."
    told = [start, *(_panel_words(panel, percent, len(panels) > 1) for panel in panels)]
    marked = near(events, days)
    if marked:
        told.append("Events marked: " + ", ".join(f"{event[1]} ({month(event[0])})" for event in marked) + ".")
    return " ".join(told)


def _panel_words(panel: Panel, percent: bool, brief: bool) -> str:
    lines = [_line_words(line, percent, brief or len(panel.lines) > 2) for line in panel.lines]
    return f"{panel.label}: {'; '.join(lines)}." if panel.label else f"{'; '.join(lines)}."


def _line_words(line: Line, percent: bool, brief: bool) -> str:
    def told(value: float) -> str:
        return f"{decimal(value, 0)}%" if percent else decimal(value, 2)

    points = line.points
    name = f"{line.label} " if line.label else ""
    if len(points) == 1:
        return f"{name}{told(points[0].value)} in {month(points[0].day)}"
    course = f"{name}from {told(points[0].value)} to {told(points[-1].value)}"
    if brief or len(points) == 2:
        return course
    high, low = max(points, key=lambda p: p.value), min(points, key=lambda p: p.value)
    extremes = f"highest {told(high.value)} in {month(high.day)}, lowest {told(low.value)} in {month(low.day)}"
    return f"{course} ({extremes})"


def alt_coefficients(
    estimates: pl.DataFrame,
    *,
    labels: Mapping[str, str],
    models: Mapping[str, str] | None = None,
    confidence: float = 0.95,
) -> str:
    """What ``coefficients`` with these arguments shows: every effect with its interval."""
    start = f"Dot plot of effects with {confidence * 100:g}% confidence intervals and a line at zero."
    return " ".join([start, *_row_words(rows_of(estimates, labels, models))])


def alt_odds_ratios(
    estimates: pl.DataFrame,
    *,
    labels: Mapping[str, str],
    per: Mapping[str, float] | None = None,
    confidence: float = 0.95,
) -> str:
    """What ``odds_ratios`` with these arguments shows: every odds ratio with its interval."""
    start = (
        f"Dot plot of odds ratios on a log scale, with {confidence * 100:g}% confidence intervals and a line at one."
    )
    return " ".join([start, *_row_words(rows_of(as_ratios(estimates, per), labels, None))])


def _row_words(rows: Sequence[Row]) -> list[str]:
    told = []
    for row in rows:
        marks = [f"{mark.name[:1].lower()}{mark.name[1:]} {mark.text}".strip() for mark in row.marks]
        told.append(f"{row.label}: {', '.join(marks)}." if marks else f"{row.label}:")
    return told


def alt_participation(
    participation: pl.DataFrame,
    *,
    waves: Mapping[str, str] | Mapping[tuple[str, str], str] | None = None,
    arms: Mapping[str, str] | None = None,
) -> str:
    """What ``participation_flow`` with these arguments shows: who answered each wave, and where they came from."""
    panels = bars_of(participation, waves, arms)
    told = ["Stacked bars, one per wave, joined by people's paths from wave to wave."]
    for name, bars in panels.items():
        over = f"{name}: " if len(panels) > 1 else ""
        told.append(over + "; ".join(_wave_words(bar, len(panels) > 1) for bar in bars) + ".")
    return " ".join(told)


def _wave_words(bar: WaveCounts, brief: bool) -> str:
    answered = f"{bar.label}, {bar.answered:,} answered"
    if brief or bar.total == bar.counts.get("entered", 0):
        return answered
    parts = [f"{bar.counts[status]:,} {words}" for status, words in STATUS_WORDS.items() if bar.counts.get(status)]
    return f"{answered} ({', '.join(parts)})"
