"""One equation of a pair, linear or logistic: its estimates, and each row's influence on them."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.errors import ModelError
from pipeline.models.inference import Term
from pipeline.models.regression_data import check_rank

FARTHEST = 30.0
"""A linear predictor beyond this is a probability of 0 or 1 to thirteen digits: a term separates the two outcomes."""


@dataclass(frozen=True)
class Response:
    """Coefficients (k) of ``terms``, their classical covariance, and influence (rows × k); ``sigma``: of errors."""

    name: str
    terms: tuple[Term, ...]
    matrix: np.ndarray
    estimates: np.ndarray
    classical: np.ndarray
    influence: np.ndarray
    sigma: float
    binary: bool

    def inverse(self, predictor: np.ndarray) -> np.ndarray:
        """The mean from the linear predictor."""
        from scipy.special import expit

        return np.asarray(expit(predictor)) if self.binary else predictor


def fit_response(
    target: np.ndarray, matrix: np.ndarray, terms: Sequence[Term], weights: np.ndarray, name: str
) -> Response:
    """(Weighted) least squares, or the maximum likelihood of a logit where ``target`` is coded 0 and 1.

    Raises ModelError if a term cannot be separated from the others, or separates the two outcomes.
    """
    check_rank(matrix, terms, name)
    if len(target) <= matrix.shape[1]:
        raise ModelError("more parameters than rows", where=name, count=len(target))
    if np.ptp(target) == 0:
        raise ModelError("does not vary", where=name, todo="Choose other waves.")
    size = np.linalg.norm(matrix, axis=0)
    basis, triangle = np.linalg.qr(matrix / size)
    back = np.linalg.inv(triangle) / size[:, None]
    binary = set(np.unique(target)) == {0.0, 1.0}
    if binary:
        found, expected = _logit(target, basis, weights, name)
        slopes = weights * expected * (1 - expected)
        errors, sigma = target - expected, 1.0
    else:
        slopes = weights
        found = np.linalg.solve((basis * slopes[:, None]).T @ basis, basis.T @ (weights * target))
        errors = target - basis @ found
        sigma = float(np.sqrt((weights * errors) @ errors / (len(target) - matrix.shape[1])))
    inverse = np.linalg.inv((basis * slopes[:, None]).T @ basis)
    influence = basis * (errors * weights)[:, None] @ inverse @ back.T
    classical = back @ inverse @ back.T * sigma**2
    return Response(name, tuple(terms), matrix, back @ found, classical, influence, sigma, binary)


def _logit(target: np.ndarray, basis: np.ndarray, weights: np.ndarray, name: str) -> tuple[np.ndarray, np.ndarray]:
    """statsmodels' coefficients of an orthonormal basis, and the probabilities."""
    import statsmodels.api as sm

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of overflow and separation, which are refused below
        result = sm.GLM(target, basis, family=sm.families.Binomial(), freq_weights=weights).fit(maxiter=60, tol=1e-12)
    if not np.abs(basis @ result.params).max() <= FARTHEST or not np.isfinite(result.params).all():
        raise ModelError(
            "the terms separate the two outcomes completely, so that the odds have no finite estimate",
            where=name,
            count=len(target),
            todo="Leave out the term that does, or merge its categories.",
        )
    if not result.converged:
        raise ModelError("the likelihood has no maximum that can be found", where=name, count=len(target))
    return np.asarray(result.params), np.asarray(result.fittedvalues)
