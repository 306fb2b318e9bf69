"""Regression on a survey design: linear and logistic."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal, Unpack

import numpy as np
import polars as pl

from pipeline.door import public
from pipeline.errors import ModelError
from pipeline.models.columns import require
from pipeline.models.contrasts import combined
from pipeline.models.declared import ModelSpec, on_design
from pipeline.models.design.sample import DesignArguments, Sample
from pipeline.models.design.survey_design import Subset
from pipeline.models.inference import coefficient_rows
from pipeline.models.logistic.logit import FARTHEST, MAX_STEPS, require_binary, separated
from pipeline.models.regression_data import RegressionData, check_rank, regression_data
from pipeline.models.scaled import orthonormal
from pipeline.models.table import noted, table
from pipeline.models.weighting import Weighted

Link = Literal["linear", "logit"]


@public(once=True, ordered=True)
def design_regression(
    frame: pl.DataFrame,
    outcome: str,
    exposures: Sequence[str],
    covariates: Sequence[str] = (),
    *,
    link: Link = "linear",
    categorical: Iterable[str] = (),
    wave_effects: bool = True,
    subset: Subset = "domain",
    contrasts: Mapping[str, str] | None = None,
    confidence: float = 0.95,
    model: str = "design_regression",
    **design: Unpack[DesignArguments],
) -> pl.DataFrame:
    """One row per term: weighted (logistic) regression with design-based standard errors (R: ``svyglm``).

    Pseudo-maximum likelihood; the covariance is the design's for the scores, through the inverse information (Binder
    1983). Rows without a value in any column used are outside the domain: with ``subset`` "domain" (R) they count as
    sampled units, with "answered" they do not. t intervals with units less strata less terms plus one degrees of
    freedom. Where persons have several rows they are the units unless ``psu`` names others, as in ``design_changes``; a
    note says so. A column that numbers the rows, named as ``psu``, takes each row as a unit.

    >>> import polars as pl
    >>> from pipeline.models import design_regression
    >>> people = pl.DataFrame({
    ...     "contact": [1.0, 2.0, 3.0, 4.0], "trust": [1.0, 3.0, 3.0, 5.0], "weight": [1.0, 2.0, 1.0, 1.0],
    ... })
    >>> table = design_regression(people, "trust", ["contact"], wave_effects=False, weight="weight")
    >>> table.filter(term="contact")["estimate"].round(4).to_list()
    [1.1538]
    """
    sample = Sample.of(frame, **design)
    used = [outcome, *exposures, *covariates, *([sample.wave] if wave_effects else [])]
    require(sample.frame, used)
    clean = sample.frame.with_columns(pl.selectors.float().fill_nan(None))
    complete = clean.select(pl.all_horizontal(pl.col(used).is_not_null())).to_series().to_numpy()
    data = regression_data(
        clean.filter(complete),
        outcome,
        exposures,
        covariates,
        categorical=categorical,
        person=None,
        wave=sample.wave if wave_effects else None,
        wave_effects=wave_effects,
        contrasts=contrasts,
    )
    data = replace(data, n_left_out=frame.height - data.n_obs)
    if link == "logit":
        require_binary(data)
    check_rank(data.matrix, data.terms, outcome)
    scaled = orthonormal(data)
    estimates, covariance, df, words = _fit(sample, scaled.data, complete, link, subset)
    estimates, covariance = scaled.terms(estimates, covariance)
    df -= len(data.terms) - 1
    if df < 1:
        raise ModelError("more terms than the design has degrees of freedom", where=outcome, count=len(data.terms))
    persons = len(np.unique(sample.persons[complete]))
    basis = replace(data.basis(f"{words}; t intervals", confidence), n_persons=persons)
    rows = coefficient_rows(basis, data.terms, estimates, covariance, df)
    rows += combined(data.contrasts, data.terms).rows(basis, estimates, covariance, df)
    found = noted(rows, sample.linked(complete))
    return table(found, data, basis, model=model, family="design_regression")


def fit(name: str, spec: ModelSpec, panel: pl.DataFrame, study: Any, rows: Weighted | None) -> pl.DataFrame:
    """The declared model (see ``pipeline.models.fit``)."""
    return design_regression(
        panel,
        str(spec.outcome),
        spec.exposures,
        spec.covariates,
        categorical=spec.categorical,
        wave_effects=spec.wave_effects,
        contrasts=spec.contrasts,
        **on_design(spec, panel, study, rows),
        model=name,
    )


def _fit(
    sample: Sample, data: RegressionData, complete: np.ndarray, link: Link, subset: Subset
) -> tuple[np.ndarray, np.ndarray, int, str]:
    """Coefficients, their covariance, the design's degrees of freedom, and how the covariance was made."""
    if sample.replicates is not None:
        estimates, covariance = sample.replicates.estimate(lambda weights: _solve(data, weights[complete], link)[0])
        words = f"replicate weights ({sample.replicates.kind})"
        return estimates, covariance, sample.replicates.degrees_of_freedom, words
    assert sample.design is not None
    weights = sample.weights[complete]
    estimates, residuals, inverse = _solve(data, weights, link)
    influence = np.zeros((len(complete), len(estimates)))
    influence[complete] = (data.matrix * (weights * residuals)[:, None]) @ inverse
    answered = sample.design.subset(complete)
    if subset == "answered":
        return estimates, answered.covariance(influence[complete]), answered.df, answered.described()
    return estimates, sample.design.covariance(influence, complete), answered.df, sample.design.described()


def _solve(data: RegressionData, weights: np.ndarray, link: Link) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Coefficients, residuals and the inverse information of a weighted fit."""
    if link == "logit":
        estimates, probability, inverse = _weighted_logit(data, weights)
        return estimates, data.outcome - probability, inverse
    inverse = np.linalg.inv((data.matrix * weights[:, None]).T @ data.matrix)
    estimates = inverse @ (data.matrix.T @ (weights * data.outcome))
    return estimates, data.outcome - data.matrix @ estimates, inverse


def _weighted_logit(data: RegressionData, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Newton's method: coefficients, each row's probability, and the inverse of the information.

    ``weights`` multiply each row's log-likelihood; those of a replicate may be zero. Raises ModelError if the outcomes
    are separated.
    """
    estimates = np.zeros(data.matrix.shape[1])
    for _ in range(MAX_STEPS):
        probability = _probability(data.matrix, estimates)
        information = (data.matrix * (weights * probability * (1 - probability))[:, None]).T @ data.matrix
        try:
            inverse = np.linalg.inv(information)
        except np.linalg.LinAlgError as error:
            raise separated(data) from error
        step = inverse @ (data.matrix.T @ (weights * (data.outcome - probability)))
        estimates = estimates + step
        if np.abs(data.matrix @ estimates)[weights > 0].max() > FARTHEST:
            raise separated(data)
        if np.all(np.abs(step) <= 1e-12 * (np.abs(estimates) + np.sqrt(np.diag(inverse)))):
            return estimates, _probability(data.matrix, estimates), inverse
    raise ModelError("the likelihood has no maximum that can be found", where=data.outcome_name, count=data.n_obs)


def _probability(matrix: np.ndarray, estimates: np.ndarray) -> np.ndarray:
    return np.asarray(1 / (1 + np.exp(-matrix @ estimates)))
