"""A declared index as the recipe that draws of methods and replicates go through."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl

from pipeline.index.composites.weights import budget_weights
from pipeline.index.uncertainty import Recipe
from pipeline.options import known_options
from pipeline.specs.index import WHOLE, Index
from pipeline.specs.index_parts import BOUNDED

AS_THEY_COME = "own_range"


@known_options
def recipe_of(index: Index) -> Recipe:
    """The recipe of persons' indicators from 0 to 100, as ``on_own_range`` has them."""
    said, (low, high), treated = index.weights, index.normalisation.bounds, index.outliers
    bounded = index.normalisation.method in BOUNDED
    made: dict[str, Any] = {
        "composed": index.composed,
        "normalisation": index.normalisation.method if index.composed == "areas" else AS_THEY_COME,
        "weights": said.method,
        "declared": {**said.domains, **said.indicators},
        "budget": budget_weights(said.budget) if said.budget else {},
        "within": index.aggregation.domains,
        "across": index.aggregation.index,
        "treatment": treated.method,
        "winsorised": treated.winsorised,
        "skew": treated.skew,
        "kurtosis": treated.kurtosis,
        "coverage": index.coverage.indicators,
        "domain_coverage": index.coverage.domains,
        "lowest": 100 * low / high if bounded and low > 0 else 0.0,
    }
    return Recipe(index.structure, **made)


def on_own_range(index: Index, indicators: pl.DataFrame) -> pl.DataFrame:
    """Indicators on the declared bounds as shares of them, from 0 to 100; others as they are."""
    low, high = index.normalisation.bounds
    if index.composed == "persons" and index.normalisation.method not in BOUNDED:
        return indicators
    return indicators.with_columns((pl.col(name) - low) / (high - low) * 100 for name in index.indicators)


@dataclass(frozen=True)
class Scale:
    """Scores of a recipe as the index declares them: ``origin`` + ``unit`` × score; differences by ``unit`` alone."""

    origin: float = 0.0
    unit: float = 1.0


def scale_of(index: Index, measure: str) -> Scale:
    """How scores of a recipe, from 0 to 100 (or ``lowest``), become those on the declared bounds or z-scores.

    Copeland's scores are numbers of areas, on no such scale.
    """
    said, (low, high) = index.normalisation, index.normalisation.bounds
    if measure == WHOLE and index.aggregation.index == "copeland":
        return Scale()
    if said.method in BOUNDED or (said.method == "percentile" and index.composed == "areas"):
        share = Scale(low, (high - low) / 100)
        return share if measure in index.indicators or low <= 0 else Scale(0.0, high / 100)
    if said.method == "z_score" and index.composed == "areas" and measure not in index.indicators:
        mean, spread = said.mean_sd
        return Scale(mean - 5 * spread, spread / 10)
    return Scale()


def choices_of(index: Index) -> dict[str, Any]:
    """The declared choices among methods, each with what is declared; empty where there are none.

    Persons' scores come as the index normalises them, which a recipe calls ``own_range``: see ``relabelled``.
    """
    said, declared = index.uncertainty.choices, index.normalisation.method
    found: dict[str, Any] = {}
    if said.normalisation:
        first = declared if index.composed == "areas" else AS_THEY_COME
        found["normalisation"] = list(dict.fromkeys([first, *(one for one in said.normalisation if one != declared)]))
    if said.weights:
        found["weights"] = list(dict.fromkeys([index.weights.method, *said.weights]))
    if "random" in said.weights:
        found["perturbation"] = index.uncertainty.perturbed
    if said.aggregation:
        found["across"] = list(dict.fromkeys([index.aggregation.index, *said.aggregation]))
    if said.left_out != "none":
        found["left_out"] = said.left_out
    return found


def relabelled(index: Index, choice: pl.Expr) -> pl.Expr:
    """Labels of choices, with the declared normalisation of persons' scores by its name."""
    if index.composed == "areas":
        return choice
    return choice.replace(f"normalisation: {AS_THEY_COME}", f"normalisation: {index.normalisation.method}")
