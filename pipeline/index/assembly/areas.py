"""The table of areas: estimates, what may be shown, and who is ranked."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from pipeline.door import public
from pipeline.errors import CohesionError
from pipeline.index.assembly.means import direct, together
from pipeline.index.assembly.recipe import replicates_of
from pipeline.index.assembly.shrunken import Known, with_reliability
from pipeline.index.uncertainty import ReplicatedIndex
from pipeline.specs.index import Index
from pipeline.tables import Areas, shaped

NUMBERS = (
    "estimate", "std_error", "conf_low", "conf_high", "n_persons", "n_effective", "reliability",
    "shrunken", "shrunken_error", "shrunken_low", "shrunken_high",
)  # fmt: skip
"""What an area that is not shown has none of."""
RANKS = ("rank", "rank_low", "rank_high")


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
) -> pl.DataFrame:
    """One row per area, wave and measure: direct and small-area estimate, and rank among those that are ranked.

    ``scores`` and ``indicators``: the tables of ``person_scores``; ``design``: its columns of strata and units;
    ``labels``: area → name; ``area_measures``: one row per ``area, wave`` with the covariates of the small-area model;
    ``margins`` and ``census``: per ``person_id, wave``, and per ``area`` with ``count``, what ``method: mrp`` goes by.
    An area with fewer people than ``smallest_shown`` has no number; one below a floor of ``ranked`` has no rank:
    ``reason`` says why. Rank 1 is the highest, ties sharing the best. Raises CohesionError for columns that are absent.
    """
    everything = together(index, scores, indicators)
    means = direct(index, everything, design)
    if index.composed == "areas":
        means = _composed(index, means, replicates_of(index, scores, indicators, design))
    means = with_reliability(means, index, everything, Known(area_measures, margins, census))
    return finished(index, means, study=str(everything["study"][0]), labels=labels)


def _composed(index: Index, means: pl.DataFrame, made: ReplicatedIndex) -> pl.DataFrame:
    """Domains and index composed of areas' means of indicators, with errors from replicates, in place of persons'."""
    names = ("estimate", "std_error", "conf_low", "conf_high")
    composed = made.table(index.confidence).select("wave", "area", "measure", *names)
    other = means.join(composed, on=["wave", "area", "measure"], how="left", maintain_order="left", suffix="_of_areas")
    is_composed = pl.col("level") != "indicator"
    return other.select(
        *(name for name in means.columns if name not in names),
        *(pl.when(is_composed).then(f"{name}_of_areas").otherwise(name).alias(name) for name in names),
    )


def finished(index: Index, means: pl.DataFrame, *, study: str, labels: Mapping[str, str] | None = None) -> pl.DataFrame:
    """The means of areas as the table of areas: numbers withheld, ranks, reasons."""
    judged = _judged(means, index)
    names = pl.col("area").replace_strict(dict(labels or {}), default=pl.col("area"), return_dtype=pl.String)
    best = pl.when("is_ranked").then("estimate").rank("min", descending=True).over("wave", "measure")
    ends = [pl.lit(None, pl.Float64).alias(name) for name in RANKS[1:]]
    made = judged.with_columns(*ends, study=pl.lit(study), label=names, rank=best.cast(pl.Float64))
    return shaped(made, Areas)


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
        .when(~sure).then(pl.lit("all of one sampling unit: no error can be estimated"))
        .when(pl.col("reliability").is_null() & ~reliable).then(pl.lit("too few areas for a reliability"))
        .when(~reliable).then(pl.lit(f"reliability below {floor.reliability:g}"))
    )  # fmt: skip
    judged = means.with_columns(is_shown=shown, is_ranked=shown & enough & sure & reliable, reason=reason)
    return judged.with_columns(pl.when("is_shown").then(pl.col(name)).alias(name) for name in NUMBERS)


@public()
def with_rank_intervals(areas: pl.DataFrame, intervals: pl.DataFrame) -> pl.DataFrame:
    """The table of areas with ``rank_low`` and ``rank_high`` where an area is ranked; an interval holds the rank.

    ``intervals``: ``wave, area, measure, rank_low, rank_high``. Raises CohesionError for columns that are absent.
    """
    keys = ["wave", "area", "measure"]
    absent = [name for name in (*keys, *RANKS[1:]) if name not in intervals.columns]
    if absent:
        raise CohesionError("the rank intervals have no such column", where=absent[0])
    given = intervals.select(*keys, *RANKS[1:])
    joined = areas.drop(RANKS[1:]).join(given, on=keys, how="left", maintain_order="left")
    low, high = pl.min_horizontal("rank", "rank_low"), pl.max_horizontal("rank", "rank_high")
    there = pl.col("is_ranked") & pl.col("rank_low").is_not_null()
    return shaped(joined.with_columns(rank_low=pl.when(there).then(low), rank_high=pl.when(there).then(high)), Areas)
