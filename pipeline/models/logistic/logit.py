"""Logistic regression of a yes-or-no outcome: log odds, odds ratios and average marginal effects."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from pipeline.door import public
from pipeline.errors import ModelError
from pipeline.models.contrasts import combined
from pipeline.models.covariance import few_clusters, require_freedom
from pipeline.models.declared import ModelSpec, regression
from pipeline.models.effects.predictions import Values
from pipeline.models.effects.ratios import ratio_rows
from pipeline.models.effects.response import Probability
from pipeline.models.effects.shown import shown_rows
from pipeline.models.effects.standardised import standardised_rows
from pipeline.models.inference import Basis, Term, coefficient_rows
from pipeline.models.likelihood.links import LATENT_VARIANCE
from pipeline.models.logistic.response_fit import response_rows
from pipeline.models.regression_data import RegressionData, check_rank, regression_data
from pipeline.models.scaled import orthonormal
from pipeline.models.table import noted, table
from pipeline.models.weighting import Weighted

MAX_STEPS = 50
FARTHEST = 30.0
"""A linear predictor beyond this is a probability of 0 or 1 to thirteen digits: the outcomes are separated."""


@public(ordered=True)
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
    response: bool = False,
    contrasts: Mapping[str, str] | None = None,
    predict_at: Values | None = None,
    standardised: bool = False,
    checked: bool = True,
) -> pl.DataFrame:
    """One row per term in log odds, one per odds ratio, one per average marginal effect, and McFadden's R².

    P(y = 1) = 1 / (1 + exp(−xb)) by maximum likelihood (statsmodels' ``Logit``; R's ``glm(family = binomial)``).
    Standard errors are those of the likelihood, or clustered by ``cluster`` with G/(G−1) · (n−1)/(n−k) (sandwich's
    ``vcovCL(type = "HC1")``). An odds ratio's interval is the exponential of the log odds'. Marginal effects are
    averaged over the rows used, by the delta method: a step from 0 to 1 for columns that only hold 0 and 1, from the
    reference to the category for each of several categories (R: ``marginaleffects::avg_comparisons``). With
    ``response`` the outcome is whether people answered, and rows for the responders as a whole are added: response
    rate, AUC, R-indicators. Not ``checked``, the table is one of several that are checked together.

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
        contrasts=contrasts,
    )
    require_binary(data)
    require_freedom(data)
    check_rank(data.matrix, data.terms, outcome)
    fit = _fit(data)
    basis = data.basis(f"{fit.described}; normal intervals", confidence)
    rows = coefficient_rows(basis, data.terms, fit.estimates, fit.covariance, None)
    rows += combined(data.contrasts, data.terms).rows(basis, fit.estimates, fit.covariance, None)
    rows += ratio_rows(basis, data.terms, fit.estimates, fit.covariance)
    if standardised:
        rows += standardised_rows(
            basis,
            data.matrix[:, 1:],
            data.terms[1:],
            fit.estimates[1:],
            fit.covariance[1:, 1:],
            latent_variance=LATENT_VARIANCE["logit"],
        )
    rows += shown_rows(basis, Probability(), data, fit.estimates, fit.covariance, predict_at)
    rows = [*noted(rows, fit.note), *_fit_rows(basis, data, fit.log_likelihood)]
    if response:
        chance = 1 / (1 + np.exp(-data.matrix @ fit.estimates))
        rows += response_rows(basis, data.outcome, chance, data.matrix, fit.covariance)
    return table(rows, data, basis, model=model, family=family, checked=checked)


def fit(name: str, spec: ModelSpec, panel: pl.DataFrame, _: Any, rows: Weighted | None) -> pl.DataFrame:
    """The declared model (see ``pipeline.models.fit``)."""
    further = {key: getattr(spec, key) for key in ("predict_at", "standardised")}
    return regression(logit, name, spec, panel, rows, **further)


def require_binary(data: RegressionData) -> None:
    """Raises ModelError unless the outcome is 0 in some rows and 1 in the others."""
    if set(np.unique(data.outcome)) != {0.0, 1.0}:
        raise ModelError("the outcome of a logit model is coded 0 and 1", where=data.outcome_name)


@dataclass(frozen=True)
class _Logit:
    """Log odds (k), their covariance (k × k), and how it was made."""

    estimates: np.ndarray
    covariance: np.ndarray
    log_likelihood: float
    described: str
    note: str | None


def _fit(data: RegressionData) -> _Logit:
    """statsmodels' fit, on orthonormal columns so that one tolerance fits all units."""
    scaled = orthonormal(data)
    result = _maximum(scaled.data, scaled.data.matrix)
    described, note = "maximum likelihood (inverse information)", None
    if data.clusters is not None:
        n_clusters = data.n_clusters
        described = f"clustered by {data.cluster_name} ({n_clusters:,} clusters), G/(G−1) · (n−1)/(n−k)"
        note = few_clusters(n_clusters)
    elif data.n_persons < data.n_obs:
        note = "persons have several rows, which count as independent"
    estimates, covariance = scaled.terms(result.params, result.cov_params())
    return _Logit(
        estimates=estimates,
        covariance=covariance,
        log_likelihood=float(result.llf),
        described=described,
        note=note,
    )


def _maximum(data: RegressionData, matrix: np.ndarray) -> Any:
    """statsmodels' result. Raises ModelError if the outcomes are separated or no maximum is found."""
    from statsmodels.discrete.discrete_model import Logit

    clustered = {} if data.clusters is None else {"cov_type": "cluster", "cov_kwds": {"groups": data.clusters}}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of overflow and separation, which are refused below
        try:
            # without a ridge: it would stop separated odds on their way to infinity
            result = Logit(data.outcome, matrix).fit(
                method="newton", maxiter=MAX_STEPS, tol=1e-9, ridge_factor=0, disp=False, **clustered
            )
        except np.linalg.LinAlgError as error:
            raise separated(data) from error
    if not np.abs(matrix @ result.params).max() <= FARTHEST:
        raise separated(data)
    if not result.mle_retvals["converged"]:
        raise ModelError("the likelihood has no maximum that can be found", where=data.outcome_name, count=data.n_obs)
    return result


def _fit_rows(basis: Basis, data: RegressionData, likelihood: float) -> list[dict[str, object]]:
    """The log-likelihood and McFadden's R², 1 − log-likelihood over that of a constant probability."""
    rate = float(data.outcome.mean())
    null = data.n_obs * (rate * np.log(rate) + (1 - rate) * np.log(1 - rate))
    values = {"log_likelihood": likelihood, "mcfadden_r2": 1 - likelihood / null}
    return [basis.row(Term("fit", name), estimate=value, covariance=None) for name, value in values.items()]


def separated(data: RegressionData) -> ModelError:
    """The refusal of outcomes that a term separates."""
    return ModelError(
        "the terms separate the two outcomes completely, so that the odds have no finite estimate",
        where=data.outcome_name,
        count=data.n_obs,
        todo="Leave out the term that does, or merge its categories.",
    )
