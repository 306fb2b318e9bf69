"""The numbers of a study that every paper may name."""

from __future__ import annotations

import polars as pl

from pipeline.papers.results import Fact
from pipeline.papers.study_context import StudyContext


def facts_of(participation: pl.DataFrame, context: StudyContext) -> dict[str, Fact]:
    """Name → fact.

    ``persons``, ``person_waves`` (interviews), ``arms``; of one arm ``persons.main``, ``person_waves.main``,
    ``waves.main``, ``first_wave.main`` (people), ``retention.main`` (share of the people of its first wave who answered
    its last), ``persons.main.w01``; what ``_courses`` counts. Where all arms share one calendar, ``waves``,
    ``first_wave``, ``retention``, ``persons.w01`` and so on need no arm.
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
    facts |= _courses(present, waves, of)
    named = {f"{name}{suffix}": fact for name, fact in facts.items()}
    many = dict(present.group_by("wave").len().iter_rows())
    for wave in waves:
        named[f"persons{suffix}.{wave}"] = Fact(many.get(wave, 0), f"people who answered{of}, {context.label(wave)}")
    return named


def _courses(present: pl.DataFrame, waves: list[str], of: str) -> dict[str, Fact]:
    """How people came and went.

    ``every_wave``: share of all who ever answered who answered every wave. ``left_for_good``: share of the others who
    answered from the first wave on without a gap, and then no more. ``again``: share of the people of the first
    wave who answered a later one. ``returned``, ``late``: people who came back after a gap, or first answered after
    the first wave. ``commonest_pattern``: the largest share of people with one pattern of waves.
    """
    numbered = present.with_columns(place=pl.col("wave").replace_strict({wave: n for n, wave in enumerate(waves)}))
    people = numbered.group_by("person_id").agg(
        pl.len().alias("answered"), pl.col("place").min().alias("first"), pl.col("place").max().alias("last"),
        pl.col("place").sort().alias("pattern"),
    )  # fmt: skip
    people = people.with_columns(gap=pl.col("last") - pl.col("first") + 1 > pl.col("answered"))
    total, whole = people.height, people.filter(answered=len(waves)).height
    begun = people.filter(first=0)
    left = begun.filter(~pl.col("gap"), pl.col("last") < len(waves) - 1).height
    facts = {
        "returned": Fact(people.filter("gap").height, f"people who came back after a gap{of}"),
        "late": Fact(total - begun.height, f"people who first answered after the first wave{of}"),
    }
    counted = f"{total:,} people"
    if total:
        facts["every_wave"] = Fact(whole / total, f"share who answered every wave{of}", people=counted)
        most = people.group_by("pattern").len()["len"].max()
        facts["commonest_pattern"] = Fact(int(str(most)) / total, f"share of the commonest pattern{of}", people=counted)
    if total > whole:
        what = f"share, of those who did not answer every wave, who left and did not come back{of}"
        facts["left_for_good"] = Fact(left / (total - whole), what, people=f"{total - whole:,} people")
    if begun.height:
        what = f"share of the people of the first wave who answered a later one{of}"
        again = begun.filter(pl.col("answered") > 1).height
        facts["again"] = Fact(again / begun.height, what, people=f"{begun.height:,} people")
    return facts
