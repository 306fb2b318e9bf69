"""Predictions of a linear model: sums of its coefficients, made and tested with its contrasts."""

from __future__ import annotations

import numpy as np

from pipeline.models.contrasts import Combined, combined
from pipeline.models.covariance import Fitted
from pipeline.models.effects.predictions import predictions
from pipeline.models.effects.response import Identity
from pipeline.models.regression_data import RegressionData

UNTESTED: dict[str, object] = {"statistic": None, "p_value": None}
"""A prediction has nothing to be tested against."""


def combinations(data: Fitted) -> Combined:
    """The contrasts, simple slopes and predictions that are asked of a linear model, as rows over its terms.

    A prediction is the (weighted) mean row at the declared values. Raises ModelError as ``combined`` and
    ``predictions`` do.
    """
    found = combined(data.contrasts, data.terms)
    if not isinstance(data, RegressionData) or not data.predict_at:  # others have no rows at which to predict
        return found
    none = np.zeros(len(data.terms))
    made = [*predictions(Identity(), data.matrix, data.terms, none, data.predict_at, data.weights)]
    return Combined(
        (*found.terms, *(one.term for one in made)), np.vstack([found.matrix, *(one.gradient for one in made)])
    )


def untested(rows: list[dict[str, object]]) -> list[dict[str, object]]:
    """The rows, those of predictions without a test against zero."""
    return [row | UNTESTED if row["component"] == "prediction" else row for row in rows]
