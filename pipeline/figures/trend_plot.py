"""How a trend is laid out and drawn: one panel over the whole width, or several small ones."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.figures.courses import Line, Panel, Point
from pipeline.figures.sheet import Heading, Sheet, add_line
from pipeline.figures.style import GRID, LABEL, QUIET, SMALL, decimal, ink, line_height, spread, text_width, wrap
from pipeline.figures.timeline import LETTERS, Event, Timeline, event_lines, lettered, overhang, rows_of_labels

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class TrendPlot:
    panels: list[Panel]
    events: tuple[Event, ...]
    days: list[dt.date]
    y_label: str
    y_range: tuple[float, float] | None
    percent: bool

    def alone(self, heading: Heading, width: float) -> Figure:
        """One panel over the whole width; events are labelled at their lines, or by letters where that has no room."""
        wide = width > 5
        whole, left, tall = width - 0.28, 0.42, 2.4
        names = self._room_for_labels(1.5 if wide else 1.05)
        hang = overhang(Timeline.around(self.days, self.events, whole - left), self.events)
        direct = hang <= (1.5 if wide else max(names, 0.6))
        across = whole - left - (max(names, hang) if direct else names)
        timeline = Timeline.around(self.days, self.events, across)
        rows = rows_of_labels(timeline, self.events) if direct else []
        key = [] if direct else lettered(self.events, whole)
        above = 0.26 * bool(self.y_label) + 0.17 * (max(rows, default=-1) + 1) + 0.16 * bool(key) + 0.06
        below = timeline.room + line_height(SMALL) * len(key) + 0.06 * bool(key)
        sheet = Sheet(heading, width, above + tall + below)
        if self.y_label:
            sheet.text(0, 0.13, self.y_label, color=QUIET)
        box = (left, above, across, tall)
        self._draw(sheet, sheet.axes(*box), self.panels[0], timeline, box, every_value=True)
        if direct:
            self._label_events(sheet, timeline, rows, box)
        else:
            self._letters(sheet, timeline, box)
        self._key(sheet, key, above + tall + timeline.room + 0.06)
        return sheet.figure

    def small(self, heading: Heading, width: float) -> Figure:
        """Panels side by side on one time axis; events carry letters, explained below."""
        grouped = any(len(panel.lines) > 1 for panel in self.panels)
        columns = _columns(len(self.panels), grouped, width)
        right = self._room_for_labels(1.1) if grouped else 0.2
        left, tall, between = 0.38, 1.6 if len(self.panels) <= columns else 1.3, 0.26
        cell = (width - 0.28 - between * (columns - 1)) / columns
        key = lettered(self.events, width - 0.28)
        timeline = Timeline.around(self.days, self.events, cell - left - right)
        head = 0.28 * bool(self.y_label)
        names = [wrap(panel.label, cell, LABEL, bold=True) for panel in self.panels]
        rows = [range(i, min(i + columns, len(names))) for i in range(0, len(names), columns)]
        name_room = [line_height(LABEL) * max(len(names[i]) for i in row) for row in rows]
        letters = 0.16 * bool(self.events)
        row_height = [room + letters + tall + timeline.room + 0.14 for room in name_room]
        sheet = Sheet(heading, width, head + sum(row_height) + line_height(SMALL) * len(key))
        if self.y_label:
            sheet.text(0, 0.12, self.y_label, color=QUIET)
        top = head
        for row, room, height in zip(rows, name_room, row_height, strict=True):
            for place, index in enumerate(row):
                x = place * (cell + between)
                for number, line in enumerate(names[index]):
                    sheet.text(x, top + line_height(LABEL) * (number + 0.8), line, weight="bold")
                box = (x + left, top + room + letters + 0.06, cell - left - right, tall)
                axes = sheet.axes(*box)
                self._draw(sheet, axes, self.panels[index], timeline, box, every_value=False)
                self._letters(sheet, timeline, box)
            top += height
        self._key(sheet, key, top)
        return sheet.figure

    def _room_for_labels(self, most: float) -> float:
        """The room right of the plot that the longest direct label takes."""
        words = [line for panel in self.panels for line in panel.lines if len(panel.lines) > 1]
        lines = [part for line in words for part in wrap(line.label, most - 0.1, LABEL, bold=True)]
        return max((text_width(part, LABEL, bold=True) for part in lines), default=0.08) + 0.14

    def _draw(
        self,
        sheet: Sheet,
        axes: Axes,
        panel: Panel,
        timeline: Timeline,
        box: tuple[float, float, float, float],
        every_value: bool,
    ) -> None:
        timeline.draw(axes)
        event_lines(axes, self.events)
        axes.grid(axis="y", color=GRID, lw=0.8)
        low, high = self.y_range or _limits(panel, box[3])
        axes.set_ylim(low, high)
        _level_ticks(axes, low, high, box[3], self.percent)
        for line in panel.lines:
            _draw_line(axes, line)
        if len(panel.lines) > 1:
            self._name_lines(sheet, panel, box, (low, high))
        else:
            _print_values(axes, panel.lines[0], (low, high), box, every_value, self.percent)

    def _name_lines(
        self,
        sheet: Sheet,
        panel: Panel,
        box: tuple[float, float, float, float],
        limits: tuple[float, float],
    ) -> None:
        """Each line's name and last value right of its last point, pushed apart where lines end close together."""
        left, top, across, tall = box
        low, high = limits
        room = sheet.width - left - across if left + across > sheet.width / 2 else 1.1
        names = [wrap(line.label, min(room, 1.6) - 0.08, LABEL, bold=True) for line in panel.lines]
        step = line_height(LABEL)
        ends = [top + tall * (high - line.points[-1].value) / (high - low) for line in panel.lines]
        gap = step * (max(len(name) for name in names) + 1)
        for line, name, level in zip(panel.lines, names, spread(ends, gap, top, top + tall), strict=True):
            first = level - step * (len(name) + 1) / 2
            for number, part in enumerate(name):
                sheet.text(
                    left + across + 0.06, first + step * (number + 0.8), part, weight="bold", color=ink(line.colour)
                )
            last = _value(line.points[-1].value, self.percent)
            sheet.text(left + across + 0.06, first + step * (len(name) + 0.8), last, color=ink(line.colour))

    def _label_events(
        self, sheet: Sheet, timeline: Timeline, rows: list[int], box: tuple[float, float, float, float]
    ) -> None:
        """Each event's label right of its line, which rises above the axes to it."""
        from matplotlib.lines import Line2D

        left, top, _, _ = box
        for event, row in zip(self.events, rows, strict=True):
            at, level = left + timeline.inches(event[0]), top - 0.06 - 0.17 * row
            ends = [sheet.y(level - 0.11), sheet.y(top)]
            sheet.figure.add_artist(Line2D([sheet.x(at)] * 2, ends, color=QUIET, lw=0.9, ls=(0, (3, 2.5))))
            sheet.text(at + 0.05, level, event[1], size=SMALL, color=QUIET)

    def _key(self, sheet: Sheet, key: list[str], top: float) -> None:
        for number, line in enumerate(key):
            sheet.text(0, top + line_height(SMALL) * (number + 0.6), line, size=SMALL, color=QUIET)

    def _letters(self, sheet: Sheet, timeline: Timeline, box: tuple[float, float, float, float]) -> None:
        """A letter over each event line, pushed apart where events follow closely."""
        places = spread([timeline.inches(event[0]) for event in self.events], 0.11, 0, box[2])
        for letter, at in zip(LETTERS, places, strict=False):
            sheet.text(box[0] + at, box[1] - 0.05, letter, size=SMALL, color=QUIET, ha="center")


