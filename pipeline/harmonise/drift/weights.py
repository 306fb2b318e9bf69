"""Weights that are missing, not positive, on another scale, or out of all proportion."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import polars as pl

from pipeline.harmonise.drift.change import correlation, upper_bound
from pipeline.harmonise.drift.finding import MANY, Finding
from pipeline.harmonise.texts import texts_of
from pipeline.specs.deposits import WaveFile

HUGE = 20.0
"""A weight this many times the median is reported."""
CARRIES = 0.1
"""If the huge ones carry more than this share of all weight, results would be theirs: the weight is not used."""
ABOUT_ONE = 2.0
"""A mean is about one (or about what it was) if it is neither more than this times it, nor less than its inverse."""
REPEATED = 0.99
"""If so many of the people in both waves have the same weight in both, one wave's weights stand in the other."""
RELATED = 0.5
"""Rank correlation of the same people's weights from which two waves' weights are related."""
NEARLY_ALL = 0.9
"""If more weights than this are zero, weighted results would rest on a handful of people."""

Before = Sequence[tuple[str, pl.DataFrame]]
"""Earlier waves, the last one first, each with its usable weights: ``person_id``, ``weight``."""


def weight_findings(file: WaveFile, variable: str, rows: pl.DataFrame, before: Before) -> Iterator[Finding]:
    """Findings about the weights of one file (as text, with ``person_id``), beside those of the waves ``before``."""
    where, weights = f"{file.file}, `{variable}`", rows[variable]
    yield from _no_weights(file, weights, where)
    missing = int(weights.is_null().sum())
    if missing:
        yield Finding(
            file.arm, "weight", "weight_missing", "warns", "rows without a weight; they enter no weighted result.",
            where, "Ask for the weights of these rows.", count=missing,
        )  # fmt: skip
    usable = usable_weights(rows, variable)
    if usable.height:
        yield from _proportion(file, usable["weight"], where)
        yield from _mean(file, usable["weight"], _mean_of(before), where)
        yield from _constant(file, usable["weight"], before, where)
        yield from _repeated(file, usable, before, where)
        yield from _against(file, usable, before, where)


def usable_or_null(weights: pl.Series) -> pl.Series:
    """The weight of each row as a number; null where it is not positive or not finite."""
    numbers = weights.cast(pl.Float64, strict=False)
    return numbers.set(~((numbers > 0) & numbers.is_finite()).fill_null(False), None)


def usable_weights(rows: pl.DataFrame, variable: str) -> pl.DataFrame:
    """``person_id`` and ``weight`` of the rows with a positive, finite one."""
    return rows.select("person_id", weight=usable_or_null(rows[variable])).drop_nulls("weight")


def _mean_of(before: Before) -> float | None:
    return float(before[0][1]["weight"].mean()) if before else None  # type: ignore[arg-type]


def _no_weights(file: WaveFile, weights: pl.Series, where: str) -> Iterator[Finding]:
    """Numbers that are no weights, and text that is no number."""
    numbers = weights.cast(pl.Float64, strict=False)
    yield from _zeros(file, numbers, where)
    bad = int(((numbers < 0) | ~numbers.is_finite()).fill_null(False).sum())
    texts = texts_of(dict(weights.filter(numbers.is_null()).drop_nulls().value_counts().iter_rows()))
    what = ["weights that are negative or no finite number"] if bad else []
    what += [texts.words("weights that are text and no number")] if texts.count else []
    if what:
        yield Finding(
            file.arm, "weight", "weight_not_positive", "blocks", f"{'; '.join(what)}.",
            where, " ".join([*([texts.todo()] if texts.count else []), "Ask for the weights again."]),
            count=bad + texts.count,
        )  # fmt: skip


