"""Effects by time before and since an event, with intervals and a simultaneous band."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import polars as pl

from pipeline.door import public
from pipeline.figures.event_plot import event_data, event_plot, event_points
from pipeline.figures.picture import Arguments, Material, Picture
from pipeline.figures.sheet import Heading
from pipeline.figures.style import WIDE, styled, with_interval

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from pipeline.specs.figures import Figure as FigureSpec
    from pipeline.specs.project import Study

X_LABEL = "Waves before and since the start"
Y_LABEL = "Difference from the comparison group, less that in the period marked ×"
COMPONENTS = ("event_time", "event_time_band", "effect")


def picture(spec: FigureSpec, _study: Study, material: Material) -> Picture:
    """The effects by event time of the one declared model; ``spec.y_label`` is what they change."""
    rows = material.of(spec).filter(pl.col("component").is_in(COMPONENTS))
    shown, caution = material.marked(spec, rows)
    shared: Arguments = {
        "confidence": material.confidence(spec),
        "percent": spec.percent,
        "x_label": getattr(spec.options, "x_label", "") or X_LABEL,
    }
    axis: Arguments = {"y_label": spec.y_label} if spec.y_label else {}
    points = event_points(shown, 100 if spec.percent else 1, 1 if spec.percent else 2)
    estimate = "Effect (percentage points)" if spec.percent else "Effect"
    data = event_data(points, estimate, shared["confidence"])
    return Picture(alt_event_study(shown, **shared), partial(event_study, shown, **shared, **axis), caution, data)


@public(infinite=False)
@styled
def event_study(
    estimates: pl.DataFrame,
    *,
    title: str,
    subtitle: str = "",
    source: str = "",
    x_label: str = X_LABEL,
    y_label: str = Y_LABEL,
    confidence: float = 0.95,
    percent: bool = False,
    synthetic: bool = False,
    note: str = "",
    width: float = WIDE,
) -> Figure:
    """Each event time's effect with its interval (thick) and the simultaneous band (thin); the omitted period a cross.

    ``estimates``: rows of ``Estimates`` of one model with components ``event_time``, ``event_time_band`` and
    ``effect``. The time before is shaded, its markers hollow diamonds. ``percent``: effects on a share, in percentage
    points. Raises ``PaperError`` if there are no effects by event time, or those of several models.
    """
    points = event_points(estimates, 100 if percent else 1, 1 if percent else 2)
    level = f"{confidence * 100:g}%"
    band = f", thin lines the simultaneous {level} band" if any(point.band for point in points) else ""
    key = f"Thick lines show {level} confidence intervals{band}. {_average(estimates, percent)}"
    return event_plot(Heading(title, subtitle, source, note, key.strip(), synthetic), points, x_label, y_label, width)


def _average(estimates: pl.DataFrame, percent: bool) -> str:
    """The average effect since the start, in words."""
    rows = estimates.filter(component="effect", term="treated").rows(named=True)
    if not rows or rows[0]["estimate"] is None:
        return ""
    scale, places = (100, 1) if percent else (1, 2)
    ends = [None if rows[0][key] is None else rows[0][key] * scale for key in ("conf_low", "conf_high")]
    unit = " percentage points" if percent else ""
    said = with_interval(rows[0]["estimate"] * scale, ends[0], ends[1], places=places)
    return f"Average since the start: {said}{unit}."


@public(infinite=False)
def alt_event_study(
    estimates: pl.DataFrame, *, confidence: float = 0.95, percent: bool = False, x_label: str = X_LABEL
) -> str:
    """What ``event_study`` with these arguments shows: every event time with its interval."""
    points = event_points(estimates, 100 if percent else 1, 1 if percent else 2)
    unit = " in percentage points" if percent else ""
    start = f"Event study: effects{unit} by time ({x_label[:1].lower()}{x_label[1:]})"
    said = "; ".join(f"{point.label}: {point.text}" for point in points)
    average = _average(estimates, percent)
    return f"{start}, with {confidence * 100:g}% confidence intervals and a line at zero. {said}. {average}".strip()
