"""Facts that do not change: sex, birth year and others held against the first wave; age against the calendar."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from pipeline.harmonise.drift.change import Pair, kappa
from pipeline.harmonise.drift.finding import MANY, Finding
from pipeline.harmonise.drift.missing import SURE
from pipeline.harmonise.drift.reading import Reading
from pipeline.specs.deposits import WaveFile
from pipeline.specs.study import Item

NEARLY_ALL = 0.9
"""A lasting fact that differs for more people than this is not used: its codes or the links must be wrong."""
OLDER = 2.0
"""Years by which an age may run ahead of the calendar: rounding, and a birthday between."""


def fact_findings(file: WaveFile, key: str, item: Item, now: Reading, first: pl.DataFrame | None) -> Iterator[Finding]:
    """People whose lasting fact is not what it was when it was first recorded.

    ``first``: one row per person with the ``value`` and the ``wave`` in which it was first recorded.
    """
    if not item.time_constant or first is None:
        return
    both = first.join(now.frame.select("person_id", now="value"), on="person_id").drop_nulls(["value", "now"])
    differing = both.filter(pl.col("value") != pl.col("now"))
    if not differing.height:
        return
    share = differing.height / both.height
    waves = ", ".join(
        f"{count:,} against {wave}" for wave, count in differing["wave"].value_counts().sort("wave").iter_rows()
    )
    yield Finding(
        file.arm, key, "contradicts_fact", "blocks" if _turned_round(both, share) else "warns",
        f"a lasting fact differs from when it was first recorded for {share:.1%} of the {both.height:,} people in both "
        f"({waves}).",
        f"{file.file}, `{now.rule.variable}`",
        "Compare how the codes are assigned; check how people were linked.",
        count=differing.height, confidence=0.99,
    )  # fmt: skip


def _turned_round(both: pl.DataFrame, share: float) -> bool:
    """Whether nearly nobody has the fact they had, or fewer than by chance: other codes, or other people."""
    agreement = kappa((both["value"].to_numpy(), both["now"].to_numpy()))
    return share > NEARLY_ALL or (agreement is not None and agreement[0] + SURE * agreement[1] < 0)


def age_findings(
    file: WaveFile, key: str, item: Item, now: Reading, pair: Pair, years: float, apart: float, grew: bool
) -> Iterator[Finding]:
    """People who are younger than in the wave before, older by more than the ``years`` between allow, or no older.

    ``years``: the most that may lie between two interviews; ``apart``: the least. ``grew``: between the two waves
    before people grew older, so that it is no age at the first interview.
    """
    if item.concept != "age" or item.time_constant:
        return
    grown = pair[1] - pair[0]
    backwards, ahead = int((grown < 0).sum()), int((grown > years + OLDER).sum())
    where = f"{file.file}, `{now.rule.variable}`"
    todo = "Check how people were linked, and which interview is right."
    if backwards:
        yield Finding(
            file.arm, key, "age_backwards", "warns",
            f"people who are younger than in the wave before, of {len(grown):,} in both.", where, todo,
            count=backwards, confidence=0.99,
        )  # fmt: skip
    if ahead:
        yield Finding(
            file.arm, key, "age_ahead", "warns",
            f"people who are older by more than {years + OLDER:.0f} years, of {len(grown):,} in both; "
            f"the waves are {years:.1f} years apart.",
            where, todo, count=ahead, confidence=0.99,
        )  # fmt: skip
    stays = int((grown == 0).sum())
    if len(grown) >= MANY and apart >= 0.5 and stays >= NEARLY_ALL * len(grown):
        yield Finding(
            file.arm, key, "age_unchanged", "warns" if grew else "notes",
            f"people with the age that they had in the wave before, of {len(grown):,} in both; the waves are at least "
            f"{apart:.1f} years apart.", where,
            "The column may hold the ages of an earlier wave: ask for this wave's. If it is the age at the first "
            "interview, declare `time_constant: true`.", count=stays, confidence=0.97,
        )  # fmt: skip


def composition_findings(
    file: WaveFile, key: str, item: Item, now: Reading, before: Reading | None
) -> Iterator[Finding]:
    """Kinds of people (by a lasting fact) that are no longer in the wave at all: the universe is another."""
    if not item.time_constant or item.kind == "number" or before is None or now.valued_rows < MANY:
        return
    shares = {value: count / before.valued_rows for value, count in before.tally.items()}
    present = set(now.tally)
    gone = {value: share for value, share in shares.items() if share >= 0.1 and value not in present}
    if not gone or not present & set(shares):
        return
    labels = {value: now.rule.labels.get(code, code) for code, (value, _) in now.rule.codes.items()}
    told = ", ".join(f"“{labels.get(value, f'{value:g}')}” (was {share:.0%})" for value, share in gone.items())
    yield Finding(
        file.arm, key, "universe", "warns",
        f"nobody of a kind that the wave before had: {told}.", f"{file.file}, `{now.rule.variable}`",
        "Ask who was invited; declare the wave's own universe, or ask for the rest of the file.",
        count=now.valued_rows, confidence=0.99,
    )  # fmt: skip
