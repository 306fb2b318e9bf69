"""Logistic regression of a yes-or-no outcome: log odds, odds ratios and average marginal effects."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl

from pipeline.errors import ModelError
from pipeline.models.inference import Basis, Term, coefficient_rows, inference, quantile
from pipeline.models.regression_data import FEW_CLUSTERS, RegressionData, check_rank, regression_data
from pipeline.models.results import table


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

    P(y = 1) = 1 / (1 + exp(−xb)) by maximum likelihood (statsmodels ``Logit``; R's ``glm(family = binomial)``).
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
    if set(np.unique(data.outcome)) != {0.0, 1.0}:
        raise ModelError("the outcome of a logit model is coded 0 and 1", where=outcome)
    check_rank(data.matrix, data.terms, outcome)
    result, described, note = _fit(data)
    basis = data.basis(f"{described}; normal intervals", confidence)
    estimates, covariance = np.asarray(result.params), np.asarray(result.cov_params())
    rows = coefficient_rows(basis, data.terms, estimates, covariance, None)
    rows += _odds_ratio_rows(basis, data.terms, estimates, covariance)
    rows += _marginal_rows(basis, data, estimates, covariance)
    rate = float(data.outcome.mean())
    null = data.n_obs * (rate * np.log(rate) + (1 - rate) * np.log(1 - rate))
    rows.append(basis.row(Term("fit", "mcfadden_r2"), estimate=1 - float(result.llf) / null, covariance=None))
    if note:
        rows = [{**row, "note": note} for row in rows]
    return table(rows, data, basis, model=model, family=family)


def _fit(data: RegressionData) -> tuple[Any, str, str | None]:
    """statsmodels' result, how its covariance was made, and a warning for the reader."""
    from statsmodels.discrete.discrete_model import Logit
    from statsmodels.tools.sm_exceptions import ConvergenceWarning, PerfectSeparationWarning

    options: dict[str, object] = {}
    described, note = "maximum likelihood (inverse information)", None
    if data.clusters is not None:
        n_clusters = int(data.clusters.max()) + 1
        options = {"cov_type": "cluster", "cov_kwds": {"groups": data.clusters, "use_correction": True}}
        described = f"clustered by {data.cluster_name} ({n_clusters:,} clusters), G/(G−1) · (n−1)/(n−k)"
        if n_clusters < FEW_CLUSTERS:
            note = f"only {n_clusters} clusters: read the standard errors with care"
    with warnings.catch_warnings():
        warnings.simplefilter("error", ConvergenceWarning)
        warnings.simplefilter("error", PerfectSeparationWarning)
        try:
            result = Logit(data.outcome, data.matrix).fit(method="newton", maxiter=50, tol=1e-12, disp=False, **options)
        except (Warning, np.linalg.LinAlgError) as error:
            raise _separated(data) from error
    if not np.all(np.abs(result.params * data.matrix.std(axis=0)) < 15):
        raise _separated(data)
    return result, described, note


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
            probability = 1 / (1 + np.exp(-moved @ estimates))
            effect += sign * float(probability.mean())
            gradient += sign * (moved * (probability * (1 - probability))[:, None]).mean(axis=0)
        return effect, gradient
    probability = 1 / (1 + np.exp(-matrix @ estimates))
    density = probability * (1 - probability)
    slope = (matrix * (density * (1 - 2 * probability))[:, None]).mean(axis=0) * estimates[index]
    slope[index] += density.mean()
    return float(density.mean() * estimates[index]), slope
