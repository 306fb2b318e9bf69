"""The table of areas: estimates, what may be shown, and who is ranked."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from pipeline.door import public
from pipeline.errors import CohesionError
from pipeline.index.assembly.changes import by_replicates_alone
from pipeline.index.assembly.means import direct, together
from pipeline.index.assembly.recipe import scale_of
from pipeline.index.assembly.replicates import index_replicates
from pipeline.index.assembly.shrunken import Known, with_reliability
from pipeline.index.checks import require_columns
from pipeline.index.persons.head import spelled
from pipeline.index.rounds import Calendar, calendar_of
from pipeline.index.uncertainty import ReplicatedIndex
from pipeline.specs.index import Index
from pipeline.tables import Areas, shaped

NUMBERS = (
    "estimate", "std_error", "conf_low", "conf_high", "n_persons", "n_effective", "reliability",
    "shrunken", "shrunken_error", "shrunken_low", "shrunken_high",
)  # fmt: skip
"""What an area that is not shown has none of."""
ENDS = ("rank_low", "rank_high", "rank_set_low", "rank_set_high")
"""Ends of a rank's percentile interval, and of its simultaneous confidence set."""
LOST = "nobody of it in some replicates: no error can be estimated"


@public(once=("scores", "indicators", "design"))
def area_table(
    index: Index,
    scores: pl.DataFrame,
    indicators: pl.DataFrame,
    design: pl.DataFrame | None = None,
    *,
    labels: Mapping[str, str] | None = None,
    area_measures: pl.DataFrame | None = None,
    margins: pl.DataFrame | None = None,
    census: pl.DataFrame | None = None,
    replicated: ReplicatedIndex | None = None,
) -> pl.DataFrame:
    """One row per area, wave and measure: direct and small-area estimate, and rank among those that are ranked.

    ``scores`` and ``indicators``: the tables of ``person_scores``; ``design``: its columns of strata and units;
    ``labels``: area → name; ``area_measures``: one row per ``area, wave`` with the covariates of the small-area model;
    ``margins`` and ``census``: per ``person_id, wave``, and per ``area`` with ``count``, what ``method: mrp`` goes by.
    ``replicated``: what ``index_replicates`` makes of them, where errors are its: of an index composed over areas, or
    by a weight set; an area that some of its replicates have nobody of is not ranked.
    Areas are ranked, and shrunken, among those of their ``round``: the waves of one name, or as the index declares it.
    An area with fewer people than ``smallest_shown`` has no number; one below a floor of ``ranked`` has no rank, and
    ``reason`` says why. Rank 1 is the highest, ties sharing the best. Raises CohesionError for columns that are absent,
    and for an area in arms of different calendars.
    """
    calendar = calendar_of(index.rounds, scores)
    everything = calendar.of_arms(together(index, scores, indicators))
    _spelled_as_answers(labels or {}, everything["area"])
    means = direct(index, everything, calendar.of_people(design))
    if by_replicates_alone(index):
        replicated = replicated or index_replicates(index, scores, indicators, design)
        means = _composed(index, means, replicated)
    known = Known(calendar.of_areas(area_measures), calendar.of_people(margins), census)
    means = with_reliability(means, index, everything, known)
    lost = _absent(index, replicated) if replicated is not None else None
    return finished(index, means, study=str(everything["study"][0]), labels=labels, lost=lost, calendar=calendar)


def _absent(index: Index, made: ReplicatedIndex) -> pl.DataFrame:
    """The areas, rounds (as waves) and measures that some replicates have nobody of."""
    parts = [made.groups.filter(made.absent(name)).with_columns(measure=pl.lit(name)) for name in index.measures]
    return pl.concat(parts).select("wave", "area", "measure")


def _spelled_as_answers(labels: Mapping[str, str], areas: pl.Series) -> None:
    """Refuse a name for a code that the answers write otherwise: the area would go without it."""
    there = {spelled(code): code for code in areas.drop_nulls().unique()}
    for code in labels:
        found = there.get(spelled(code), code)
        if found not in labels:
            what = f"`{code}` is written `{found}` in the answers"
            raise CohesionError(what, where="labels of areas", todo="Write it so.")


