"""Weights that are missing, not positive, on another scale, or out of all proportion."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from pipeline.harmonise.drift.finding import Finding
from pipeline.specs.deposits import WaveFile

HUGE = 20.0
"""A weight this many times the median is reported."""
CARRIES = 0.1
"""If the huge ones carry more than this share of all weight, results would be theirs: the weight is not used."""
ABOUT_ONE = 2.0
"""A mean is about one (or about what it was) if it is neither more than this times it, nor less than its inverse."""


def weight_findings(file: WaveFile, variable: str, weights: pl.Series, mean_before: float | None) -> Iterator[Finding]:
    """Findings about one file's weights (as text); ``mean_before`` is the mean of the wave before, if there is one."""
    where = f"{file.file}, `{variable}`"
    numbers = weights.cast(pl.Float64, strict=False)
    unreadable = int((numbers.is_null() & weights.is_not_null()).sum())
    zero = int((numbers == 0).sum())
    if zero and zero < (numbers.is_not_null()).sum():
        yield Finding(
            file.arm, "weight", "weight_zero", "notes", "people whose weight is zero: they are not in this wave's "
            "population, and in no weighted result of it.", where, "Nothing, if the weights are meant so.", count=zero,
        )  # fmt: skip
    elif zero:
        yield Finding(
            file.arm, "weight", "weight_not_positive", "blocks", "weights that are zero for everybody.", where,
            "Declare `columns: {weight: none}` in this wave, or ask for the weights again.", count=zero,
        )  # fmt: skip
    bad = int(((numbers < 0) | ~numbers.is_finite()).fill_null(False).sum()) + unreadable
    if bad:
        yield Finding(
            file.arm, "weight", "weight_not_positive", "blocks", "weights that are negative or no finite number.",
            where, "Ask for the weights again.", count=bad,
        )  # fmt: skip
    missing = int(weights.is_null().sum())
    if missing:
        yield Finding(
            file.arm, "weight", "weight_missing", "warns", "rows without a weight; they enter no weighted result.",
            where, "Ask for the weights of these rows.", count=missing,
        )  # fmt: skip
    usable = usable_weights(weights)
    if usable.len():
        yield from _proportion(file, usable, where)
        yield from _mean(file, usable, mean_before, where)


def usable_weights(weights: pl.Series) -> pl.Series:
    """The positive, finite ones, as numbers."""
    return usable_or_null(weights).drop_nulls()


def usable_or_null(weights: pl.Series) -> pl.Series:
    """The weight of each row as a number; null where it is not positive or not finite."""
    numbers = weights.cast(pl.Float64, strict=False)
    return numbers.set(~((numbers > 0) & numbers.is_finite()).fill_null(False), None)


def _proportion(file: WaveFile, usable: pl.Series, where: str) -> Iterator[Finding]:
    median = float(usable.median())  # type: ignore[arg-type]
    huge = usable.filter(usable > HUGE * median)
    if not huge.len():
        return
    carried = float(huge.sum()) / float(usable.sum())
    most = float(usable.max()) / median  # type: ignore[arg-type]
    yield Finding(
        file.arm, "weight", "weight_huge", "blocks" if carried > CARRIES else "warns",
        f"weights over {HUGE:g} times the median (at most {most:,.0f} times) carry {carried:.1%} of all weight.",
        where, "Ask how the weights were trimmed.", count=huge.len(), confidence=0.95,
    )  # fmt: skip


def _mean(file: WaveFile, usable: pl.Series, before: float | None, where: str) -> Iterator[Finding]:
    """Means of weights: about one, or at least what they were. The median stands in where a few huge ones rule it."""
    mean = float(usable.mean())  # type: ignore[arg-type]
    typical = mean if mean < HUGE * float(usable.median()) else float(usable.median())  # type: ignore[arg-type]
    if _about(typical, 1.0) or (before is not None and _about(typical, before)):
        return
    was = "" if before is None else f", and was {before:,.3g} in the wave before"
    yield Finding(
        file.arm, "weight", "weight_mean", "warns" if before is None else "blocks",
        f"the weights' mean is {typical:,.3g}, not about 1{was}.", where,
        "Ask on which scale the weights are. Weights that add up to the population may be accepted: "
        "each wave and arm is scaled to a mean of one.",
        count=usable.len(), confidence=0.9,
    )  # fmt: skip


def _about(value: float, other: float) -> bool:
    return other / ABOUT_ONE <= value <= other * ABOUT_ONE
