"""What the functions of outcome models share once a model is fitted: rows of effects, predictions and fit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import polars as pl

from pipeline.models.declared import ModelSpec, regression
from pipeline.models.effects.predictions import Values
from pipeline.models.effects.response import Response
from pipeline.models.effects.shown import shown_rows
from pipeline.models.effects.standardised import standardised_rows
from pipeline.models.inference import Basis, Term
from pipeline.models.outcomes.rows import OutcomeData
from pipeline.models.table import noted
from pipeline.models.weighting import Weighted
from pipeline.specs.families import FAMILIES

Rows = list[dict[str, object]]


@dataclass(frozen=True)
class Asked:
    """What is asked of a fitted model beside its coefficients.

    ``predict_at``: values of terms at which to predict; ``standardised``: coefficients per standard deviation, too.
    """

    predict_at: Values | None = None
    standardised: bool = False


def effects_of(
    basis: Basis,
    rows: OutcomeData,
    response: Response,
    parameters: np.ndarray,
    covariance: np.ndarray,
    asked: Asked,
    *,
    df: float | None = None,
    note: str | None = None,
) -> Rows:
    """Rows of average marginal effects, and of predictions where some are asked for."""
    data = rows.data
    made = shown_rows(basis, response, data, parameters, covariance, asked.predict_at, weights=data.weights, df=df)
    return noted(made, note)


def standardised_of(
    basis: Basis,
    rows: OutcomeData,
    slopes: np.ndarray,
    covariance: np.ndarray,
    asked: Asked,
    *,
    latent_variance: float | None = None,
    df: float | None = None,
) -> Rows:
    """Rows of standardised coefficients of all terms but the intercept, where they are asked for."""
    if not asked.standardised:
        return []
    return standardised_rows(
        basis,
        rows.data.matrix[:, 1:],
        rows.coefficients,
        slopes,
        covariance,
        latent_variance=latent_variance,
        weights=rows.data.weights,
        df=df,
    )


def fit_rows(basis: Basis, values: Mapping[str, float]) -> Rows:
    """Rows of the component ``fit``."""
    return [basis.row(Term("fit", name), estimate=float(value), covariance=None) for name, value in values.items()]


def likelihood_values(value: float, null: float | None, k: int, n: int) -> dict[str, float]:
    """Log-likelihood, AIC, BIC, and McFadden's R² where the likelihood of a model without terms is given."""
    made = {"log_likelihood": value, "aic": 2 * k - 2 * value, "bic": k * np.log(n) - 2 * value}
    return made if null is None else {**made, "mcfadden_r2": 1 - value / null if null else 0.0}


def declared(
    function: Any, name: str, spec: ModelSpec, panel: pl.DataFrame, rows: Weighted | None, *keys: str
) -> pl.DataFrame:
    """``function`` with the declaration's arguments, those of ``keys``, and the replicates of a weight set."""
    further: dict[str, Any] = {key: getattr(spec, key) for key in keys}
    if "standard_errors" in FAMILIES[spec.family].takes and rows is not None:
        further["replicates"] = rows.replicates
    return regression(function, name, spec, panel, rows, **further)


def shares(codes: np.ndarray, weights: np.ndarray, count: int) -> np.ndarray:
    """The weighted share of each category."""
    found = np.bincount(codes, weights, count)
    return np.asarray(found / found.sum())


def null_value(codes: np.ndarray, weights: np.ndarray, count: int) -> float:
    """The log-likelihood of the categories' shares."""
    found = np.bincount(codes, weights, count)
    return float(found @ np.log(found / found.sum()))


def names_of(levels: Sequence[str]) -> list[str]:
    """The names of the thresholds between categories: ``1|2``."""
    return [f"{low}|{high}" for low, high in pairwise(levels)]