def _columns(panels: int, grouped: bool, width: float) -> int:
    """How many panels stand side by side; lines that are named at their ends need the room of two."""
    if width <= 5:
        return 1 if grouped or panels <= 3 else 2
    return 3 if not grouped and (panels == 3 or panels > 4) else 2


def _limits(panel: Panel, tall: float) -> tuple[float, float]:
    """Limits that hold every interval, with room above and below for a printed value; a share stays above zero."""
    ends = [end for line in panel.lines for p in line.points for end in (p.value, p.low, p.high) if end is not None]
    low, high = min(ends), max(ends)
    air = ((high - low) or abs(high) or 1.0) * max(0.1, 0.24 / (tall - 0.5))
    return (max(low - air, 0.0) if low >= 0 else low - air), high + air


def _level_ticks(axes: Axes, low: float, high: float, tall: float, percent: bool) -> None:
    from matplotlib.ticker import MaxNLocator

    locator = MaxNLocator(nbins=max(int(tall / 0.45), 2), steps=[1, 2, 2.5, 5, 10])
    ticks = [tick for tick in locator.tick_values(low, high) if low <= tick <= high]
    step = ticks[1] - ticks[0] if len(ticks) > 1 else 1.0
    places = next((places for places in range(4) if abs(round(step, places) - step) < step / 1000), 4)
    axes.set_yticks(ticks, [decimal(tick, places) + ("%" if percent else "") for tick in ticks])


def _draw_line(axes: Axes, line: Line) -> None:
    days = [point.day.toordinal() for point in line.points]
    values = [point.value for point in line.points]
    bar = {"color": line.colour, "lw": 4.5, "alpha": 0.3, "zorder": 2, "solid_capstyle": "butt"}
    for day, point in zip(days, line.points, strict=True):
        if point.low is not None and point.high is not None:
            add_line(axes, [day, day], [point.low, point.high], **bar)
    add_line(axes, days, values, color=line.colour, lw=1.8, zorder=3)
    marks = {"marker": line.marker, "markersize": 6, "lw": 0, "mec": "white", "mew": 0.8, "zorder": 4}
    add_line(axes, days, values, color=line.colour, **marks)


def _print_values(
    axes: Axes,
    line: Line,
    limits: tuple[float, float],
    box: tuple[float, float, float, float],
    every: bool,
    percent: bool,
) -> None:
    """Values at the intervals: of every wave where there is room, else of the first and the last."""
    points = line.points
    every = every and len(points) * 0.5 <= box[2]
    room = (limits[1] - limits[0]) / box[3]
    for index, point in enumerate(points):
        if not every and 0 < index < len(points) - 1:
            continue
        top = point.value if point.high is None else point.high
        bottom = point.value if point.low is None else point.low
        below = _is_trough(points, index) and bottom - 0.2 * room > limits[0]
        axes.text(
            point.day.toordinal(),
            bottom - 0.05 * room if below else top + 0.05 * room,
            _value(point.value, percent),
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


def _value(value: float, percent: bool) -> str:
    return f"{decimal(value, 0)}%" if percent else decimal(value, 2)
