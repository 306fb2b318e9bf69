"""The numbers of a study that every paper may name."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from pipeline.papers.results import Fact, other_fact, people_fact, share_fact
from pipeline.papers.study_context import StudyContext


def facts_of(participation: pl.DataFrame, context: StudyContext) -> dict[str, Fact]:
    """Name → fact.

    ``persons``, ``person_waves`` (interviews), ``arms``; of one arm ``persons.main``, ``person_waves.main``,
    ``waves.main``, ``first_wave.main`` (people), ``retention.main`` (share of the people of its first wave who answered
    its last), ``persons.main.w01``; what ``_courses`` counts. Where all arms share one calendar, ``waves``,
    ``first_wave``, ``retention``, ``persons.w01`` and so on need no arm.
    """
    arms = participation["arm"].unique(maintain_order=True).to_list()
    present, base = participation.filter(pl.col("is_present")), context.rules.counts
    everybody = {"arm": arms[0]} if len(arms) == 1 else {}
    facts = {
        "persons": people_fact(present["person_id"].n_unique(), "people who ever answered", everybody, base),
        "person_waves": people_fact(present.height, "interviews", {}, base, unit="interviews"),
        "arms": other_fact(len(arms), "arms of the study", "arms"),
    }
    if len({tuple(participation.filter(pl.col("arm") == arm)["wave"].unique().sort()) for arm in arms}) == 1:
        facts |= _facts(participation, "", "", context)
    for arm in arms:
        facts |= _facts(participation.filter(pl.col("arm") == arm), f".{arm}", f", {context.label(arm)}", context)
    return facts


def _facts(participation: pl.DataFrame, suffix: str, of: str, context: StudyContext) -> dict[str, Fact]:
    """The facts of people with one calendar."""
    present, base = participation.filter(pl.col("is_present")), context.rules.counts
    arms = participation["arm"].unique().to_list()
    where = {"arm": str(arms[0])} if len(arms) == 1 else {}
    waves = participation["wave"].unique().sort().to_list()
    start = present.filter(pl.col("wave") == waves[0]).select("person_id")
    kept = present.filter(pl.col("wave") == waves[-1]).join(start, on="person_id", how="semi").height
    facts = {
        "persons": people_fact(present["person_id"].n_unique(), f"people who ever answered{of}", where, base),
        "person_waves": people_fact(present.height, f"interviews{of}", {}, base, unit="interviews"),
        "waves": other_fact(len(waves), f"waves{of}", "waves"),
        "first_wave": people_fact(
            start.height, f"people who answered the first wave{of}", {**where, "wave": waves[0]}, base
        ),
    }
    if start.height:
        what = f"share of the people of the first wave who answered the last{of}"
        whom = {**where, "wave": waves[-1], "cohort": waves[0]}
        facts["retention"] = share_fact(kept, start.height, what, whom, base)
    facts |= _courses(present, waves, of, where, base)
    named = {f"{name}{suffix}": fact for name, fact in facts.items()}
    many = dict(present.group_by("wave").len().iter_rows())
    for wave in waves:
        what = f"people who answered{of}, {context.label(wave)}"
        named[f"persons{suffix}.{wave}"] = people_fact(many.get(wave, 0), what, {**where, "wave": wave}, base)
    return named


def _courses(present: pl.DataFrame, waves: list[str], of: str, where: Mapping[str, str], base: int) -> dict[str, Fact]:
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
    later = "|".join(waves[1:])

    def counted(number: int, what: str, **whom: str) -> Fact:
        return people_fact(number, f"{what}{of}", {**where, **whom}, base)

    def shared(part: int, all_of: int, what: str, **whom: str) -> Fact:
        return share_fact(part, all_of, f"{what}{of}", {**where, **whom}, base)

    facts = {
        "returned": counted(people.filter("gap").height, "people who came back after a gap", course="gap"),
        "late": counted(total - begun.height, "people who first answered after the first wave", cohort=later),
    }
    if total:
        facts["every_wave"] = shared(whole, total, "share who answered every wave", course="every wave")
        most = int(str(people.group_by("pattern").len()["len"].max()))
        facts["commonest_pattern"] = shared(most, total, "share of the commonest pattern", course="commonest")
    if total > whole:
        what = "share, of those who did not answer every wave, who left and did not come back"
        facts["left_for_good"] = shared(left, total - whole, what, course="left")
    if begun.height:
        what = "share of the people of the first wave who answered a later one"
        again = begun.filter(pl.col("answered") > 1).height
        facts["again"] = shared(again, begun.height, what, cohort=waves[0], course="again")
    return facts
