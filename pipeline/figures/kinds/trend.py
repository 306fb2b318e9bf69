"""Trends: means or shares by wave, with their intervals, on a true time axis."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

import polars as pl

from pipeline.door import public
from pipeline.figures.calendar import dates_of
from pipeline.figures.courses import Line, Panel, Point, panels_of
from pipeline.figures.data import of_panels
from pipeline.figures.picture import Arguments, Material, Picture, caution_of
from pipeline.figures.sheet import Heading
from pipeline.figures.style import WIDE, styled
from pipeline.figures.timeline import Dates, Event, month, near
from pipeline.figures.trend_lines import axis_words, gap_words, printed_value
from pipeline.figures.trend_plot import TrendPlot

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from pipeline.specs.figures import Figure as FigureSpec
    from pipeline.specs.project import Study


def picture(spec: FigureSpec, study: Study, material: Material) -> Picture:
    """The declared trend of outcomes of ``spec.models``."""
    estimates, shared = declared_trend(spec, study, material)
    drawn = partial(trend, estimates, **shared, y_range=spec.y_range)
    panels = panels_of(
        estimates, shared["dates"], shared["groups"], shared["labels"], spec.percent, None, shared["marked"]
    )
    data = of_panels(panels, spec.percent, shared["confidence"])
    return Picture(alt_trend(estimates, **shared), drawn, caution(spec, shared, material), data)


def declared_trend(spec: FigureSpec, study: Study, material: Material) -> tuple[pl.DataFrame, Arguments]:
    """The estimates of a declared trend, and what its function and its alternative text are called with."""
    estimates = material.of(spec)
    outcomes = spec.outcomes or tuple(estimates["outcome"].unique(maintain_order=True))
    return estimates, {
        "dates": dates_of(study),
        "labels": {outcome: material.label(outcome, spec) for outcome in outcomes},
        "groups": spec.groups or _arms(estimates, study),
        "events": tuple((event.date, event.label, event.until) for event in study.about.events if spec.events),
        "y_label": spec.y_label,
        "percent": spec.percent,
        "confidence": material.confidence(spec),
        "marked": tuple(_failed(spec, outcomes, material)),
    }


def _arms(estimates: pl.DataFrame, study: Study) -> dict[str, str] | None:
    """Arm → title, if the estimates are grouped by arm."""
    groups = set(estimates["group"].drop_nulls())
    arms = {key: arm.title for key, arm in study.about.arms.items() if key in groups}
    return arms if arms and groups <= set(arms) else None


def caution(spec: FigureSpec, shared: Arguments, material: Material) -> str:
    """The warning about scales drawn whose measurement differs over waves or groups; empty if there are none."""
    failed = _failed(spec, tuple(shared["labels"]), material)
    return caution_of({material.label(scale, spec): why for scale, why in failed.items()})


def _failed(spec: FigureSpec, outcomes: Sequence[str], material: Material) -> dict[str, str]:
    """Scale → why its levels may not be compared, of the outcomes drawn."""
    if material.comparability is None:
        return {}
    over = {"waves", *filter(None, (getattr(material.models.get(name), "group", None) for name in spec.models))}
    failed = material.comparability.filter(
        ~pl.col("is_comparable"), pl.col("over").is_in(over), pl.col("scale").is_in(list(outcomes))
    ).unique("scale", keep="first", maintain_order=True)
    return dict(failed.select("scale", "reason").iter_rows())


@public(infinite=False)
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
    marked: Collection[str] = (),
    synthetic: bool = False,
    note: str = "",
    width: float = WIDE,
) -> Figure:
    """Each outcome's mean or share by wave with its interval; several outcomes become lines or small panels.

    ``means``: rows of ``Estimates`` with component ``mean`` or ``share``. ``dates``: wave → date, or (group, wave) →
    date where arms have calendars of their own. ``groups`` and ``labels``: group or outcome → label, in the order to
    be drawn; what they leave out is not drawn. ``events``: (date, label) or (date, label, end). ``percent`` shows
    shares as percentages. ``together``: several outcomes of one group as lines on one scale, not as panels; by default
    where they are percentages, at most four. ``confidence``: the level of the intervals. ``marked``: outcomes whose
    values bear the mark of levels that may not be compared. ``width`` in inches:
    ``style.WIDE`` for a page, ``style.NARROW`` for a phone.

    Raises ``PaperError`` if there is nothing to draw or a wave has no date.
    """
    panels = panels_of(means, dates, groups, labels, percent, together, marked)
    has_bars = any(point.low is not None for panel in panels for line in panel.lines for point in line.points)
    key = [f"Vertical lines show {confidence * 100:g}% confidence intervals."] if has_bars else []
    key += [*gap_words(panels), *axis_words(panels, y_range, percent)]
    heading = Heading(title, subtitle, source, note, " ".join(key), synthetic)
    days = [point.day for panel in panels for line in panel.lines for point in line.points]
    plot = TrendPlot(panels, near(events, days), days, y_label, y_range, percent)
    return plot.alone(heading, width) if len(panels) == 1 else plot.small(heading, width)


@public(infinite=False)
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
    marked: Collection[str] = (),
) -> str:
    """What ``trend`` with these arguments shows: kind, axes, and each line's first, last, highest and lowest value."""
    panels = panels_of(means, dates, groups, labels, percent, together, marked)
    days = [point.day for panel in panels for line in panel.lines for point in line.points]
    kind = "Line chart" if len(panels) == 1 else f"Line charts in {len(panels)} panels"
    scale = f" ({y_label})" if y_label else ""
    start = f"{kind}{scale} over time, {month(min(days))} to {month(max(days))}"
    bars = any(point.low is not None for panel in panels for line in panel.lines for point in line.points)
    start += f", with {confidence * 100:g}% confidence intervals." if bars else "."
    parts = [start, *(_panel_words(panel, percent, len(panels) > 1) for panel in panels)]
    parts += gap_words(panels)
    shown = near(events, days)
    if shown:
        parts.append("Events marked: " + ", ".join(f"{event[1]} ({month(event[0])})" for event in shown) + ".")
    return " ".join(parts)


def _panel_words(panel: Panel, percent: bool, brief: bool) -> str:
    lines = [_line_words(line, percent, brief or len(panel.lines) > 2) for line in panel.lines]
    return f"{panel.label}: {'; '.join(lines)}." if panel.label else f"{'; '.join(lines)}."


def _line_words(line: Line, percent: bool, brief: bool) -> str:
    def printed(point: Point) -> str:
        return printed_value(point, percent) + line.mark

    points = line.points
    name = f"{line.label} " if line.label else ""
    if len(points) == 1:
        return f"{name}{printed(points[0])} in {month(points[0].day)}"
    course = f"{name}from {printed(points[0])} to {printed(points[-1])}"
    if not line.mark and (brief or len(points) == 2):
        peak = max(points, key=lambda point: point.value)
        inside = peak not in (points[0], points[-1]) and peak.value > max(points[0].value, points[-1].value)
        return f"{course}, peak {printed(peak)} in {month(peak.day)}" if inside else course
    if line.mark:  # which value is highest is a comparison
        return f"{name}{', '.join(f'{printed(point)} in {month(point.day)}' for point in points)}"
    high, low = max(points, key=lambda p: p.value), min(points, key=lambda p: p.value)
    extremes = f"highest {printed(high)} in {month(high.day)}, lowest {printed(low)} in {month(low.day)}"
    return f"{course} ({extremes})"