def _composed(index: Index, means: pl.DataFrame, made: ReplicatedIndex) -> pl.DataFrame:
    """Means of areas as the recipe makes them, with the errors of its replicates, in place of persons'."""
    names = ("estimate", "std_error", "conf_low", "conf_high")
    scales = pl.DataFrame([(name, *vars(scale_of(index, name)).values()) for name in index.measures], orient="row",
                          schema={"measure": pl.String, "_origin": pl.Float64, "_unit": pl.Float64})  # fmt: skip
    composed = (
        made.table(index.confidence)
        .join(scales, on="measure", maintain_order="left")
        .select(
            *("wave", "area", "measure"),
            *(
                (pl.col("_origin") + pl.col("_unit") * pl.col(name)).alias(name)
                for name in names
                if name != "std_error"
            ),
            std_error=pl.col("_unit") * pl.col("std_error"),
        )
    )
    return means.drop(names).join(composed, on=["wave", "area", "measure"], how="left", maintain_order="left")


def finished(
    index: Index,
    means: pl.DataFrame,
    *,
    study: str,
    labels: Mapping[str, str] | None = None,
    lost: pl.DataFrame | None = None,
    calendar: Calendar,
) -> pl.DataFrame:
    """The means of areas as the table of areas: numbers withheld, ranks, reasons.

    ``lost``: ``wave, area, measure`` that some replicates have nobody of. ``wave`` is the round here, of ``calendar``.
    """
    keys = ["wave", "area", "measure"]
    marks = lost if lost is not None else pl.DataFrame(schema=dict.fromkeys(keys, pl.String))
    marked = means.join(marks.with_columns(_lost=pl.lit(True)), on=keys, how="left", maintain_order="left")
    judged = _judged(marked.with_columns(pl.col("_lost").fill_null(False)), index)
    names = pl.col("area").replace_strict(dict(labels or {}), default=pl.col("area"), return_dtype=pl.String)
    best = pl.when("is_ranked").then("estimate").rank("min", descending=True).over("wave", "measure")
    ends = [pl.lit(None, pl.Float64).alias(name) for name in ENDS]
    made = judged.with_columns(*ends, study=pl.lit(study), label=names, rank=best.cast(pl.Float64))
    return shaped(calendar.own(made), Areas)


def _judged(means: pl.DataFrame, index: Index) -> pl.DataFrame:
    """With ``is_shown, is_ranked`` and ``reason``; what is not shown has no numbers."""
    floor, people = index.ranked, index.smallest_shown
    shown = pl.col("n_persons") >= people
    enough = pl.col("n_effective") >= floor.n_effective
    sure = pl.col("std_error").is_not_null()
    reliable = pl.col("reliability").fill_null(0.0) >= floor.reliability
    reason = (
        pl.when(~shown).then(pl.lit(f"fewer than {people} people"))
        .when(~enough).then(pl.lit(f"effective n below {floor.n_effective:g}"))
        .when("_lost").then(pl.lit(LOST))
        .when(~sure).then(pl.lit("all of one sampling unit: no error can be estimated"))
        .when(pl.col("reliability").is_null() & ~reliable).then(pl.lit("too few areas for a reliability"))
        .when(~reliable).then(pl.lit(f"reliability below {floor.reliability:g}"))
    )  # fmt: skip
    ranked = shown & enough & sure & reliable & ~pl.col("_lost")
    judged = means.with_columns(is_shown=shown, is_ranked=ranked, reason=reason)
    return judged.with_columns(pl.when("is_shown").then(pl.col(name)).alias(name) for name in NUMBERS)


@public()
def with_rank_intervals(areas: pl.DataFrame, intervals: pl.DataFrame) -> pl.DataFrame:
    """The table of areas with the ends of ranks where an area is ranked; an interval, and a set, holds the rank.

    ``intervals``: ``round, area, measure, rank_low, rank_high, rank_set_low, rank_set_high`` (the last two: confidence
    sets, null where there are none); of replicates of a declared index ``wave`` is the round. Raises CohesionError for
    columns that are absent.
    """
    keys = ["round", "area", "measure"]
    if "round" not in intervals.columns and "wave" in intervals.columns:
        intervals = intervals.rename({"wave": "round"})
    require_columns(intervals, (*keys, *ENDS), "the rank intervals have")
    joined = areas.drop(ENDS).join(intervals.select(*keys, *ENDS), on=keys, how="left", maintain_order="left")
    held = [
        pl.when(pl.col("is_ranked") & pl.col(name).is_not_null())
        .then(pl.min_horizontal("rank", name) if name.endswith("low") else pl.max_horizontal("rank", name))
        .alias(name)
        for name in ENDS
    ]
    return shaped(joined.with_columns(held), Areas)
