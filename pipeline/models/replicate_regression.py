"""The coefficients of a weighted regression for many sets of weights at once, without their standard errors.

A replicate needs the estimate alone: least squares on matrices that are made once, in place of a library's whole fit.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl

from pipeline.errors import ModelError
from pipeline.models.regression_data import RegressionData, regression_data
from pipeline.models.results import ORDER

ROW = "_row"
Solver = Callable[[np.ndarray], np.ndarray]


def solver(family: str, frame: pl.DataFrame, spec: Any) -> Solver:
    """From the weights of the frame's rows to the coefficients, in the order of the family's terms."""
    fixed = family == "fixed_effects"
    waves = spec.wave_effects and not (fixed and spec.effects == "person_and_wave")
    # The row's number, from one, takes the place of its weight: it says which rows were kept, and in which order.
    numbered = frame.with_columns(pl.int_range(1, pl.len() + 1).alias(ROW))
    data = regression_data(
        numbered,
        spec.outcome,
        spec.exposures,
        spec.covariates,
        categorical=spec.categorical,
        weights=ROW,
        wave_effects=waves,
        intercept=family == "pooled",
    )
    assert data.weights is not None
    rows = data.weights.astype(np.int64) - 1
    if family == "first_difference":
        later = np.flatnonzero(np.diff(data.person) == 0) + 1
        intercept = [] if waves else [np.ones(len(later))]
        matrix = np.column_stack([data.matrix[later] - data.matrix[later - 1], *intercept])
        outcome = data.outcome[later] - data.outcome[later - 1]
        return lambda weights: _least_squares(matrix, outcome, _of_pairs(weights[rows], later))
    if fixed:
        return lambda weights: _within(data, weights[rows], waves=spec.effects == "person_and_wave")
    place = [ORDER.index(term.component) for term in data.terms]
    matrix = data.matrix[:, np.argsort(place, kind="stable")]  # as the rows of the Estimates table
    return lambda weights: _least_squares(matrix, data.outcome, weights[rows])


def _of_pairs(weights: np.ndarray, later: np.ndarray) -> np.ndarray:
    """A difference weighs 1 / (1/w_t + 1/w_s); nothing where a row has no weight."""
    product, total = weights[later] * weights[later - 1], weights[later] + weights[later - 1]
    return np.divide(product, total, out=np.zeros_like(product), where=total > 0)


def _within(data: RegressionData, weights: np.ndarray, *, waves: bool) -> np.ndarray:
    """Least squares on deviations from the person's weighted means; with ``waves``, wave dummies are swept out too."""
    held = np.bincount(data.person, weights)

    def deviations(values: np.ndarray) -> np.ndarray:
        sums = np.column_stack([np.bincount(data.person, weights * column) for column in values.T])
        means = np.divide(sums, held[:, None], out=np.zeros_like(sums), where=held[:, None] > 0)
        return values - means[data.person]

    matrix = data.matrix
    if waves:
        matrix = np.column_stack([matrix, np.eye(data.wave.max() + 1)[data.wave][:, 1:]])
    swept = deviations(np.column_stack([data.outcome, matrix]))
    return _least_squares(swept[:, 1:], swept[:, 0], weights)[: data.matrix.shape[1]]


def _least_squares(matrix: np.ndarray, outcome: np.ndarray, weights: np.ndarray) -> np.ndarray:
    gram = (matrix * weights[:, None]).T @ matrix
    try:
        return np.linalg.solve(gram, matrix.T @ (weights * outcome))
    except np.linalg.LinAlgError:
        raise ModelError("a term cannot be estimated in a replicate", where="standard_errors", count=1) from None
