"""Facts that do not change, weights that cannot be, and who is linked to the waves before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import polars as pl

from pipeline.harmonise.drift.finding import Finding, Severity
from pipeline.harmonise.drift.reading import Reading
from pipeline.specs.project import Study
from pipeline.specs.study import Item, WaveFile

FEW_LINKED = 0.05
HUGE = 20.0
"""A weight this many times the median is told."""


def fact_findings(file: WaveFile, key: str, item: Item, now: Reading, before: Reading) -> Iterator[Finding]:
    """People whose sex, birth year or other lasting fact is not what it was; ages that ran backwards."""
    both = before.frame.join(now.frame, on="person_id", suffix="_now").drop_nulls(["value", "value_now"])
    where = f"{file.file}, `{now.rule.variable}`"
    if item.time_constant and both.height:
        differing = both.filter(pl.col("value") != pl.col("value_now")).height
        if differing:
            share = differing / both.height
            yield Finding(
                file.arm, key, "contradicts_fact", "blocks" if share > 0.5 else "warns",
                f"a lasting fact differs from the wave before for {share:.1%} of those in both.", where,
                "Compare how the codes are assigned; check how people were linked.",
                count=differing, confidence=round(min(0.99, 0.5 + share), 2),
            )  # fmt: skip
    if item.concept == "age" and both.height:
        backwards = both.filter(pl.col("value_now") < pl.col("value")).height
        if backwards:
            yield Finding(
                file.arm, key, "age_backwards", "warns", "people who are younger than in the wave before.", where,
                "Check how people were linked, and which interview is right.",
                count=backwards, confidence=0.95,
            )  # fmt: skip


def weight_findings(file: WaveFile, variable: str, rows: pl.DataFrame) -> Iterator[Finding]:
    """Weights that are missing, not positive, or out of all proportion."""
    values = rows[variable].cast(pl.Float64, strict=False)
    where = f"{file.file}, `{variable}`"
    bad = int(((values <= 0) | ~values.is_finite()).fill_null(False).sum())
    if bad:
        yield Finding(
            file.arm, "weight", "weight_not_positive", "blocks", "weights that are zero, negative or not finite.",
            where, "Ask for the weights again.", count=bad,
        )  # fmt: skip
    missing = int(values.is_null().sum())
    if missing:
        yield Finding(
            file.arm, "weight", "weight_missing", "warns", "rows without a weight; they enter no weighted result.",
            where, "Ask for the weights of these rows.", count=missing,
        )  # fmt: skip
    positive = values.filter((values > 0).fill_null(False))
    median = positive.median()
    huge = int((positive > HUGE * float(median)).sum()) if isinstance(median, float) else 0
    severity: Severity = "blocks" if huge > positive.len() / 100 else "warns"
    if huge:
        yield Finding(
            file.arm, "weight", "weight_huge", severity, f"weights over {HUGE:g} times the median.",
            where, "Ask how the weights were trimmed.", count=huge, confidence=0.9,
        )  # fmt: skip


def link_findings(file: WaveFile, ids: pl.Series, earlier: pl.Series) -> Iterator[Finding]:
    """How many people of a wave are known from the waves before."""
    if not earlier.len() or not ids.len():
        return
    linked = int(ids.is_in(earlier.implode()).sum())
    share = linked / ids.len()
    if share < FEW_LINKED:
        yield Finding(
            file.arm, "person_id", "unlinked", "blocks",
            f"{share:.1%} of the ids are known from the waves before ({linked:,} of {ids.len():,}).", file.file,
            "Check the id variable, its format and its prefix; or accept, if this is a fresh sample.",
            count=ids.len() - linked, confidence=0.99,
        )  # fmt: skip
    elif linked < ids.len():
        yield Finding(
            file.arm, "person_id", "new_people", "notes",
            f"{1 - share:.1%} of the ids are new; {share:.1%} are known from the waves before.", file.file,
            "Nothing, if the wave has a refreshment sample.", count=ids.len() - linked, confidence=0.5,
        )  # fmt: skip


def links(study: Study, waves: Mapping[str, pl.DataFrame]) -> str:
    """In words, wave by wave and in counts: who is known from the waves before, who is new, who is not there."""
    told, known = [], pl.Series("person_id", [], dtype=pl.String)
    for wave in study.waves:
        people = waves[wave]["person_id"].unique()
        again = int(people.is_in(known.implode()).sum())
        if known.len():
            gone = known.len() - again
            told.append(f"{wave}: {again:,} known, {people.len() - again:,} new, {gone:,} of those before not there")
        known = pl.concat([known, people]).unique()
    return "; ".join(told) or "one wave: nothing to link"
