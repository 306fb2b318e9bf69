"""Logistic regression by iteratively reweighted least squares.

statsmodels gives the same numbers, but takes a second to import and needs a data frame; replicate weights refit the
response model hundreds of times, so the kernel is ours: a matrix, a response, frequency weights.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.errors import ModelError
from pipeline.weights.arrays import FloatArray, crossproducts

TOLERANCE = 1e-12
MAX_STEPS = 50
FARTHEST = 30.0  # a linear predictor beyond this is a probability of 0 or 1 to thirteen digits: separation


@dataclass(frozen=True)
class Logit:
    """A fitted logistic regression: the inverse information is the covariance of R's ``glm(family = binomial)``."""

    coefficients: FloatArray
    covariance: FloatArray
    probability: FloatArray
    log_likelihood: float
    null_log_likelihood: float


def fit_logit(
    matrix: FloatArray,
    response: FloatArray,
    weights: FloatArray | None = None,
    *,
    terms: Sequence[str] = (),
    start: FloatArray | None = None,
) -> Logit:
    """Maximum likelihood for P(response = 1) = 1 / (1 + exp(-matrix @ coefficients)).

    ``weights`` multiply each row's log-likelihood; ``start`` are coefficients to begin from (the rank of the matrix is
    then taken as checked). Raises ModelError when the response does not vary, a column is a combination of others,
    or a group always or never responds (its coefficient would be infinite).
    """
    weights = np.ones(len(response)) if weights is None else weights
    rate = float(np.average(response, weights=weights))
    if rate in (0.0, 1.0):
        raise ModelError("everyone gave the same response, so there is nothing to model", count=len(response))
    if start is None:
        _check_rank(matrix, terms)
    coefficients = np.zeros(matrix.shape[1]) if start is None else start
    if start is None:
        coefficients[0] = np.log(rate / (1 - rate))  # column 0 is the constant
    likelihood = -np.inf
    for _ in range(MAX_STEPS):
        eta: FloatArray = matrix @ coefficients
        probability = 1 / (1 + np.exp(-eta))
        now = _log_likelihood(eta, response, weights)
        information = (matrix * (weights * probability * (1 - probability))[:, None]).T @ matrix
        if abs(now - likelihood) <= TOLERANCE * (abs(now) + 1):
            return Logit(
                coefficients,
                np.asarray(np.linalg.inv(information), dtype=np.float64),
                probability,
                now,
                _log_likelihood(np.full(len(eta), np.log(rate / (1 - rate))), response, weights),
            )
        likelihood = now
        step = np.linalg.solve(information, matrix.T @ (weights * (response - probability)))
        coefficients = coefficients + step
        _check_separation(matrix, coefficients, terms)
    raise ModelError("the response model does not converge", todo="Use fewer predictors or merge small categories.")


def fit_probabilities(
    matrix: FloatArray, response: FloatArray, weights: FloatArray, start: FloatArray, *, terms: Sequence[str] = ()
) -> FloatArray:
    """The fitted probabilities (rows × sets) of one regression for each column of ``weights``, all at once.

    As ``fit_logit`` from ``start``; a set is done when its last Newton step would raise the likelihood by no more than
    the tolerance. Raises ModelError as ``fit_logit`` does, if any set cannot be fitted.
    """
    rates = response @ weights / weights.sum(axis=0)
    if ((rates == 0) | (rates == 1)).any():
        raise ModelError("everyone gave the same response, so there is nothing to model", count=len(response))
    by_set = np.ascontiguousarray(weights.T)
    coefficients = np.tile(start, (len(by_set), 1))
    active = np.arange(len(by_set))
    for _ in range(MAX_STEPS):
        probability, now = _probability(matrix, coefficients[active], terms), by_set[active]
        score = (now * (response - probability)) @ matrix
        information = crossproducts(matrix, now * probability * (1 - probability))
        step = np.linalg.solve(information, score[:, :, None])[:, :, 0]
        coefficients[active] += step
        active = active[(score * step).sum(axis=1) > TOLERANCE * now.sum(axis=1)]
        if not active.size:
            return _probability(matrix, coefficients, terms).T
    raise ModelError("the response model does not converge", todo="Use fewer predictors or merge small categories.")


def _probability(matrix: FloatArray, coefficients: FloatArray, terms: Sequence[str]) -> FloatArray:
    """Sets × rows, in the one array that it takes. Raises ModelError where a group always or never responds."""
    eta = coefficients @ matrix.T
    far = np.flatnonzero(np.maximum(eta.max(axis=1), -eta.min(axis=1)) > FARTHEST)
    if far.size:
        _check_separation(matrix, coefficients[far[0]], terms)
    np.exp(np.negative(eta, out=eta), out=eta)
    eta += 1
    return np.reciprocal(eta, out=eta)


def _log_likelihood(eta: FloatArray, response: FloatArray, weights: FloatArray) -> float:
    return float(weights @ (response * eta - np.logaddexp(0, eta)))


def _check_rank(matrix: FloatArray, terms: Sequence[str]) -> None:
    triangle = np.abs(np.diag(np.linalg.qr(matrix, mode="r")))
    scale = np.linalg.norm(matrix, axis=0)
    tied = np.flatnonzero(triangle <= 1e-10 * np.maximum(scale, 1e-300))
    if tied.size:
        named = ", ".join(terms[int(index)] for index in tied) if terms else f"{tied.size} columns"
        raise ModelError(f"{named} is a combination of the predictors before it", todo="Leave it out.")


def _check_separation(matrix: FloatArray, coefficients: FloatArray, terms: Sequence[str]) -> None:
    if np.abs(matrix @ coefficients).max() > FARTHEST and len(coefficients) > 1:
        reach = np.abs(coefficients[1:]) * np.std(matrix[:, 1:], axis=0)
        worst = int(np.argmax(reach)) + 1
        named = terms[worst] if terms else "a predictor"
        raise ModelError(
            f"{named} separates responders from non-responders perfectly",
            todo="Merge the category with a neighbour, or leave the predictor out.",
        )
