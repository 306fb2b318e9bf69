"""Average marginal effects of a logistic regression, with standard errors by the delta method."""

from __future__ import annotations

import numpy as np

from pipeline.models.regression_data import RegressionData


def marginal_effects(data: RegressionData, estimates: np.ndarray, covariance: np.ndarray) -> np.ndarray:
    """The average marginal effect of each term, and its standard error (2 × k); NaN for what is no coefficient.

    Of a number the mean of dP/dx over the rows; of a column of 0 and 1 the mean of P(x = 1) − P(x = 0). A category of
    several is set against the reference with everybody in the one or the other, never in two at once. R:
    ``marginaleffects::avg_slopes`` and ``avg_comparisons``.
    """
    found = np.full((2, len(data.terms)), np.nan)
    for place, term in enumerate(data.terms):
        if term.component != "coefficient":
            continue
        siblings = [other.component == "coefficient" and other.term == term.term for other in data.terms]
        steps = np.isin(data.matrix[:, place], (0.0, 1.0)).all()
        effect, gradient = (_step if steps else _slope)(data.matrix, estimates, place, np.array(siblings))
        found[:, place] = effect, np.sqrt(gradient @ covariance @ gradient)
    return found


def _step(matrix: np.ndarray, estimates: np.ndarray, place: int, siblings: np.ndarray) -> tuple[float, np.ndarray]:
    """From everybody in the reference to everybody in the category, and the gradient over the log odds."""
    without = np.where(siblings, 0.0, matrix)
    within = without.copy()
    within[:, place] = 1.0
    low, high = _probability(without, estimates), _probability(within, estimates)
    gradient = (high * (1 - high)) @ within - (low * (1 - low)) @ without
    return float((high - low).mean()), gradient / len(matrix)


def _slope(matrix: np.ndarray, estimates: np.ndarray, place: int, _: np.ndarray) -> tuple[float, np.ndarray]:
    """dP/dx = p (1 − p) b, and the gradient over the log odds."""
    chance = _probability(matrix, estimates)
    density = chance * (1 - chance)
    gradient = estimates[place] * ((density * (1 - 2 * chance)) @ matrix) / len(matrix)
    gradient[place] += density.mean()
    return float(density.mean() * estimates[place]), gradient


def _probability(matrix: np.ndarray, estimates: np.ndarray) -> np.ndarray:
    return np.asarray(1 / (1 + np.exp(-matrix @ estimates)))
