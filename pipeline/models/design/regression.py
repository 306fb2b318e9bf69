"""Regression on a survey design: linear, logistic, probit, and of counts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal, Unpack

import numpy as np
import polars as pl

from pipeline.door import public
from pipeline.errors import ModelError
from pipeline.models.columns import numeric
from pipeline.models.contrasts import combined
from pipeline.models.declared import on_design
from pipeline.models.design.pseudo_likelihood import Degrees, Solved, complete_rows, fit_on_design, solver
from pipeline.models.design.sample import DesignArguments, Sample
from pipeline.models.design.survey_design import Subset
from pipeline.models.effects.predictions import Values
from pipeline.models.effects.ratios import ratio_rows
from pipeline.models.effects.response import Identity, Probability, Rate, Response
from pipeline.models.effects.shown import shown_rows
from pipeline.models.effects.standardised import standardised_rows
from pipeline.models.inference import coefficient_rows
from pipeline.models.likelihood.binary import Binary
from pipeline.models.likelihood.counts import Poisson
from pipeline.models.likelihood.links import LATENT_VARIANCE
from pipeline.models.logistic.logit import require_binary
from pipeline.models.regression_data import RegressionData, check_rank
from pipeline.models.scaled import orthonormal
from pipeline.models.table import noted, table
from pipeline.models.weighting import Weighted

Link = Literal["linear", "logit", "probit", "poisson"]
RATIOS = {"logit": "odds_ratio", "poisson": "rate_ratio"}


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
    degrees: Degrees = "residual",
    exposure_time: str | None = None,
    contrasts: Mapping[str, str] | None = None,
    predict_at: Values | None = None,
    standardised: bool = False,
    confidence: float = 0.95,
    model: str = "design_regression",
    **design: Unpack[DesignArguments],
) -> pl.DataFrame:
    """One row per term: weighted regression with design-based standard errors (R: ``svyglm``).

    ``link`` "linear", "logit" and "probit" of an outcome of 0 and 1, or "poisson" of counts (over ``exposure_time``),
    by pseudo-maximum likelihood; the covariance is the design's for the scores, through the inverse information (Binder
    1983). Rows without a value in any column used are outside the domain: with ``subset`` "domain" (R) they count as
    sampled units, with "answered" they do not. t intervals with units less strata less terms plus one degrees of
    freedom (``degrees`` "residual", as R), units less strata ("design", as Stata's ``svy``), or normal ones. Where
    persons have several rows they are the units unless ``psu`` names others, as in ``design_changes``; a note says so.
    A column that numbers the rows, named as ``psu``, takes each row as a unit. But for the linear link there are ratios
    and average marginal effects, averaged with the weights, which count as known.

    >>> import polars as pl
    >>> from pipeline.models import design_regression
    >>> people = pl.DataFrame({
    ...     "contact": [1.0, 2.0, 3.0, 4.0], "trust": [1.0, 3.0, 3.0, 5.0], "weight": [1.0, 2.0, 1.0, 1.0],
    ... })
    >>> table = design_regression(people, "trust", ["contact"], wave_effects=False, weight="weight")
    >>> table.filter(term="contact")["estimate"].round(4).to_list()
    [1.1538]
    """
    if exposure_time and link != "poisson":
        raise ModelError("only counts are over a time", where="exposure_time", todo="Leave it out.")
    sample = Sample.of(frame, **design)
    data, complete, kept = complete_rows(
        sample,
        outcome,
        exposures,
        covariates,
        wave_effects=wave_effects,
        further=[exposure_time] if exposure_time else [],
        categorical=tuple(categorical),
        contrasts=contrasts,
    )
    data = replace(data, n_left_out=frame.height - data.n_obs)
    offset = _offset(kept, exposure_time, data.n_obs)
    check_rank(data.matrix, data.terms, outcome)
    scaled = orthonormal(data)
    fit = fit_on_design(sample, complete, _solve(scaled.data, link, offset), subset, degrees, len(data.terms), outcome)
    estimates, covariance = scaled.terms(fit.estimates, fit.covariance)
    persons = len(np.unique(sample.persons[complete]))
    basis = replace(data.basis(fit.described, confidence), n_persons=persons)
    rows = coefficient_rows(basis, data.terms, estimates, covariance, fit.df)
    rows += combined(data.contrasts, data.terms).rows(basis, estimates, covariance, fit.df)
    if link in RATIOS:
        rows += ratio_rows(basis, data.terms, estimates, covariance, RATIOS[link], fit.df)
    weights = sample.weights[complete]
    if standardised:
        rows += standardised_rows(
            basis, data.matrix[:, 1:], data.terms[1:], estimates[1:], covariance[1:, 1:],
            latent_variance=LATENT_VARIANCE.get(link), weights=weights, df=fit.df,
        )  # fmt: skip
    rows += shown_rows(
        basis, _response(link, offset), data, estimates, covariance, predict_at,
        weights=weights, df=fit.df, marginal=link != "linear",
    )  # fmt: skip
    return table(noted(rows, sample.linked(complete)), data, basis, model=model, family="design_regression")


def fit(name: str, spec: Any, panel: pl.DataFrame, study: Any, rows: Weighted | None) -> pl.DataFrame:
    """The declared model (see ``pipeline.models.fit``)."""
    return design_regression(
        panel,
        str(spec.outcome),
        spec.exposures,
        spec.covariates,
        link=spec.link or "linear",
        categorical=spec.categorical,
        wave_effects=spec.wave_effects,
        contrasts=spec.contrasts,
        degrees=spec.degrees,
        exposure_time=spec.exposure_time,
        predict_at=spec.predict_at,
        standardised=spec.standardised,
        **on_design(spec, panel, study, rows),
        model=name,
    )


def _response(link: str, offset: np.ndarray) -> Response:
    if link == "linear":
        return Identity()
    return Rate(offset) if link == "poisson" else Probability(link)


def _offset(kept: pl.DataFrame, exposure_time: str | None, count: int) -> np.ndarray:
    if exposure_time is None:
        return np.zeros(count)
    time = numeric(kept, exposure_time)
    wrong = int((time <= 0).sum())
    if wrong:
        raise ModelError("the time that counts are over must be above zero", where=exposure_time, count=wrong)
    return np.asarray(np.log(time))


def _solve(data: RegressionData, link: str, offset: np.ndarray) -> Callable[[np.ndarray], Solved]:
    """What fits the rows with weights."""
    if link == "linear":
        return lambda weights: _least_squares(data, weights)
    if link == "poisson":
        wrong = int(((data.outcome < 0) | (data.outcome != np.round(data.outcome))).sum())
        if wrong:
            raise ModelError("a count is a whole number from zero", where=data.outcome_name, count=wrong)
        return solver(Poisson(data.outcome, data.matrix, offset, data.outcome_name))
    require_binary(data)
    return solver(Binary(data.outcome, data.matrix, link, data.outcome_name))


def _least_squares(data: RegressionData, weights: np.ndarray) -> Solved:
    inverse = np.linalg.inv((data.matrix * weights[:, None]).T @ data.matrix)
    estimates = inverse @ (data.matrix.T @ (weights * data.outcome))
    return estimates, data.matrix * (data.outcome - data.matrix @ estimates)[:, None], inverse
