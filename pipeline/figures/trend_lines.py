"""One panel of a trend: its limits and ticks, its lines with intervals, and the values printed at them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from pipeline.figures.courses import Line, Panel, Point
from pipeline.figures.sheet import add_line
from pipeline.figures.style import SMALL, ink
from pipeline.specs.rounding import decimal, places_of, to_places

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def limits(panel: Panel, tall: float) -> tuple[float, float]:
    """Limits that hold every interval, with room above and below for a printed value; a share stays above zero."""
    found = [end for line in panel.lines for p in line.points for end in (p.value, p.low, p.high) if end is not None]
    low, high = min(found), max(found)
    air = ((high - low) or abs(high) or 1.0) * max(0.1, 0.24 / (tall - 0.5))
    return (max(low - air, 0.0) if low >= 0 else low - air), high + air


def axis_words(panels: Sequence[Panel], y_range: tuple[float, float] | None, percent: bool) -> list[str]:
    """Where vertical axes start that do not show everything: none for a range that was declared from zero on."""
    low = y_range[0] if y_range else max(limits(panel, 2.4)[0] for panel in panels)
    differ = len(panels) > 1 and y_range is None
    axes, verb = ("Vertical axes", "do") if len(panels) > 1 else ("The vertical axis", "does")
    if percent and low > 0:
        said = f"{axes} {'differ between panels and ' * differ}{verb} not start at zero."
    elif not percent and y_range is None:
        said = f"{axes} {'differ between panels: they cover' if differ else 'covers'} the values shown, not the scale."
    else:
        said = "Vertical axes differ between panels." if differ else ""
    return [said] if said else []


def gap_words(panels: Sequence[Panel]) -> list[str]:
    """What a dotted line means, where there is one."""
    has_gap = any(point.after_gap for panel in panels for line in panel.lines for point in line.points)
    return ["Dotted lines pass over waves without an estimate."] if has_gap else []


def level_ticks(axes: Axes, low: float, high: float, tall: float, percent: bool) -> None:
    from matplotlib.ticker import MaxNLocator

    locator = MaxNLocator(nbins=max(int(tall / 0.45), 2), steps=[1, 2, 2.5, 5, 10], integer=percent)
    ticks = [tick for tick in locator.tick_values(low, high) if low <= tick <= high]
    step = ticks[1] - ticks[0] if len(ticks) > 1 else 1.0
    places = next((places for places in range(4) if abs(round(step, places) - step) < step / 1000), 4)
    axes.set_yticks(ticks, [decimal(tick, places) + ("%" if percent else "") for tick in ticks])


def draw_line(axes: Axes, line: Line) -> None:
    days = [point.day.toordinal() for point in line.points]
    values = [point.value for point in line.points]
    bar = {"color": line.colour, "lw": 1.2, "zorder": 2, "solid_capstyle": "butt"}
    for day, point in zip(days, line.points, strict=True):
        if point.low is not None and point.high is not None:
            add_line(axes, [day, day], [point.low, point.high], **bar)
    gaps = [place for place, point in enumerate(line.points) if point.after_gap]
    for start, end in pairwise([0, *gaps, len(days)]):
        add_line(axes, days[start:end], values[start:end], color=line.colour, lw=1.8, zorder=3)
    for place in gaps:
        over = slice(place - 1, place + 1)
        add_line(axes, days[over], values[over], color=line.colour, lw=1.2, ls=":", zorder=3)
    marks = {"marker": line.marker, "markersize": 6, "lw": 0, "mec": "white", "mew": 0.8, "zorder": 4}
    add_line(axes, days, values, color=line.colour, **marks)


def print_values(
    axes: Axes,
    line: Line,
    ends: tuple[float, float],
    box: tuple[float, float, float, float],
    every: bool,
    percent: bool,
) -> None:
    """Values at the intervals: of every wave where there is room, else of the first and the last."""
    points = line.points
    every = every and len(points) * 0.5 <= box[2]
    room = (ends[1] - ends[0]) / box[3]
    for index, point in enumerate(points):
        if not every and 0 < index < len(points) - 1:
            continue
        top = point.value if point.high is None else point.high
        bottom = point.value if point.low is None else point.low
        below = _is_trough(points, index) and bottom - 0.2 * room > ends[0]
        axes.text(
            point.day.toordinal(),
            bottom - 0.05 * room if below else top + 0.05 * room,
            printed_value(point, percent) + line.mark,
            size=SMALL,
            ha="center",
            va="top" if below else "bottom",
            color=ink(line.colour),
            weight="bold",
            zorder=5,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.6, "alpha": 0.75},
        )


def _is_trough(points: Sequence[Point], index: int) -> bool:
    """Whether the line comes down to this point and leaves it upwards, so that only below it is room for a value."""
    inside = 0 < index < len(points) - 1
    return inside and points[index].value < min(points[index - 1].value, points[index + 1].value)


def printed_value(point: Point, percent: bool) -> str:
    """A value to the places that the text would print it with."""
    places = places_of((point.low, point.high), 0 if percent else 2, value=point.value)
    return to_places(point.value, places) + ("%" if percent else "")
