"""A difference as a strip: the middle is no difference, left of it lower, right of it higher. SVG without words.

Grey is the smallest difference of interest to both sides. The dot is full where the difference is clear.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from pipeline.papers.profiles.content import Reading
from pipeline.papers.profiles.pictures.strips import AIR, HEIGHT, STROKE, WIDTH, Axis, axis_of, line, picture
from pipeline.specs.rounding import decimal

LABELS = 'font-size="12" fill="currentColor" font-family="Libertinus Serif, Arial, sans-serif"'


def difference_axis(values: Iterable[float | None]) -> Axis:
    """As far to the left as to the right, so that the middle is no difference."""
    reach = max((abs(value) for value in values if value is not None and math.isfinite(value)), default=1.0)
    far = max(1.05 * reach, 1e-3)
    ticks = axis_of([-far, far], None).ticks
    return Axis(-far, far, tuple(tick for tick in ticks if abs(tick) <= far))


def difference_strip(
    axis: Axis, value: float | None, low: float | None, high: float | None, smallest: float | None, reading: Reading
) -> str:
    """One difference, or the axis alone where there is none."""
    middle, zero = HEIGHT / 2, axis.at(0.0)
    parts = []
    if smallest is not None:
        left, right = axis.at(-smallest), axis.at(smallest)
        size = f'x="{left:.1f}" y="0" width="{right - left:.1f}" height="{HEIGHT:g}"'
        parts.append(f'<rect {size} fill="currentColor" opacity="0.1"/>')
    parts.append(line(zero, 0, zero, HEIGHT, 1.2))
    if value is not None:
        if low is not None and high is not None:
            parts.append(line(axis.at(low), middle, axis.at(high), middle, 2.4))
            parts += [line(axis.at(end), middle - 3.4, axis.at(end), middle + 3.4, 1.3) for end in (low, high)]
        look = 'fill="currentColor"' if reading in ("up", "down") else 'fill="white" class="ground-dot"'
        parts.append(f'<circle cx="{axis.at(value):.1f}" cy="{middle:g}" r="4.4" {look} {STROKE} stroke-width="1.7"/>')
    return picture(HEIGHT, "".join(parts))


def difference_axis_strip(axis: Axis) -> str:
    """The numbers of the axis, over its strips; the ends and the middle where there are many."""
    ticks = axis.ticks if len(axis.ticks) <= 7 else (axis.ticks[0], 0.0, axis.ticks[-1])
    places = 0 if all(abs(tick - round(tick)) < 1e-9 for tick in ticks) else 2
    shown = []
    for tick in ticks:
        x = axis.at(tick)
        anchor = "start" if x < 2 * AIR else "end" if x > WIDTH - 2 * AIR else "middle"
        at = {"start": 1.0, "end": WIDTH - 1.0, "middle": x}[anchor]
        sign = "+" if tick > 0 else ""
        shown.append(f'<text x="{at:.1f}" y="11" text-anchor="{anchor}" {LABELS}>{sign}{decimal(tick, places)}</text>')
    return picture(14.0, "".join(shown))


def difference_words(label: str, amount: str, words: str, comparison: str) -> str:
    """What a strip shows: the difference with its interval, and how it is read."""
    if not amount:
        return f"{label}: nothing to compare with {comparison}."
    return f"{label}: {amount} compared with {comparison}{f', {words.lower()}' if words else ''}."
