"""What a model that predicts shows beside its coefficients: average marginal effects, and predictions."""

from __future__ import annotations

import numpy as np

from pipeline.models.effects.marginal import average_effects
from pipeline.models.effects.predictions import Values, predictions
from pipeline.models.effects.response import Response
from pipeline.models.effects.rows import effect_rows
from pipeline.models.inference import Basis
from pipeline.models.regression_data import RegressionData


def shown_rows(
    basis: Basis,
    response: Response,
    data: RegressionData,
    parameters: np.ndarray,
    covariance: np.ndarray,
    predict_at: Values | None,
    *,
    weights: np.ndarray | None = None,
    df: float | None = None,
    marginal: bool = True,
) -> list[dict[str, object]]:
    """Rows of average marginal effects (not of what is linear), and of predictions where some are asked for."""
    rows: list[dict[str, object]] = []
    if marginal:
        found = average_effects(response, data.matrix, data.terms, parameters, weights)
        rows += effect_rows(basis, found, covariance, data.outcome_name, "marginal_effect", df)
    if predict_at:
        at = predictions(response, data.matrix, data.terms, parameters, predict_at, weights)
        rows += effect_rows(basis, at, covariance, data.outcome_name, None, df)
    return rows
