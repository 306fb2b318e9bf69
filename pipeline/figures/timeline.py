"""A true time axis: waves stand where they were in the field, and events where they happened."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.errors import PaperError
from pipeline.figures.style import FOCUS_GREY, FRAME, LABEL, QUIET, SMALL, text_width, wrap

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Dates = Mapping[tuple[str | None, str], dt.date] | Mapping[str, dt.date]
Event = tuple[dt.date, str] | tuple[dt.date, str, dt.date | None]

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
LETTERS = "abcdefghijklmnopqrstuvwxyz"


def _as_text(key: object) -> object:
    """The wave of a key as text, as estimates name it, where a panel has numbers or dates for waves."""
    return (key[0], str(key[1])) if isinstance(key, tuple) else str(key)


def date_of(dates: Dates, wave: str, group: str | None) -> dt.date:
    """The date of a wave: of the group's own calendar if it has one, else of all.

    Raises ``PaperError`` if the wave has no date.
    """
    named = {_as_text(key): day for key, day in dates.items()}
    for key in ((group, str(wave)), str(wave), (None, str(wave))):
        if key in named:
            return named[key]
    of = f" of `{group}`" if group else ""
    raise PaperError(f"wave `{wave}`{of} has no date", todo="Give `dates` one date for every wave that is drawn.")


@dataclass(frozen=True)
class Timeline:
    """The days from ``start`` to ``end`` over ``width`` inches."""

    start: dt.date
    end: dt.date
    width: float

    @classmethod
    def around(cls, days: Sequence[dt.date], events: Sequence[Event], width: float) -> Timeline:
        """A timeline that holds every wave and the events between them, with a little air at both ends."""
        inside = [event[0] for event in events]
        first, last = min([*days, *inside]), max([*days, *inside])
        air = dt.timedelta(days=max(round((last - first).days * max(0.05, 0.24 / width)), 14))
        return cls(first - air, last + air, width)

    @property
    def room(self) -> float:
        """The height of the labels below the axis, in inches."""
        return 0.36 if self._has_years else 0.5

    @property
    def _has_years(self) -> bool:
        return (self.end - self.start).days > 3 * 365.25

    def inches(self, day: dt.date) -> float:
        return self.width * (day - self.start).days / max((self.end - self.start).days, 1)

    def draw(self, axes: Axes) -> None:
        """Years, or months where the span is short, written level below the axis."""
        axes.set_xlim(self.start.toordinal(), self.end.toordinal())
        marks = self._years() if self._has_years else self._months()
        axes.set_xticks([day.toordinal() for day, _ in marks], [label for _, label in marks])
        axes.tick_params(axis="x", length=4, width=0.8)

    def _years(self) -> list[tuple[dt.date, str]]:
        """The first day of each year; thinned out until the labels have room."""
        years = range(self.start.year + 1, self.end.year + 1)
        room = max(int(self.width / (text_width("2020", LABEL) + 0.16)), 1)
        step = -(-len(years) // room)
        return [(dt.date(year, 1, 1), str(year)) for year in years if (year - self.end.year) % step == 0]

    def _months(self) -> list[tuple[dt.date, str]]:
        """The first day of every month, quarter or half year; the year stands below its first label."""
        count = (self.end.year - self.start.year) * 12 + self.end.month - self.start.month
        room = max(int(self.width / (text_width("2020", LABEL) + 0.1)), 1)
        step = next((step for step in (1, 2, 3, 6) if count / step <= room), 12)
        first = self.start.year * 12 + self.start.month - 1
        days = [dt.date(month // 12, month % 12 + 1, 1) for month in range(first + 1, first + count + 1)]
        days = [day for day in days if (day.month - 1) % step == 0]
        labelled: list[tuple[dt.date, str]] = []
        for day in days:
            year = f"\n{day.year}" if not labelled or labelled[-1][0].year != day.year else "\n "
            labelled.append((day, f"{MONTHS[day.month - 1]}{year}"))
        return labelled


def event_lines(axes: Axes, events: Sequence[Event]) -> None:
    """A line at each event; a band where it has an end."""
    for event in events:
        until = event[2] if len(event) == 3 else None
        if until is not None:
            axes.axvspan(
                event[0].toordinal(), until.toordinal(), color=FOCUS_GREY, alpha=0.3, lw=0, zorder=0, label=FRAME
            )
        axes.axvline(event[0].toordinal(), color=QUIET, lw=0.9, ls=(0, (3, 2.5)), zorder=1)


def near(events: Sequence[Event], days: Sequence[dt.date]) -> tuple[Event, ...]:
    """The events, in order, that fall into the study or shortly before or after; others would squeeze the waves."""
    first, last = min(days), max(days)
    air = (last - first) * 0.2
    kept = [event for event in events if first - air <= event[0] <= last + air]
    return tuple(sorted(kept, key=lambda event: event[0]))


def overhang(timeline: Timeline, events: Sequence[Event]) -> float:
    """How far (inches) the axis must end before ``timeline.width`` so that every label fits right of its line."""
    whole = timeline.width
    shares = [(timeline.inches(event[0]) / whole, text_width(event[1], SMALL) + 0.1) for event in events]
    return max((whole - (whole - long) / share for share, long in shares if share > 0), default=0.0)


def rows_of_labels(timeline: Timeline, events: Sequence[Event]) -> list[int]:
    """The row, counted from the axis up, of each event's label, which stands right of its line.

    A label lies above every later event whose line it would otherwise cross.
    """
    rows: list[int] = []
    for index, event in reversed(list(enumerate(events))):
        end = timeline.inches(event[0]) + text_width(event[1], SMALL) + 0.12
        crossed = [rows[k - index - 1] for k in range(index + 1, len(events)) if timeline.inches(events[k][0]) < end]
        rows.insert(0, max(crossed, default=-1) + 1)
    return rows


def month(day: dt.date) -> str:
    """A date as a reader of trends needs it: "Mar 2020"."""
    return f"{MONTHS[day.month - 1]} {day.year}"


def lettered(events: Sequence[Event], width: float) -> list[str]:
    """The key of lettered event lines, wrapped: "a  First lockdown (Mar 2020)"."""
    lines: list[str] = []
    for letter, event in zip(LETTERS, events, strict=False):
        entry = f"{letter}\u00a0\u00a0{event[1]} ({month(event[0])})"
        longer = f"{lines[-1]}\u2003{entry}" if lines else entry
        if lines and text_width(longer, SMALL) <= width:
            lines[-1] = longer
        else:
            lines += wrap(entry, width, SMALL)
    return lines
