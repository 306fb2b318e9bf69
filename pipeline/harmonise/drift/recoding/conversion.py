"""Numbers that stand for other amounts than before: another unit, a constant added, a year in place of an age.

An amount of the same people changes, but rarely by a factor of three for the half of them, and never by exactly 7 for
many while nobody stays the same. ``now = times × before + plus`` is looked for among the conversions that have a name.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.harmonise.drift.change import correlation, upper_bound
from pipeline.harmonise.drift.finding import MANY

Numbers = NDArray[np.float64]
Pair = tuple[Numbers, Numbers]
UNITS: dict[float, str] = {
    10.0: "ten times as much (or a tenth)",
    100.0: "a hundred times as much (or a hundredth), as pence for pounds",
    1000.0: "a thousand times as much (or a thousandth)",
    12.0: "months for years, or amounts by year and by month",
    52.0: "weeks for years, or amounts by year and by week",
    365.25: "days for years",
    7.0: "days for weeks",
    24.0: "hours for days",
    60.0: "minutes for hours",
    52 / 12: "weeks for months, or amounts by month and by week",
    2.54: "centimetres for inches",
    30.48: "centimetres for feet",
    1.609344: "kilometres for miles",
    1 / 0.45359237: "pounds for kilograms",
    6.35029318: "kilograms for stones",
}
"""Factor → what it may be, in either direction."""
GROWTH = 0.5, 0.2
"""The most and the least, in logarithms, that the median amount usually grows by among the same people (two thirds)."""
EVIDENCE = 8.0
"""Log odds by which a factor must beat usual growth: one in 150, the number of factors paid."""
PLAIN = math.log(3)
"""A factor from here on differs from growth by its size alone; a smaller one only by answers that repeat exactly."""
EXACT, NEAR = 0.3, 0.02
"""Share of the people who must repeat their answer under a conversion, and how near (of the amount) is a repeat."""
OFTEN = 3.0
"""How many times as many must repeat it as do as declared."""
AGES, YEARS = (0.0, 125.0), (1880.0, 2100.0)


@dataclass(frozen=True)
class Conversion:
    """``before = times × now + plus``; shares who repeat their answer under it (``repeated``) and as ``declared``."""

    name: str
    times: float
    plus: float
    repeated: float
    declared: float

    def applied(self, now: Numbers) -> Numbers:
        return self.times * now + self.plus


def conversion(pair: Pair, years: float, ends: tuple[float, float] | None) -> Conversion | None:
    """The conversion that the same people's amounts show, or nothing.

    ``years`` lie between the two answers: what grows with the calendar is none. ``ends``: the declared range.
    """
    was, now = pair
    if len(was) < MANY or not np.ptp(was) or not np.ptp(now):
        return None
    found = [*_factor(was, now), *_mirrored(was, now, years, ends), *_added(was, now, years)]
    return max(found, key=lambda one: one.repeated, default=None)


def share_repeated(was: Numbers, now: Numbers, years: float = 0.0) -> float:
    """Share of the people with the amount they had, or with what the calendar makes of it."""
    tolerance = np.maximum(NEAR * np.abs(was), _step(was) / 2)
    apart = now - was
    return float(((apart >= -tolerance) & (apart <= tolerance + math.ceil(max(years, 0.0)))).mean())


def _step(values: Numbers) -> float:
    """The smallest distance between two amounts that were given."""
    steps = np.diff(np.unique(values))
    return float(steps.min()) if len(steps) else 0.0


def _factor(was: Numbers, now: Numbers) -> Iterator[Conversion]:
    """Another unit: the median of the same people's ratios lies at a factor with a name."""
    both = (was > 0) & (now > 0)
    if both.sum() < max(MANY, 0.5 * len(was)):
        return
    logs = np.log(was[both])
    ratio = np.log(now[both]) - logs
    middle, spread = float(np.median(ratio)), float(np.subtract(*np.quantile(logs, [0.75, 0.25]))) / 1.35
    usual = min(max(0.3 * spread, GROWTH[1]), GROWTH[0])
    found = [factor for unit in UNITS for factor in (unit, 1 / unit)]
    factor = min(found, key=lambda unit: abs(middle - math.log(unit)))
    missed = abs(middle - math.log(factor))
    repeated, declared = share_repeated(was, now / factor), share_repeated(was, now)
    by_size = (middle**2 - missed**2) / (2 * usual**2) > EVIDENCE and abs(math.log(factor)) >= PLAIN
    by_repeats = repeated >= EXACT and repeated >= OFTEN * declared
    error = 1.25 * float(ratio.std()) / math.sqrt(len(ratio))
    if (by_size and missed < max(0.15, 3 * error)) or by_repeats:
        unit = factor if factor in UNITS else 1 / factor
        yield Conversion(UNITS[_nearest(unit)], 1 / factor, 0.0, repeated, declared)


def _nearest(unit: float) -> float:
    return min(UNITS, key=lambda known: abs(known - unit))


def _mirrored(was: Numbers, now: Numbers, years: float, ends: tuple[float, float] | None) -> Iterator[Conversion]:
    """A year in place of an age, or the other way; amounts turned round within their range."""
    total = float(np.median(was + now))
    plain = (_within(was, YEARS) and _within(now, AGES)) or (_within(was, AGES) and _within(now, YEARS))
    if plain and YEARS[0] < total < YEARS[1]:
        total = float(round(total))
        repeated = float((np.abs(was + now - total) <= 1).mean())
        total += round(max(years, 0.0)) if _within(was, AGES) else 0.0  # by now people are older than they were
        if repeated >= EXACT:
            yield Conversion("a year of birth for an age, or the other way", -1.0, total, repeated, 0.0)
    elif ends is not None and _within(now, ends):
        found = correlation((was, now))
        if found is not None and upper_bound(found, len(was), 4.0) < 0:
            total = sum(ends)
            repeated, declared = share_repeated(was, total - now), share_repeated(was, now)
            yield Conversion("amounts turned round within the range", -1.0, total, repeated, declared)


def _within(values: Numbers, ends: tuple[float, float]) -> bool:
    """Whether nearly all lie between the ends."""
    return float(((values >= ends[0]) & (values <= ends[1])).mean()) >= 0.95


def _added(was: Numbers, now: Numbers, years: float) -> Iterator[Conversion]:
    """A constant: many people differ from their answer by one and the same number, and hardly anybody repeats it."""
    apart, counts = np.unique(np.round(now - was, 6), return_counts=True)
    most = int(np.argmax(counts))
    constant, share = float(apart[most]), float(counts[most]) / len(was)
    grown = 0 <= constant <= math.ceil(max(years, 0.0)) + 1
    stays = float(counts[(apart >= 0) & (apart <= math.ceil(max(years, 0.0)))].sum()) / len(was) if not grown else 0.0
    if constant == 0 or share < EXACT or share < OFTEN * stays:
        return
    if grown and constant > 0 and _grows(was, constant, years):
        return
    repeats = float(counts[apart == 0].sum()) / len(was)
    if share >= OFTEN * repeats and (share - repeats) * math.sqrt(len(was)) > 4 * math.sqrt(share + repeats):
        yield Conversion(f"{constant:g} added to all", 1.0, -constant, share, repeats)


def _grows(was: Numbers, constant: float, years: float) -> bool:
    """Whether a constant may be the calendar's: ages and years of residence grow by it."""
    return constant <= max(years, 0.0) + 1 and float(np.ptp(was)) > 20
