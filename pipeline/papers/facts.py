"""The numbers of a study that every paper may name."""

from __future__ import annotations

import polars as pl

from pipeline.papers.results import Fact
from pipeline.papers.study_context import StudyContext


def facts_of(participation: pl.DataFrame, context: StudyContext) -> dict[str, Fact]:
    """Name → fact.

    ``persons``, ``person_waves`` (interviews), ``arms``; of one arm ``persons.main``, ``person_waves.main``,
    ``waves.main``, ``first_wave.main`` (people), ``retention.main`` (share of the people of its first wave who answered
    its last), ``persons.main.w01``. Where all arms share one calendar, ``waves``, ``first_wave``, ``retention`` and
    ``persons.w01`` need no arm.
    """
    arms = participation["arm"].unique(maintain_order=True).to_list()
    present = participation.filter(pl.col("is_present"))
    facts = {
        "persons": Fact(present["person_id"].n_unique(), "people who ever answered"),
        "person_waves": Fact(present.height, "interviews"),
        "arms": Fact(len(arms), "arms of the study"),
    }
    if len({tuple(participation.filter(pl.col("arm") == arm)["wave"].unique().sort()) for arm in arms}) == 1:
        facts |= _facts(participation, "", "", context)
    for arm in arms:
        facts |= _facts(participation.filter(pl.col("arm") == arm), f".{arm}", f", {context.label(arm)}", context)
    return facts


def _facts(participation: pl.DataFrame, suffix: str, of: str, context: StudyContext) -> dict[str, Fact]:
    """The facts of people with one calendar."""
    present = participation.filter(pl.col("is_present"))
    waves = participation["wave"].unique().sort().to_list()
    start = present.filter(pl.col("wave") == waves[0]).select("person_id")
    kept = present.filter(pl.col("wave") == waves[-1]).join(start, on="person_id", how="semi").height
    facts = {
        "persons": Fact(present["person_id"].n_unique(), f"people who ever answered{of}"),
        "person_waves": Fact(present.height, f"interviews{of}"),
        "waves": Fact(len(waves), f"waves{of}"),
        "first_wave": Fact(start.height, f"people who answered the first wave{of}"),
    }
    if start.height:
        what = f"share of the people of the first wave who answered the last{of}"
        facts["retention"] = Fact(kept / start.height, what, people=f"{start.height:,} people")
    named = {f"{name}{suffix}": fact for name, fact in facts.items()}
    many = dict(present.group_by("wave").len().iter_rows())
    for wave in waves:
        named[f"persons{suffix}.{wave}"] = Fact(many.get(wave, 0), f"people who answered{of}, {context.label(wave)}")
    return named
