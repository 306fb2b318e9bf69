"""Ranks of a declared index with what sampling and choices of method do to them."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from pipeline.door import public
from pipeline.index.assembly.recipe import choices_of, replicates_of
from pipeline.index.uncertainty import (
    MethodDraws,
    ReplicatedIndex,
    method_draws,
    method_effects,
    pairwise,
    rank_intervals,
    removals,
    sensitivity,
)
from pipeline.specs.index import WHOLE, Index
from pipeline.tables import AreaPairs, AreaSensitivity, shaped

KEYS = ("wave", "area", "measure")


@dataclass(frozen=True)
class Uncertain:
    """``intervals``: one row per area, wave and measure that is ranked, ``rank_low`` to ``rank_high``; ``pairs`` and
    ``sensitivity``: the tables ``area_pairs`` and ``area_sensitivity``.
    """

    intervals: pl.DataFrame
    pairs: pl.DataFrame
    sensitivity: pl.DataFrame


@public(once=("scores", "indicators", "design"))
def index_uncertainty(
    index: Index,
    areas: pl.DataFrame,
    scores: pl.DataFrame,
    indicators: pl.DataFrame,
    design: pl.DataFrame | None = None,
) -> Uncertain:
    """Rank intervals, pairs of areas and the weight of each choice of method, of the areas that are ranked.

    ``areas``: the table of ``area_table``, which says who is ranked. Replicates are a bootstrap of persons, or of
    the units of ``design``, with the declared seed. Intervals and probabilities of the whole index
    carry sampling and the declared choices of method; those of domains and indicators sampling alone. Numbers of areas
    that are not shown are in none of the tables. Units are drawn within areas, so that each has all replicates.
    """
    said = index.uncertainty
    replicated = replicates_of(index, scores, indicators, design)
    choices = choices_of(index)
    drawn = method_draws(replicated, choices, draws=said.draws, seed=said.seed) if choices else None
    ranked = areas.filter("is_ranked")
    measures = [name for name in index.measures if name in set(ranked["measure"])]
    return Uncertain(
        _intervals(index, replicated, drawn, ranked, measures),
        _pairs(index, replicated, drawn, ranked),
        _sensitivity(index, replicated, drawn, ranked),
    )


def _of(ranked: pl.DataFrame, measure: str) -> pl.DataFrame:
    return ranked.filter(pl.col("measure") == measure).select("area", "wave")


def _intervals(
    index: Index, made: ReplicatedIndex, drawn: MethodDraws | None, ranked: pl.DataFrame, measures: list[str]
) -> pl.DataFrame:
    parts = []
    for measure in measures:
        source = drawn if drawn is not None and measure == WHOLE else made
        found = rank_intervals(
            source, measure, confidence=index.confidence, only=_of(ranked, measure), seed=index.uncertainty.seed
        )
        columns = [pl.lit(measure).alias("measure") if name == "measure" else pl.col(name) for name in KEYS]
        parts.append(found.select(*columns, pl.col("rank_low", "rank_high").cast(pl.Float64)))
    empty = {**dict.fromkeys(KEYS, pl.String), "rank_low": pl.Float64, "rank_high": pl.Float64}
    return pl.concat(parts) if parts else pl.DataFrame(schema=empty)


def _pairs(index: Index, made: ReplicatedIndex, drawn: MethodDraws | None, ranked: pl.DataFrame) -> pl.DataFrame:
    """Pairs of the areas that are ranked, on the index and its domains."""
    parts = []
    for measure in (WHOLE, *index.domains):
        only = _of(ranked, measure).filter(pl.len().over("wave") > 1)
        if only.height:
            source = drawn if drawn is not None and measure == WHOLE else made
            found = pairwise(source, measure, only=only, seed=index.uncertainty.seed)
            parts.append(shaped(found.with_columns(measure=pl.lit(measure)), AreaPairs))
    return pl.concat(parts) if parts else shaped(pl.DataFrame(), AreaPairs)


def _sensitivity(index: Index, made: ReplicatedIndex, drawn: MethodDraws | None, ranked: pl.DataFrame) -> pl.DataFrame:
    """What each choice, and each domain or indicator left out, does: of areas that are ranked, and of all together."""
    parts = [removals(made)] if len(index.indicators) > 1 else []
    if drawn is not None:
        parts.append(method_effects(drawn))
        choices = choices_of(index)
        if len(choices) > 1:
            parts.append(sensitivity(made, choices, seed=index.uncertainty.seed))
    if not parts:
        return shaped(pl.DataFrame(), AreaSensitivity)
    every = pl.concat([shaped(part, AreaSensitivity) for part in parts])
    kept = _of(ranked, WHOLE).with_columns(_kept=pl.lit(True))
    joined = every.join(kept, on=["area", "wave"], how="left", maintain_order="left")
    return joined.filter(pl.col("area").is_null() | pl.col("_kept").fill_null(False)).drop("_kept")
