"""A measure as a strip: the area's score with its interval, and a diamond where it is compared with. SVG without words.

A filled dot on a thick line is the area, an open diamond the comparison: shapes, which survive a print without colour.
The ink is ``currentColor``, so that a page can be dark; in a PDF it is black.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from pipeline.papers.profiles.content import Reading
from pipeline.specs.rounding import decimal

WIDTH, HEIGHT, AIR = 240.0, 18.0, 6.0
STEPS = (1, 2, 5, 10, 20, 25, 50, 100)
TICKS = 6
STROKE = 'stroke="currentColor"'


@dataclass(frozen=True)
class Axis:
    """One axis for all strips of a profile; ``ticks`` are whole steps within it."""

    low: float
    high: float
    ticks: tuple[float, ...]

    def at(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        return AIR + (WIDTH - 2 * AIR) * min(max(share, 0.0), 1.0)


def axis_of(values: Iterable[float | None], ends: tuple[float, float] | None) -> Axis:
    """The shortest axis of round ends that holds all values; within ``ends``, where scores have ends."""
    known = [value for value in values if value is not None and math.isfinite(value)] or [0.0, 1.0]
    low, high = min(known), max(known)
    span = max(high - low, 1e-6)
    scale = 1.0 if span >= 4 else 10.0 ** math.floor(math.log10(span / 4))
    step = next((step * scale for step in STEPS if span / (step * scale) <= TICKS - 1), STEPS[-1] * scale)
    while span / step > TICKS - 1:
        step *= 2
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    last = max(last, first + 1)
    if ends is not None:
        first, last = max(first, math.ceil(ends[0] / step)), min(last, math.floor(ends[1] / step))
    ticks = tuple(number * step for number in range(first, last + 1))
    return Axis(min(ticks[0], low), max(ticks[-1], high), ticks)


def strip(
    axis: Axis, value: float | None, low: float | None, high: float | None, reference: float | None, reading: Reading
) -> str:
    """One measure, or the axis alone where there is no value. The dot is full where the difference is clear."""
    middle = HEIGHT / 2
    parts = [line(axis.at(tick), 0, axis.at(tick), HEIGHT, 0.5, ' opacity="0.28"') for tick in axis.ticks]
    if reference is not None:
        x, half = axis.at(reference), 5.2
        points = (
            f"{x - half:.1f},{middle:g} {x:.1f},{middle - half:g} {x + half:.1f},{middle:g} {x:.1f},{middle + half:g}"
        )
        parts.append(f'<polygon points="{points}" class="ground" fill="none" {STROKE} stroke-width="1.4"/>')
    if value is not None:
        if low is not None and high is not None:
            parts.append(line(axis.at(low), middle, axis.at(high), middle, 2.4))
            parts += [line(axis.at(end), middle - 3.2, axis.at(end), middle + 3.2, 1.2) for end in (low, high)]
        full = reading in ("up", "down")
        look = 'fill="currentColor"' if full else 'fill="white" class="ground-dot"'
        parts.append(f'<circle cx="{axis.at(value):.1f}" cy="{middle:g}" r="4.2" {look} {STROKE} stroke-width="1.6"/>')
    return picture(HEIGHT, "".join(parts))


def axis_strip(axis: Axis) -> str:
    """The numbers of the axis, over its strips."""
    places = 0 if all(abs(tick - round(tick)) < 1e-9 for tick in axis.ticks) else 2
    style = 'font-size="11" text-anchor="middle" fill="currentColor" font-family="Libertinus Serif, Arial, sans-serif"'
    shown = []
    for number, tick in enumerate(axis.ticks):
        anchor = "start" if number == 0 and axis.at(tick) < 12 else "end" if axis.at(tick) > WIDTH - 12 else "middle"
        x = {"start": 1.0, "end": WIDTH - 1.0, "middle": axis.at(tick)}[anchor]
        shown.append(f'<text x="{x:.1f}" y="11" {style.replace("middle", anchor)}>{decimal(tick, places)}</text>')
    return picture(14.0, "".join(shown))


def strip_words(label: str, value: str) -> str:
    """What a strip shows: the score with its interval."""
    return f"{label}: {value}."


def line(x1: float, y1: float, x2: float, y2: float, width: float, more: str = "") -> str:
    """A line in the ink of the page."""
    ends = f'x1="{x1:.1f}" y1="{y1:g}" x2="{x2:.1f}" y2="{y2:g}"'
    return f'<line {ends} stroke="currentColor" stroke-width="{width:g}"{more}/>'


def picture(height: float, inside: str) -> str:
    """A drawing as wide as every strip."""
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH:g} {height:g}">{inside}</svg>'