def _zeros(file: WaveFile, numbers: pl.Series, where: str) -> Iterator[Finding]:
    """Weights of zero: of some, of nearly all, or of everybody."""
    zero, given = int((numbers == 0).sum()), int(numbers.is_not_null().sum())
    if not zero:
        return
    if zero == given:
        yield Finding(
            file.arm, "weight", "weight_not_positive", "blocks", "weights that are zero for everybody.", where,
            "Declare `columns: {weight: none}` in this wave, or ask for the weights again.", count=zero,
        )  # fmt: skip
    elif zero > NEARLY_ALL * given:
        yield Finding(
            file.arm, "weight", "weight_not_positive", "blocks",
            f"weights of zero for all but {given - zero:,} people: weighted results would rest on these.", where,
            "Ask for the weights again, or declare `columns: {weight: none}` in this wave.", count=zero,
        )  # fmt: skip
    else:
        yield Finding(
            file.arm, "weight", "weight_zero", "notes", "people whose weight is zero: they are not in this wave's "
            "population, and in no weighted result of it.", where, "Nothing, if the weights are meant so.", count=zero,
        )  # fmt: skip


def _constant(file: WaveFile, usable: pl.Series, before: Before, where: str) -> Iterator[Finding]:
    """Weights that weight nothing, where they did before."""
    if usable.len() >= MANY and usable.n_unique() == 1 and any(known["weight"].n_unique() > 1 for _, known in before):
        yield Finding(
            file.arm, "weight", "weight_constant", "warns", "every weight is the same; they differed before.",
            where, "Ask whether the column was overwritten: weighted results of this wave are unweighted ones.",
            count=usable.len(), confidence=0.9,
        )  # fmt: skip


def _repeated(file: WaveFile, usable: pl.DataFrame, before: Before, where: str) -> Iterator[Finding]:
    """The weights of another wave in this wave's column. Where none of the waves before differ, they may be to last."""
    for wave, known in before:
        same, people = _same_weights(usable, known)
        if people >= MANY and same >= REPEATED * people:
            usually = [_same_weights(one, other) for (_, one), (_, other) in pairwise(before)]
            differ = any(alike < REPEATED * both for alike, both in usually if both >= MANY)
            yield Finding(
                file.arm, "weight", "weight_repeated", "warns" if differ else "notes",
                f"{same:,} of {people:,} people have the weight that they had in {wave}.", where,
                "If it is a design weight that lasts, accept this by a decision; "
                "otherwise the column holds another wave's weights: ask for this wave's.",
                count=same, confidence=0.7,
            )  # fmt: skip
            return


def _against(file: WaveFile, usable: pl.DataFrame, before: Before, where: str) -> Iterator[Finding]:
    """Weights that run against those of the same people before, or are unrelated to them where two waves before were.

    Ranks are correlated with the last two waves: one of these may be wrong.
    """
    known = [one for _, weights in before[:2] if (one := _ranked(usable, weights)) is not None]
    if not known:
        return
    (r, people), *_ = known
    against = all(upper_bound(one, n, 4.0) < 0 for one, n in known)
    usually = _ranked(before[0][1], before[1][1]) if len(known) > 1 else None
    related = usually is not None and usually[0] >= RELATED
    if against or (related and all(upper_bound(one, n, 3.0) < RELATED / 2 for one, n in known)):
        what = "run against" if against else "are unrelated to"
        yield Finding(
            file.arm, "weight", "weight_against", "warns",
            f"the weights {what} those that the same {people:,} people had before (rank correlation {r:.2f}).", where,
            "Ask whether the column was sorted, shifted or inverted (a chance of selection in place of a weight).",
            count=people, confidence=0.97 if against else 0.9,
        )  # fmt: skip


def _ranked(one: pl.DataFrame, other: pl.DataFrame) -> tuple[float, int] | None:
    both = one.join(other, on="person_id", suffix="_other").select(pl.col("weight", "weight_other").rank())
    found = correlation((both["weight"].to_numpy(), both["weight_other"].to_numpy())) if both.height >= MANY else None
    return None if found is None else (found, both.height)


def _same_weights(one: pl.DataFrame, other: pl.DataFrame) -> tuple[int, int]:
    """How many people have the same weight in two waves, of how many in both; of none if they do not vary."""
    both = one.join(other, on="person_id", suffix="_other")
    if both["weight"].n_unique() < 2:
        return 0, 0
    return int((both["weight"] == both["weight_other"]).sum()), both.height


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
