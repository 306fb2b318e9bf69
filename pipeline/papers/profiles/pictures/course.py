"""The index over waves, the first of which is 100: dots with intervals over their dates, and a line at 100."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from markupsafe import escape

from pipeline.papers.profiles.pictures.strips import line

WIDTH, LEFT, RIGHT, TOP = 560.0, 40.0, 8.0, 20.0
PLOT, UNDER, LINE = 68.0, 20.0, 14.0
TEXT = 'fill="currentColor" font-family="Libertinus Serif, Arial, sans-serif" font-size="13"'
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
LONG = 183
"""Fieldwork of more days is known by its years."""
BASE = 100.0

Up = Callable[[float], float]


@dataclass(frozen=True)
class Point:
    """A wave. ``lines``: its date; ``text``: the value as printed; ``words``: the same with its interval."""

    lines: tuple[str, ...]
    value: float
    low: float | None
    high: float | None
    text: str
    words: str


def date_lines(window: tuple[dt.date, dt.date] | None, label: str) -> tuple[str, ...]:
    """``May`` over ``2020``; of long fieldwork its years; the name of the wave where no day is known."""
    if window is None:
        return _wrapped(label)
    start, end = window
    years = f"{start.year}" if start.year == end.year else f"{start.year}\N{EN DASH}{end.year % 100:02d}"
    if (end - start).days > LONG:
        return (years,)
    months = dict.fromkeys(MONTHS[day.month - 1] for day in (start, end))
    return ("\N{EN DASH}".join(months), years)


def _wrapped(label: str) -> tuple[str, ...]:
    lines: list[str] = []
    for word in label.split():
        fits = lines and len(lines[-1]) + len(word) < 10
        lines = [*lines[:-1], f"{lines[-1]} {word}"] if fits else [*lines, word]
    return tuple(each[:12] for each in lines[:3])


def course(points: Sequence[Point]) -> str:
    """The picture: the waves in their order, at equal steps."""
    values = [BASE, *(end for point in points for end in (point.value, point.low, point.high) if end is not None)]
    low, high = min(values), max(values)
    span = max(high - low, 1.0)

    def up(value: float) -> float:
        return TOP + (high - value) / span * PLOT

    step = (WIDTH - LEFT - RIGHT) / len(points)
    across = [LEFT + step * (number + 0.5) for number in range(len(points))]
    path = " ".join(f"{x:.1f},{up(point.value):.1f}" for x, point in zip(across, points, strict=True))
    parts = [
        line(LEFT, round(up(BASE), 1), WIDTH - RIGHT, round(up(BASE), 1), 1.0, ' stroke-dasharray="5 4"'),
        _text(LEFT - 8, up(BASE) + 4.5, "100", "end"),
        f'<polyline points="{path}" fill="none" stroke="currentColor" stroke-width="1" opacity="0.5"/>',
    ]
    for x, point in zip(across, points, strict=True):
        parts += _drawn(x, point, up)
    height = TOP + PLOT + UNDER + LINE * max(len(point.lines) for point in points) + 4
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH:g} {height:g}">{"".join(parts)}</svg>'


def _drawn(x: float, point: Point, up: Up) -> Iterator[str]:
    top = low = round(up(point.value), 1)
    if point.low is not None and point.high is not None:
        top, low = round(up(point.high), 1), round(up(point.low), 1)
        yield line(x, top, x, low, 2.0)
        for end in (top, low):
            yield line(x - 4, end, x + 4, end, 1.2)
    yield f'<circle cx="{x:.1f}" cy="{up(point.value):.1f}" r="4" fill="currentColor"/>'
    yield _text(x, low + 14 if point.value < BASE else top - 6, point.text)  # away from the line at 100
    for number, text in enumerate(point.lines):
        yield _text(x, TOP + PLOT + UNDER + LINE * (number + 1) - 2, text)


def _text(x: float, y: float, text: str, anchor: str = "middle") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" {TEXT}>{escape(text)}</text>'


def course_words(label: str, points: Sequence[Point]) -> str:
    """What the picture shows, wave by wave."""
    named = "; ".join(f"{' '.join(point.lines)} {point.words}" for point in points)
    return f"{label} over time, the first wave as 100: {named}."
