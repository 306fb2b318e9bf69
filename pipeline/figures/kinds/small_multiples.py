"""The same trend many times on one scale: a small panel for each group, or for each outcome."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Literal

import polars as pl

from pipeline.door import public
from pipeline.errors import PaperError
from pipeline.figures.courses import Panel, panels_of
from pipeline.figures.data import of_panels
from pipeline.figures.kinds.trend import caution, declared_trend
from pipeline.figures.picture import Material, Picture
from pipeline.figures.sheet import Heading
from pipeline.figures.style import WIDE, styled
from pipeline.figures.timeline import Dates, Event, month, near
from pipeline.figures.trend_lines import limits, printed_value
from pipeline.figures.trend_plot import TrendPlot

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from pipeline.specs.figures import Figure as FigureSpec
    from pipeline.specs.project import Study

Order = Literal["declared", "last"]
MOST = 24
"""Panels that fit on a page."""


def picture(spec: FigureSpec, study: Study, material: Material) -> Picture:
    """The declared trend of each group, or of each outcome, in a panel of its own."""
    estimates, shared = declared_trend(spec, study, material)
    tiles = {key: tile.label for key, tile in study.about.tiles.items()}
    groups = shared["groups"] or {
        group: tiles.get(group, group) for group in estimates["group"].drop_nulls().unique(maintain_order=True)
    }
    shared |= {"groups": groups or None, "order": getattr(spec.options, "order", "declared")}
    drawn = partial(small_multiples, estimates, **shared, y_range=spec.y_range)
    chosen = {key: shared[key] for key in ("dates", "groups", "labels", "percent", "marked", "order")}
    data = of_panels(_panels(estimates, **chosen), spec.percent, shared["confidence"])
    return Picture(alt_small_multiples(estimates, **shared), drawn, caution(spec, shared, material), data)


@public(infinite=False)
@styled
def small_multiples(
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
    order: Order = "declared",
    confidence: float = 0.95,
    marked: Sequence[str] = (),
    synthetic: bool = False,
    note: str = "",
    width: float = WIDE,
) -> Figure:
    """A small trend for each group and outcome, all on one scale, each under its own name.

    Everything as in ``trend``. ``order``: as ``groups`` and ``labels`` are given, or by the ``last`` value, the highest
    first. The scale is ``y_range``, or what holds every interval.

    Raises ``PaperError`` if there is nothing to draw, or if there are more than ``MOST`` panels.
    """
    panels = _panels(means, dates, groups, labels, percent, marked, order)
    days = [point.day for panel in panels for line in panel.lines for point in line.points]
    ends = [limits(panel, 1.2) for panel in panels]
    lowest, highest = min(low for low, _ in ends), max(high for _, high in ends)
    scale = y_range or (0.0 if percent and lowest < highest / 4 else lowest, highest)
    key = [f"Vertical lines show {confidence * 100:g}% confidence intervals."] if _has_bars(panels) else []
    key += ["All panels have the same scale."]
    if y_range is None:
        key += ["It does not start at zero."] if percent and scale[0] > 0 else []
        key += [] if percent else ["It covers the values shown, not the whole scale of the answers."]
    plot = TrendPlot(panels, near(events, days), days, y_label, scale, percent, compact=len(panels) > 6)
    return plot.small(Heading(title, subtitle, source, note, " ".join(key), synthetic), width)


@public(infinite=False)
def alt_small_multiples(
    means: pl.DataFrame,
    *,
    dates: Dates,
    groups: Mapping[str, str] | None = None,
    labels: Mapping[str, str] | None = None,
    events: Sequence[Event] = (),
    y_label: str = "",
    percent: bool = False,
    order: Order = "declared",
    confidence: float = 0.95,
    marked: Sequence[str] = (),
) -> str:
    """What ``small_multiples`` with these arguments shows: who ends highest and lowest, and each panel's course."""
    panels = _panels(means, dates, groups, labels, percent, marked, order)
    days = [point.day for panel in panels for line in panel.lines for point in line.points]
    scale = f" ({y_label})" if y_label else ""
    bars = f", with {confidence * 100:g}% confidence intervals" if _has_bars(panels) else ""
    start = f"{len(panels)} small line charts{scale} on one scale, {month(min(days))} to {month(max(days))}{bars}."
    parts = [start]
    if len(panels) > 1 and not marked:
        ranked = sorted(panels, key=_last)
        ends = [f"{panel.label} ({_printed(panel, -1, percent)})" for panel in (ranked[-1], ranked[0])]
        parts.append(f"Highest at the end: {ends[0]}; lowest: {ends[1]}.")
    parts += [_course(panel, percent) for panel in panels]
    shown = near(events, days)
    parts += ["Events marked: " + ", ".join(f"{one[1]} ({month(one[0])})" for one in shown) + "."] if shown else []
    return " ".join(parts)


def _panels(
    means: pl.DataFrame,
    dates: Dates,
    groups: Mapping[str, str] | None,
    labels: Mapping[str, str] | None,
    percent: bool,
    marked: Sequence[str],
    order: str,
) -> list[Panel]:
    """One panel per group and outcome that has values, in the order asked for."""
    found: list[Panel] = []
    named: Mapping[str | None, str] = dict(groups.items()) if groups else {None: ""}
    for group, name in named.items():
        own = means.filter(pl.col("group").eq_missing(pl.lit(group, dtype=pl.String)))
        made = panels_of(own, dates, None, labels, percent, False, marked) if own.height else []
        for panel in made:
            label = panel.label if len(made) > 1 or not name else ""
            found.append(Panel(", ".join(filter(None, (name, label))), panel.lines))
    if not found:
        raise PaperError("there is nothing to draw", todo="Check the outcomes and groups named.")
    if len(found) > MOST:
        raise PaperError("too many panels for one figure", count=len(found), todo=f"Name at most {MOST}.")
    return found if order == "declared" else sorted(found, key=_last, reverse=True)


def _last(panel: Panel) -> float:
    return panel.lines[0].points[-1].value


def _has_bars(panels: Sequence[Panel]) -> bool:
    return any(point.low is not None for panel in panels for line in panel.lines for point in line.points)


def _printed(panel: Panel, place: int, percent: bool) -> str:
    line = panel.lines[0]
    return printed_value(line.points[place], percent) + line.mark


def _course(panel: Panel, percent: bool) -> str:
    """The first and last value, and the peak where it is neither."""
    points = panel.lines[0].points
    if len(points) == 1:
        return f"{panel.label}: {_printed(panel, 0, percent)}."
    peak = max(range(len(points)), key=lambda place: points[place].value)
    between = f", peak {_printed(panel, peak, percent)} in {month(points[peak].day)}"
    inner = between if peak not in (0, len(points) - 1) and not panel.lines[0].mark else ""
    return f"{panel.label}: from {_printed(panel, 0, percent)} to {_printed(panel, -1, percent)}{inner}."
