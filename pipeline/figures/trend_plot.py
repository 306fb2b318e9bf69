"""How a trend is laid out and drawn: one panel over the whole width, or several small ones."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.figures.courses import Panel
from pipeline.figures.sheet import Heading, Sheet, legend_room
from pipeline.figures.style import GRID, LABEL, QUIET, SMALL, ink, line_height, spread, text_width, wrap
from pipeline.figures.timeline import LETTERS, Event, Timeline, event_lines, lettered, overhang, rows_of_labels
from pipeline.figures.trend_lines import draw_line, level_ticks, limits, print_values, printed_value

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


WORD = 1.3
"""Inches of the longest word that is given room right of a plot; a longer one is broken."""


@dataclass(frozen=True)
class TrendPlot:
    panels: list[Panel]
    events: tuple[Event, ...]
    days: list[dt.date]
    y_label: str
    y_range: tuple[float, float] | None
    percent: bool
    compact: bool = False  # many small panels

    def alone(self, heading: Heading, width: float) -> Figure:
        """One panel over the whole width; events are labelled at their lines, or by letters where that has no room."""
        wide = width > 5
        whole, left, tall = width - 0.28, 0.42, 1.9
        legend = [] if self._fits(1.5 if wide else 1.05, tall) else self._series()
        names = self._room_for_labels(1.5 if wide else 1.05, bool(legend))
        hang = overhang(Timeline.around(self.days, self.events, whole - left), self.events)
        direct = hang <= (1.5 if wide else max(names, 0.6))
        across = whole - left - (max(names, hang) if direct else names)
        timeline = Timeline.around(self.days, self.events, across)
        rows = rows_of_labels(timeline, self.events) if direct else []
        key = [] if direct else lettered(self.events, whole)
        label = wrap(self.y_label, whole, LABEL)
        head = _head(label)
        legend_tall = legend_room([label for label, _, _ in legend], whole)
        above = legend_tall + head + 0.17 * (max(rows, default=-1) + 1) + 0.16 * bool(key) + 0.06
        below = timeline.room + line_height(SMALL) * len(key) + 0.06 * bool(key)
        sheet = Sheet(heading, width, above + tall + below)
        sheet.legend(0, 0.12, legend)
        _y_label(sheet, label, legend_tall)
        box = (left, above, across, tall)
        self._draw(sheet, sheet.axes(*box), self.panels[0], timeline, box, every_value=True, named=not legend)
        if direct:
            self._label_events(sheet, timeline, rows, box)
        else:
            self._letters(sheet, timeline, box)
        self._key(sheet, key, above + tall + timeline.room + 0.06)
        return sheet.figure

    def small(self, heading: Heading, width: float) -> Figure:
        """Panels side by side on one time axis; events carry letters, explained below."""
        grouped = any(len(panel.lines) > 1 for panel in self.panels)
        columns = _columns(len(self.panels), grouped, width) + (self.compact and width > 5)
        left, tall, between = 0.38, 1.6 if len(self.panels) <= columns else 0.8 if self.compact else 1.3, 0.26
        legend = self._series() if grouped and not self._fits(1.1, tall) else []
        right = self._room_for_labels(1.1, bool(legend)) if grouped else 0.2
        cell = (width - 0.28 - between * (columns - 1)) / columns
        key = lettered(self.events, width - 0.28)
        timeline = Timeline.around(self.days, self.events, cell - left - right)
        label = wrap(self.y_label, width - 0.28, LABEL)
        legend_tall = legend_room([name for name, _, _ in legend], width - 0.28)
        head = legend_tall + _head(label) + 0.02 * bool(label)
        names = [wrap(panel.label, cell, LABEL, bold=True) for panel in self.panels]
        rows = [range(i, min(i + columns, len(names))) for i in range(0, len(names), columns)]
        name_room = [line_height(LABEL) * max(len(names[i]) for i in row) for row in rows]
        letters = 0.16 * bool(self.events)
        row_height = [room + letters + tall + timeline.room + 0.14 for room in name_room]
        sheet = Sheet(heading, width, head + sum(row_height) + line_height(SMALL) * len(key))
        sheet.legend(0, 0.12, legend)
        _y_label(sheet, label, legend_tall)
        top = head
        for row, room, height in zip(rows, name_room, row_height, strict=True):
            for place, index in enumerate(row):
                x = place * (cell + between)
                for number, line in enumerate(names[index]):
                    sheet.text(x, top + line_height(LABEL) * (number + 0.8), line, weight="bold")
                box = (x + left, top + room + letters + 0.06, cell - left - right, tall)
                axes = sheet.axes(*box)
                self._draw(sheet, axes, self.panels[index], timeline, box, every_value=False, named=not legend)
                self._letters(sheet, timeline, box)
            top += height
        self._key(sheet, key, top)
        return sheet.figure

    def _fits(self, most: float, tall: float) -> bool:
        """Whether the names of every panel's lines, each with its value, have room below one another at their ends."""
        rows = (
            [len(wrap(line.label, most - 0.08, LABEL, bold=True)) + 1 for line in panel.lines] for panel in self.panels
        )
        return all(line_height(LABEL) * (max(each) * len(each)) <= tall + 0.2 for each in rows if len(each) > 1)

    def _series(self) -> list[tuple[str, str, str]]:
        """Each line once, for a legend: label, colour and marker."""
        return list(dict.fromkeys((line.label, line.colour, line.marker) for p in self.panels for line in p.lines))

    def _room_for_labels(self, most: float, legend: bool) -> float:
        """The room right of the plot that the longest direct label takes; of values alone where there is a legend."""
        words = [line for panel in self.panels for line in panel.lines if len(panel.lines) > 1]
        if legend:
            values = [printed_value(line.points[-1], self.percent) + line.mark for line in words]
            return max((text_width(value, LABEL) for value in values), default=0.08) + 0.14
        lines = [part for line in words for part in wrap(line.label, self._unbroken(most - 0.1), LABEL, bold=True)]
        return max((text_width(part, LABEL, bold=True) for part in lines), default=0.08) + 0.14

    def _unbroken(self, most: float) -> float:
        """Inches for names at the ends of lines: ``most``, or a little more where a word would be broken."""
        each = [word for panel in self.panels for line in panel.lines for word in line.label.split()]
        longest = max((text_width(word, LABEL, bold=True) for word in each), default=0.0)
        return longest + 0.01 if most < longest <= WORD else most

    def _draw(
        self,
        sheet: Sheet,
        axes: Axes,
        panel: Panel,
        timeline: Timeline,
        box: tuple[float, float, float, float],
        every_value: bool,
        named: bool = True,
    ) -> None:
        timeline.draw(axes)
        event_lines(axes, self.events)
        axes.grid(axis="y", color=GRID, lw=0.8)
        low, high = self.y_range or limits(panel, box[3])
        axes.set_ylim(low, high)
        level_ticks(axes, low, high, box[3], self.percent)
        for line in panel.lines:
            draw_line(axes, line)
        if len(panel.lines) > 1:
            self._name_lines(sheet, panel, box, (low, high), named)
        else:
            print_values(axes, panel.lines[0], (low, high), box, every_value, self.percent)

    def _name_lines(
        self,
        sheet: Sheet,
        panel: Panel,
        box: tuple[float, float, float, float],
        limits: tuple[float, float],
        named: bool,
    ) -> None:
        """Each line's name and last value right of its last point, pushed apart where lines end close together."""
        left, top, across, tall = box
        low, high = limits
        room = sheet.width - left - across if left + across > sheet.width / 2 else 1.1
        names = [wrap(line.label, min(room, 1.6) - 0.08, LABEL, bold=True) if named else [] for line in panel.lines]
        step = line_height(LABEL)
        ends = [top + tall * (high - line.points[-1].value) / (high - low) for line in panel.lines]
        gap = step * (max(len(name) for name in names) + 1)
        for line, name, level in zip(panel.lines, names, spread(ends, gap, top, top + tall), strict=True):
            first = level - step * (len(name) + 1) / 2
            for number, part in enumerate(name):
                sheet.text(
                    left + across + 0.06, first + step * (number + 0.8), part, weight="bold", color=ink(line.colour)
                )
            last = printed_value(line.points[-1], self.percent) + line.mark
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


def _head(label: list[str]) -> float:
    """The room that the label of the vertical axis takes over the plot."""
    return 0.1 * bool(label) + line_height(LABEL) * len(label)


def _y_label(sheet: Sheet, label: list[str], top: float) -> None:
    for number, part in enumerate(label):
        sheet.text(0, top + 0.13 + line_height(LABEL) * number, part, color=QUIET)


def _columns(panels: int, grouped: bool, width: float) -> int:
    """How many panels stand side by side; lines that are named at their ends need the room of two."""
    if width <= 5:
        return 1 if grouped or panels <= 3 else 2
    return 3 if not grouped and (panels == 3 or panels > 4) else 2
