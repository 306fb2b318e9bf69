"""Logistic regression of a yes-or-no outcome: log odds, odds ratios and average marginal effects."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
import polars as pl

from pipeline.errors import ModelError
from pipeline.models.inference import Basis, Term, coefficient_rows, inference, quantile
from pipeline.models.regression_data import RegressionData, check_rank, group_sums, regression_data
from pipeline.models.results import table

MAX_STEPS = 50
FARTHEST = 30.0
"""A linear predictor beyond this is a probability of 0 or 1 to thirteen digits: the outcomes are separated."""


def logit(
    frame: pl.DataFrame,
    outcome: str,
    exposures: Sequence[str],
    covariates: Sequence[str] = (),
    *,
    categorical: Iterable[str] = (),
    person: str | None = "person_id",
    wave: str | None = "wave",
    wave_effects: bool = False,
    cluster: str | None = None,
    confidence: float = 0.95,
    model: str = "logit",
    family: str = "logit",
) -> pl.DataFrame:
    """One row per term in log odds, one per odds ratio, one per average marginal effect, and McFadden's R².

    P(y = 1) = 1 / (1 + exp(−xb)) by maximum likelihood (R's ``glm(family = binomial)``).
    Standard errors are those of the likelihood, or clustered by ``cluster`` with G/(G−1) · (n−1)/(n−k) (sandwich's
    ``vcovCL(type = "HC1")``). An odds ratio's interval is the exponential of the log odds'. Marginal effects are
    averaged over the rows used, a step from 0 to 1 for columns that only hold 0 and 1, by the delta method.

    Raises ModelError if the outcome is not coded 0 and 1, or a term separates the two outcomes completely.

    >>> import polars as pl
    >>> from pipeline.models import logit
    >>> people = pl.DataFrame({"age": [20, 30, 40, 50, 60, 70, 25, 65], "stayed": [0, 0, 1, 1, 1, 1, 1, 0]})
    >>> table = logit(people, "stayed", ["age"], person=None, wave=None)
    >>> table.filter(term="age")["component"].to_list()
    ['coefficient', 'odds_ratio', 'marginal_effect']
    """
    data = regression_data(
        frame,
        outcome,
        exposures,
        covariates,
        categorical=categorical,
        person=person,
        wave=wave,
        cluster=cluster,
        wave_effects=wave_effects,
    )
    require_binary(data)
    check_rank(data.matrix, data.terms, outcome)
    estimates, probability, inverse = logit_maximum(data)
    covariance, described = _covariance(data, probability, inverse)
    basis = data.basis(f"{described}; normal intervals", confidence)
    rows = coefficient_rows(basis, data.terms, estimates, covariance, None)
    rows += _odds_ratio_rows(basis, data.terms, estimates, covariance)
    rows += _marginal_rows(basis, data, estimates, covariance)
    rows += _fit_rows(basis, data, probability)
    return table(rows, data, basis, model=model, family=family)


def require_binary(data: RegressionData) -> None:
    """Raises ModelError unless the outcome is 0 in some rows and 1 in the others."""
    if set(np.unique(data.outcome)) != {0.0, 1.0}:
        raise ModelError("the outcome of a logit model is coded 0 and 1", where=data.outcome_name)


def logit_maximum(data: RegressionData, weights: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Newton's method: coefficients, each row's probability, and the inverse of the information.

    ``weights`` multiply each row's log-likelihood. Raises ModelError if the outcomes are separated.
    """
    weights = np.ones(data.n_obs) if weights is None else weights
    estimates = np.zeros(data.matrix.shape[1])
    for _ in range(MAX_STEPS):
        probability = _probability(data.matrix, estimates)
        information = (data.matrix * (weights * probability * (1 - probability))[:, None]).T @ data.matrix
        try:
            inverse = np.linalg.inv(information)
        except np.linalg.LinAlgError as error:
            raise _separated(data) from error
        step = inverse @ (data.matrix.T @ (weights * (data.outcome - probability)))
        estimates = estimates + step
        if np.abs(data.matrix @ estimates)[weights > 0].max() > FARTHEST:
            raise _separated(data)
        if np.all(np.abs(step) <= 1e-12 * (np.abs(estimates) + np.sqrt(np.diag(inverse)))):
            return estimates, _probability(data.matrix, estimates), inverse
    raise ModelError("the likelihood has no maximum that can be found", where=data.outcome_name, count=data.n_obs)


def _probability(matrix: np.ndarray, estimates: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-matrix @ estimates))


