"""Ranks of a declared index with what sampling and choices of method do to them."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from pipeline.door import public
from pipeline.index.assembly.recipe import choices_of, relabelled, scale_of
from pipeline.index.assembly.replicates import index_replicates
from pipeline.index.uncertainty import (
    MethodDraws,
    ReplicatedIndex,
    method_draws,
    method_effects,
    pairwise,
    rank_intervals,
    rank_sets,
    removals,
    sensitivity,
)
from pipeline.specs.index import WHOLE, Index
from pipeline.tables import AreaPairs, AreaSensitivity, shaped

KEYS = ("round", "area", "measure")
ROUND = {"wave": "round"}
"""Replicates of an index call a round a wave."""


@dataclass(frozen=True)
class Uncertain:
    """``intervals``: one row per area, round and measure that is ranked: ``rank_low`` to ``rank_high``, the percentile
    interval of its own rank, and ``rank_set_low`` to ``rank_set_high``, its set in a confidence set of all ranks;
    ``pairs`` and ``sensitivity``: the tables ``area_pairs`` and ``area_sensitivity``.
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
    *,
    replicated: ReplicatedIndex | None = None,
) -> Uncertain:
    """Rank intervals, pairs of areas and the weight of each choice of method, of the areas that are ranked.

    ``areas``: the table of ``area_table``, which says who is ranked. ``replicated``: what ``index_replicates`` makes of
    the others; by itself it is made of them. Intervals and probabilities of the whole index carry sampling and the
    declared choices of method; those of domains and indicators, and all confidence sets, sampling alone. Numbers of
    areas that are not shown are in none of the tables.
    """
    said = index.uncertainty
    made = replicated if replicated is not None else index_replicates(index, scores, indicators, design)
    choices = choices_of(index)
    drawn = method_draws(made, choices, draws=said.draws, seed=said.seed) if choices else None
    ranked = areas.filter("is_ranked").with_columns(wave="round")
    measures = [name for name in index.measures if name in set(ranked["measure"])]
    return Uncertain(
        _intervals(index, made, drawn, ranked, measures),
        _pairs(index, made, drawn, ranked),
        _sensitivity(index, made, drawn, ranked),
    )


def _of(ranked: pl.DataFrame, measure: str) -> pl.DataFrame:
    return ranked.filter(pl.col("measure") == measure).select("area", "wave")


def _several(ranked: pl.DataFrame, measure: str) -> pl.DataFrame:
    return _of(ranked, measure).filter(pl.len().over("wave") > 1)


def _intervals(
    index: Index, made: ReplicatedIndex, drawn: MethodDraws | None, ranked: pl.DataFrame, measures: list[str]
) -> pl.DataFrame:
    parts = []
    for measure in measures:
        source = drawn if drawn is not None and measure == WHOLE else made
        found = rank_intervals(
            source, measure, confidence=index.confidence, only=_of(ranked, measure), seed=index.uncertainty.seed
        )
        own = found.rename(ROUND).select(*KEYS, pl.col("rank_low", "rank_high").cast(pl.Float64))
        parts.append(own.join(_sets(index, made, ranked, measure), on=list(KEYS), how="left", maintain_order="left"))
    ends = ("rank_low", "rank_high", "rank_set_low", "rank_set_high")
    empty = {**dict.fromkeys(KEYS, pl.String), **dict.fromkeys(ends, pl.Float64)}
    return pl.concat(parts) if parts else pl.DataFrame(schema=empty)


def _sets(index: Index, made: ReplicatedIndex, ranked: pl.DataFrame, measure: str) -> pl.DataFrame:
    """The simultaneous confidence sets of the ranks of a measure, in rounds in which two or more areas are ranked."""
    names = {"rank_low": "rank_set_low", "rank_high": "rank_set_high"}
    only = _several(ranked, measure)
    if not only.height:
        return pl.DataFrame(schema={**dict.fromkeys(KEYS, pl.String), **dict.fromkeys(names.values(), pl.Float64)})
    found = rank_sets(made, measure, confidence=index.confidence, seed=index.uncertainty.seed, only=only)
    return found.rename(ROUND).select(*KEYS, *names).rename(names)


def _pairs(index: Index, made: ReplicatedIndex, drawn: MethodDraws | None, ranked: pl.DataFrame) -> pl.DataFrame:
    """Pairs of the areas that are ranked, on the index and its domains."""
    parts = []
    for measure in (WHOLE, *index.domains):
        only = _several(ranked, measure)
        if only.height:
            source = drawn if drawn is not None and measure == WHOLE else made
            found = pairwise(source, measure, only=only, seed=index.uncertainty.seed)
            unit = scale_of(index, measure).unit
            found = found.rename(ROUND).with_columns(pl.col("difference", "std_error") * unit)
            parts.append(shaped(found, AreaPairs))
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
    every = pl.concat([shaped(part.rename(ROUND), AreaSensitivity) for part in parts])
    is_score = (pl.col("measure") == WHOLE) & pl.col("kind").is_in(["method", "removal"])
    scored = pl.when(is_score).then(scale_of(index, WHOLE).unit * pl.col("value")).otherwise("value")
    every = every.with_columns(value=scored, choice=relabelled(index, pl.col("choice")))
    kept = _of(ranked, WHOLE).rename(ROUND).with_columns(_kept=pl.lit(True))
    joined = every.join(kept, on=["area", "round"], how="left", maintain_order="left")
    return joined.filter(pl.col("area").is_null() | pl.col("_kept").fill_null(False)).drop("_kept")
