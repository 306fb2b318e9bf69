"""Participation: every person at every wave of their arm, and the resulting patterns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import polars as pl

from pipeline.door import public
from pipeline.errors import CohesionError
from pipeline.participation.counts import PERSONS, counted
from pipeline.participation.outcomes import with_outcomes


@public(on_disk="pipeline.participation.on_disk:participation")
def participation(
    answers: pl.DataFrame,
    calendar: Mapping[str, Sequence[str]],
    *,
    study: str,
    outcomes: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """One row per person and wave of the person's arm, answered or not, in order of first appearance.

    ``answers`` has one row per person and wave answered: ``person_id, arm, wave`` (other columns are ignored).
    ``calendar`` names the waves of each arm in their order. ``status`` is ``entered`` at the first answered wave,
    ``stayed`` when the arm's wave before was answered too, ``returned`` when it was not, ``absent`` after entry and
    ``not_yet`` before it. ``pattern`` has one character per wave of the arm, ``1`` answered and ``0`` not.
    ``outcomes`` is a field report (``person_id, arm, wave, outcome``; see ``with_outcomes``): it adds the persons who
    were issued and never interviewed, and the reasons for absence.

    Raises CohesionError for an arm or wave outside the calendar, a person twice in a wave, a person in two arms.
    """
    answered = answers.select("person_id", pl.col("arm").cast(pl.String), pl.col("wave").cast(pl.String))
    slots = _slots(calendar)
    _check(answered, slots)
    people = _people(answered, outcomes).with_row_index("person_order")
    grid = (
        people.join(slots, on="arm", how="left", maintain_order="left")
        .join(answered.with_columns(is_present=pl.lit(True)), on=["person_id", "arm", "wave"], how="left")
        .with_columns(pl.col("is_present").fill_null(False))
        .sort("person_order", "wave_order")
    )
    seen_before = pl.col("is_present").cum_sum().over("person_order") - pl.col("is_present").cast(pl.Int64) > 0
    present_before = pl.col("is_present").shift(1, fill_value=False).over("person_order")
    status = (
        pl.when(pl.col("is_present") & ~seen_before)
        .then(pl.lit("entered"))
        .when(pl.col("is_present") & present_before)
        .then(pl.lit("stayed"))
        .when(pl.col("is_present"))
        .then(pl.lit("returned"))
        .when(seen_before)
        .then(pl.lit("absent"))
        .otherwise(pl.lit("not_yet"))
    )
    pattern = pl.col("is_present").cast(pl.Int8).cast(pl.String).str.join("").over("person_order")
    table = grid.select(
        "person_id",
        pl.lit(study).alias("study"),
        "arm",
        "wave",
        "is_present",
        status.alias("status"),
        pattern.alias("pattern"),
    )
    return with_outcomes(table, outcomes)


@public(once=True, on_disk="pipeline.participation.on_disk:patterns")
def patterns(
    participation: pl.DataFrame,
    *,
    by_arm: bool = False,
    by_cohort: bool = False,
    style: Literal["digits", "xtdescribe"] = "digits",
) -> pl.DataFrame:
    """One row per participation pattern (and arm, and cohort), the most common first: count, share and running share.

    ``cohort`` is the wave of entry. ``share`` is of the persons (of the arm, of the cohort) who ever answered.
    ``style="xtdescribe"`` writes an unanswered wave as ``.``, as Stata does.
    """
    by = ["arm"] * by_arm + ["cohort"] * by_cohort
    entry = pl.col("wave").filter(pl.col("is_present")).first().over("person_id")
    people = participation.with_columns(cohort=entry) if by_cohort else participation
    people = counted(people).unique("person_id", maintain_order=True).filter(pl.col("pattern").str.contains("1"))
    shown = pl.col("pattern").str.replace_all("0", ".", literal=True) if style == "xtdescribe" else pl.col("pattern")
    total, running = pl.col("count").sum(), pl.col("share").cum_sum()
    return (
        people.group_by(*by, "pattern", maintain_order=True)
        .agg(pl.col(PERSONS).sum().alias("count"))
        .with_columns(share=pl.col("count") / (total.over(by) if by else total))
        .sort(*by, "count", "pattern", descending=[False] * len(by) + [True, True])
        .with_columns((running.over(by) if by else running).alias("cumulative_share"), shown.alias("pattern"))
    )


def _slots(calendar: Mapping[str, Sequence[str]]) -> pl.DataFrame:
    """One row per arm and wave, numbered in the arm's order."""
    rows = [(arm, str(wave), place) for arm, waves in calendar.items() for place, wave in enumerate(waves)]
    return pl.DataFrame(rows, schema={"arm": pl.String, "wave": pl.String, "wave_order": pl.Int64}, orient="row")


def _people(answered: pl.DataFrame, outcomes: pl.DataFrame | None) -> pl.DataFrame:
    """One row per person: those who answered first, then those who were only issued, each with their arm."""
    people = answered.select("person_id", "arm").unique(maintain_order=True)
    if outcomes is None or "arm" not in outcomes.columns:
        return people
    kind = answered.schema["person_id"]
    issued = outcomes.select(pl.col("person_id").cast(kind, strict=False), pl.col("arm").cast(pl.String)).unique(
        maintain_order=True
    )
    return pl.concat([people, issued.join(people, on="person_id", how="anti", maintain_order="left")])


def _check(answered: pl.DataFrame, slots: pl.DataFrame) -> None:
    outside = answered.join(slots, on=["arm", "wave"], how="anti")
    if outside.height:
        arm, wave = outside.select("arm", "wave").row(0)
        raise CohesionError(
            "answers lie outside the calendar of their arm",
            where=f"arm {arm}, wave {wave}",
            count=outside.height,
            todo="Add the wave to the arm's calendar, or correct the arm of these answers.",
        )
    twice = answered.height - answered.select("person_id", "wave").n_unique()
    if twice:
        raise CohesionError(
            "a person is in a wave more than once", count=twice, todo="Keep one answer per person and wave."
        )
    arms = answered.group_by("person_id").agg(pl.col("arm").n_unique()).filter(pl.col("arm") > 1).height
    if arms:
        raise CohesionError("persons are in more than one arm", count=arms, todo="Give each person one arm.")