def _covariance(data: RegressionData, probability: np.ndarray, inverse: np.ndarray) -> tuple[np.ndarray, str]:
    """The inverse information, or the clustered sandwich around it; and how it was made, in words."""
    if data.clusters is None:
        return inverse, "maximum likelihood (inverse information)"
    scores = group_sums(data.matrix * (data.outcome - probability)[:, None], data.clusters) @ inverse
    n_clusters, (n_obs, n_terms) = len(scores), data.matrix.shape
    factor = n_clusters / (n_clusters - 1) * (n_obs - 1) / (n_obs - n_terms)
    words = f"clustered by {data.cluster_name} ({n_clusters:,} clusters), G/(G−1) · (n−1)/(n−k)"
    return scores.T @ scores * factor, words


def _fit_rows(basis: Basis, data: RegressionData, probability: np.ndarray) -> list[dict[str, object]]:
    """The log-likelihood and McFadden's R², 1 − log-likelihood over that of a constant probability."""
    rate = float(data.outcome.mean())
    null = data.n_obs * (rate * np.log(rate) + (1 - rate) * np.log(1 - rate))
    likelihood = float(np.log(np.where(data.outcome == 1, probability, 1 - probability)).sum())
    values = {"log_likelihood": likelihood, "mcfadden_r2": 1 - likelihood / null}
    return [basis.row(Term("fit", name), estimate=value, covariance=None) for name, value in values.items()]


def _separated(data: RegressionData) -> ModelError:
    return ModelError(
        "the terms separate the two outcomes completely, so that the odds have no finite estimate",
        where=data.outcome_name,
        count=data.n_obs,
        todo="Leave out the term that does, or merge its categories.",
    )


def _odds_ratio_rows(
    basis: Basis, terms: Sequence[Term], estimates: np.ndarray, covariance: np.ndarray
) -> list[dict[str, object]]:
    """exp(b), its delta-method standard error, the exponential of the interval, and the test of b = 0."""
    half = quantile(basis.confidence) * np.sqrt(np.diag(covariance))
    rows = coefficient_rows(basis, terms, estimates, covariance, None)
    return [
        {
            **row,
            "component": "odds_ratio",
            "estimate": float(np.exp(estimate)),
            "std_error": float(np.exp(estimate)) * float(row["std_error"]),  # type: ignore[arg-type]
            "conf_low": float(np.exp(estimate - reach)),
            "conf_high": float(np.exp(estimate + reach)),
        }
        for row, estimate, reach, term in zip(rows, estimates, half, terms, strict=True)
        if term.component == "coefficient"
    ]


def _marginal_rows(
    basis: Basis, data: RegressionData, estimates: np.ndarray, covariance: np.ndarray
) -> list[dict[str, object]]:
    """The mean over the rows of dP/dx (or of P(x=1) − P(x=0)), with standard errors by the delta method."""
    rows = []
    for index, term in enumerate(data.terms):
        if term.component != "coefficient":
            continue
        effect, gradient = _marginal_effect(data.matrix, estimates, index)
        std_error = float(np.sqrt(gradient @ covariance @ gradient))
        values = inference(effect, std_error, np.inf, basis.confidence)
        rows.append(basis.row(replace(term, component="marginal_effect"), **values))
    return rows


def _marginal_effect(matrix: np.ndarray, estimates: np.ndarray, index: int) -> tuple[float, np.ndarray]:
    column = matrix[:, index]
    if np.isin(column, (0.0, 1.0)).all():
        effect, gradient = 0.0, np.zeros(len(estimates))
        for value, sign in ((1.0, 1), (0.0, -1)):
            moved = matrix.copy()
            moved[:, index] = value
            probability = _probability(moved, estimates)
            effect += sign * float(probability.mean())
            gradient += sign * (moved * (probability * (1 - probability))[:, None]).mean(axis=0)
        return effect, gradient
    probability = _probability(matrix, estimates)
    density = probability * (1 - probability)
    slope = (matrix * (density * (1 - 2 * probability))[:, None]).mean(axis=0) * estimates[index]
    slope[index] += density.mean()
    return float(density.mean() * estimates[index]), slope
