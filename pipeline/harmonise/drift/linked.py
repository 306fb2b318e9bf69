"""How many people of a wave are known from the waves before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import polars as pl

from pipeline.harmonise.drift.finding import MANY, Finding
from pipeline.options import known_options
from pipeline.specs.deposits import WaveFile
from pipeline.specs.project import Study

FEW_LINKED = 0.05
FEW_PEOPLE, HARDLY_ANY = 0.5, 0.1
"""Fewer people than this share of the wave before are reported; so few stop the wave."""


def link_findings(file: WaveFile, ids: pl.Series, earlier: pl.Series, people_before: int) -> Iterator[Finding]:
    """How many people of a wave are known from the waves before, and how many there are; ``people_before`` were in the
    last one."""
    yield from _few_people(file, ids.len(), people_before)
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


def _few_people(file: WaveFile, people: int, before: int) -> Iterator[Finding]:
    """A wave of far fewer people than the one before: a part of the file may be missing."""
    if before < MANY or people >= FEW_PEOPLE * before:
        return
    yield Finding(
        file.arm, "person_id", "few_people", "blocks" if people < HARDLY_ANY * before else "warns",
        f"{people:,} people, where {before:,} were in the wave before ({people / before:.0%}).", file.file,
        "Ask whether the file is whole; accept it by a decision if only a part was interviewed again.",
        count=people, confidence=0.8,
    )  # fmt: skip


@known_options
def link_counts(study: Study, waves: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """One row per wave after the first: people known from the waves before, new ones, and those not there."""
    rows: list[tuple[str, int, int, int]] = []
    known = pl.Series("person_id", [], dtype=pl.String)
    for wave in study.waves:
        people = waves[wave]["person_id"].unique()
        again = int(people.is_in(known.implode()).sum())
        if known.len():
            rows.append((wave, again, people.len() - again, known.len() - again))
        known = pl.concat([known, people]).unique()
    return pl.DataFrame(rows, schema=dict(zip(LINKS, (pl.String, *[pl.Int64] * 3), strict=True)), orient="row")


LINKS = ("Wave", "Known", "New", "Of those before, not there")


@known_options
def links(counts: pl.DataFrame) -> str:
    """``link_counts`` in words."""
    told = [
        f"{wave}: {known:,} known, {new:,} new, {gone:,} of those before not there"
        for wave, known, new, gone in counts.iter_rows()
    ]
    return "; ".join(told) or "one wave: nothing to link"


@known_options
def linked_table(study: Study, linked: pl.DataFrame) -> pl.DataFrame:
    """One row per wave and arm after the first, as people read it, from ``linked`` (contract ``Linked``).

    Of those in the wave before who can be ``Compared`` in a lasting fact, some contradict it; beside it stands how many
    it would be of people linked at random.
    """
    titles = {key: declared.title for key, declared in study.waves.items()}
    arms = {key: arm.title for key, arm in study.about.arms.items()}
    made = linked.select(
        pl.col("wave").replace_strict(titles).alias("Wave"),
        pl.col("arm").replace_strict(arms).alias("Arm"),
        pl.col("people").alias("People"),
        pl.col("known").alias("In the wave before"),
        pl.col("returned").alias("Back after a gap"),
        pl.col("doubtful").alias("Doubtful id"),
        pl.col("expected").alias("New, on a list"),
        pl.col("new").alias("New, on no list"),
        pl.col("compared").alias("Compared"),
        pl.col("contradict").alias("Facts contradict"),
        pl.col("by_chance").round(0).cast(pl.Int64).alias("By chance"),
    )
    return made if len(arms) > 1 else made.drop("Arm")
