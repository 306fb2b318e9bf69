"""Numbers that are no amounts: codes for no answer, thousands read as fractions, fractions where numbers were whole."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from pipeline.harmonise.drift.change import Pair
from pipeline.harmonise.drift.finding import MANY, Finding
from pipeline.harmonise.drift.reading import Reading
from pipeline.specs.deposits import WaveFile
from pipeline.specs.study import Item

Numbers = NDArray[np.float64]

FEWEST = 3
"""People who gave a number, before it is taken for a code."""
FAR = 1.15
"""A code for no answer stands so many times above the next number."""
SPIKE = 3.0
"""Or so many times more people have it than the most frequent other number."""
THREE_DIGITS = 0.75
"""If so many of the fractions have three digits, the last no zero, the point may mark thousands: of those 0.9 do."""
FRACTIONS = 0.05
FEWEST_AMOUNTS, MOST_ANSWERS = 6, 15
"""Different amounts, before one of them can be a heap; up to which each is an answer that many people give."""
HEAP, HEAP_SURE = 0.1, 3.0
"""Share of the same people by which an amount may become more frequent; standard errors beyond half of that."""
COARSE, GONE = 0.4, 0.2
"""Share of the different amounts that must be left; share of the people whose amounts nobody gives any more."""


def amount_findings(
    file: WaveFile, key: str, item: Item, now: Reading, before: Reading | None, where: str
) -> Iterator[Finding]:
    """What the numbers of one item show that hardly are amounts.

    Codes are those of the file, and fractions those that are there before and after a conversion that the wave
    declares: it makes an amount of a code, fractions of whole numbers, and whole numbers of fractions.
    """
    if item.kind != "number" or now.values.len() < MANY:
        return
    numbers = now.values.to_numpy()
    yield from _codes(file, key, np.round(now.deposited, 6), before, where)
    if _thousands(numbers, now):
        yield Finding(
            file.arm, key, "thousands", "blocks",
            f"all numbers are below 1,000, most with three digits after the point, where up to {_top(now):,.0f} are "
            "declared: the point may mark thousands.", where,
            'If so, declare for the file `thousands: "."`; if these are fractions, accept them by a decision.',
            count=len(numbers), confidence=0.9,
        )  # fmt: skip
    elif before is not None and before.values.len() >= MANY:
        yield from _fractions(file, key, _fractional(now), _fractional(before), where)


def _codes(file: WaveFile, key: str, numbers: Numbers, before: Reading | None, where: str) -> Iterator[Finding]:
    """Numbers such as 99 or 999998 that stand above all others, or that far too many people gave."""
    values, counts = np.unique(numbers, return_counts=True)
    is_code = np.array([_reads_as_code(value) for value in values])
    if not is_code.any() or is_code.all():
        return
    top, usual = values[~is_code].max(), counts[~is_code].max()
    known = set() if before is None else set(np.round(before.deposited, 6).tolist())
    suspects = [
        (value, int(count))
        for value, count in zip(values[is_code], counts[is_code], strict=True)
        if count >= FEWEST and ((value > FAR * top and value - top > 1) or count > SPIKE * usual) and value not in known
    ]
    if suspects:
        listed = ", ".join(f"{value:.0f} ({count:,})" for value, count in suspects[:5])
        missing = ", ".join(f"{value:.0f}: no_answer" for value, _ in suspects[:5])
        yield Finding(
            file.arm, key, "code_among_amounts", "blocks",
            f"numbers that look like codes for no answer: {listed}.", where,
            f"Declare `missing: {{{missing}}}` in the item or in study.yaml, each with its reason; "
            "or accept them as amounts by a decision.",
            count=sum(count for _, count in suspects), confidence=0.9,
        )  # fmt: skip


def heap_findings(arm: str, key: str, item: Item, pair: Pair, where: str) -> Iterator[Finding]:
    """An amount that far more of the same people give than before: no answer that was entered as 0, or filled in."""
    was, now = pair
    if item.kind != "number" or len(now) < MANY or len(np.unique(was)) < FEWEST_AMOUNTS:
        return
    values, counts = np.unique(now, return_counts=True)
    rises = counts / len(now) - np.array([float((was == value).mean()) for value in values])
    at = int(np.argmax(rises))
    given, gave = now == values[at], was == values[at]
    error = float((given.astype(float) - gave).std(ddof=1)) / math.sqrt(len(now))
    if rises[at] < HEAP or (rises[at] - HEAP / 2) < HEAP_SURE * error or _moved_there(was, now, given):
        return
    yield Finding(
        arm, key, "heaped", "warns",
        f"one amount ({values[at]:g}) was given by {gave.mean():.0%} of the {len(now):,} people before, and now by "
        f"{given.mean():.0%}.", where,
        "Ask whether missing answers were entered or filled in as this number, or amounts cut off at it; if so, "
        "declare it under `missing` of the item, or an exception.",
        count=int(given.sum()), confidence=0.9,
    )  # fmt: skip


def coarse_findings(arm: str, key: str, item: Item, pair: Pair, where: str) -> Iterator[Finding]:
    """Amounts that were rounded or banded: far fewer different ones among the same people, or none of some between."""
    was, now = pair
    if item.kind != "number" or len(now) < MANY:
        return
    before, present = np.unique(was), np.unique(now)
    between = before[(before > present[0]) & (before < present[-1])]
    gone = float(np.isin(was, np.setdiff1d(between, present)).mean())
    few = FEWEST_AMOUNTS <= len(before) <= MOST_ANSWERS
    if len(before) < FEWEST_AMOUNTS or not 2 <= len(present) < len(before) or (few and gone < GONE) or (
        not few and len(present) >= COARSE * len(before)
    ):  # fmt: skip
        return
    yield Finding(
        arm, key, "coarser", "warns",
        f"the same {len(now):,} people gave {len(before):,} different amounts before, and now give {len(present):,}; "
        f"what {gone:.0%} of them said then lies between these.", where,
        "Ask whether amounts were rounded, banded, or asked in fewer answers; declare an exception that says so.",
        count=len(now), confidence=0.9,
    )  # fmt: skip


def _moved_there(was: Numbers, now: Numbers, given: NDArray[np.bool_]) -> bool:
    """Whether all answers moved: those who give other amounts moved by as much as would bring so many there."""
    others = ~given
    if others.sum() < MANY or not was.std():
        return True
    return abs(float(np.median(now[others] - was[others]))) > 0.5 * float(was.std())


def _reads_as_code(value: float) -> bool:
    """Whether a number is written with nines alone, but for a last digit from 6 to 9; or with one digit 7 or 8."""
    if value < 66 or value != int(value):
        return False
    digits = str(int(value))
    return (set(digits[:-1]) == {"9"} and digits[-1] in "6789") or set(digits) in ({"8"}, {"7"})


def _top(now: Reading) -> float:
    return now.rule.range[1] if now.rule.range else 0.0


def _thousands(numbers: Numbers, now: Reading) -> bool:
    """Whether the numbers are as 12.345 is read that stands for twelve thousand: of each 10 fractions 9 end so."""
    fractions = numbers[numbers != np.floor(numbers)]
    if _top(now) < 1000 or len(fractions) < MANY or np.abs(numbers).max() >= 1000 or np.abs(fractions).min() < 1:
        return False
    thousandths = np.round(fractions * 1000, 6)
    if (thousandths != np.floor(thousandths)).any():
        return False
    is_third = np.mod(thousandths, 10) != 0
    return bool(is_third.mean() >= THREE_DIGITS) and len(fractions) >= 0.5 * len(numbers)


def _fractional(reading: Reading) -> NDArray[np.bool_]:
    """Which numbers have fractions, both in the file and as they are read."""
    as_read, as_deposited = (_fraction(of) for of in (reading.values.to_numpy(), reading.deposited))
    return as_read & as_deposited


def _fraction(numbers: Numbers) -> NDArray[np.bool_]:
    found: NDArray[np.bool_] = np.abs(numbers - np.round(numbers)) > 1e-6
    return found


def _fractions(
    file: WaveFile, key: str, now: NDArray[np.bool_], before: NDArray[np.bool_], where: str
) -> Iterator[Finding]:
    """Fractions where the wave before had whole numbers alone."""
    count = int(now.sum())
    if count > FRACTIONS * len(now) and not before.any():
        yield Finding(
            file.arm, key, "fractions", "warns", "numbers with fractions, where the wave before had whole ones alone.",
            where, "Ask whether they are in another unit, or were averaged or filled in.", count=count, confidence=0.8,
        )  # fmt: skip
