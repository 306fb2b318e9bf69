"""A declared index as the recipe that draws of methods and replicates go through."""

from __future__ import annotations

from typing import Any

import polars as pl

from pipeline.index.assembly.means import together
from pipeline.index.composites.weights import budget_weights
from pipeline.index.persons.area_means import placed
from pipeline.index.uncertainty import Recipe, ReplicatedIndex, replicated_index
from pipeline.specs.index import Index

AS_THEY_COME = "own_range"
OF_A_RECIPE = ("own_range", "z_score", "percentile", "min_max")
"""Normalisations that a draw of methods can make anew."""


def recipe_of(index: Index) -> Recipe:
    """The recipe of persons' indicators from 0 to 100, as ``on_own_range`` has them."""
    said, low, high = index.weights, *index.normalisation.bounds
    bounded = index.normalisation.method in ("own_range", "min_max", "goalposts")
    relative = index.normalisation.method in OF_A_RECIPE and index.composed == "areas"
    made: dict[str, Any] = {
        "composed": index.composed,
        "normalisation": index.normalisation.method if relative else AS_THEY_COME,
        "weights": said.method,
        "declared": {**said.domains, **said.indicators},
        "budget": budget_weights(said.budget) if said.budget else {},
        "within": index.aggregation.domains,
        "across": index.aggregation.index,
        "treatment": index.outliers.method,
        "coverage": index.coverage.indicators,
        "domain_coverage": index.coverage.domains,
        "lowest": max(100 * low / high, 0.0) if bounded and high > 0 else 0.0,
    }
    return Recipe(index.structure, **made)


def on_own_range(index: Index, indicators: pl.DataFrame) -> pl.DataFrame:
    """Indicators on the declared bounds as shares of them, from 0 to 100; others as they are."""
    low, high = index.normalisation.bounds
    if index.normalisation.method not in ("own_range", "goalposts", "min_max"):
        return indicators
    return indicators.with_columns((pl.col(name) - low) / (high - low) * 100 for name in index.indicators)


def replicates_of(
    index: Index, scores: pl.DataFrame, indicators: pl.DataFrame, design: pl.DataFrame | None = None
) -> ReplicatedIndex:
    """The declared index in the sample and in every replicate: a bootstrap of persons, or units, within areas."""
    rows = placed(together(index, scores, on_own_range(index, indicators)), design)
    rows = rows.filter(pl.col("area").is_not_null(), pl.col("weight") > 0)
    said = index.uncertainty
    return replicated_index(rows, recipe_of(index), replicates=said.replicates, seed=said.seed, psu="_unit")


def choices_of(index: Index) -> dict[str, Any]:
    """The declared choices among methods, each with what is declared; empty where there are none."""
    said = index.uncertainty.choices
    found: dict[str, Any] = {}
    if said.normalisation:
        declared = index.normalisation.method if index.normalisation.method in OF_A_RECIPE else AS_THEY_COME
        known = [one for one in said.normalisation if one in OF_A_RECIPE]
        found["normalisation"] = list(dict.fromkeys([declared, *known]))
    if said.weights:
        found["weights"] = list(dict.fromkeys([index.weights.method, *said.weights]))
    if "random" in said.weights:
        found["perturbation"] = index.uncertainty.perturbed
    if said.aggregation:
        found["across"] = list(dict.fromkeys([index.aggregation.index, *said.aggregation]))
    if said.left_out != "none":
        found["left_out"] = said.left_out
    return found
