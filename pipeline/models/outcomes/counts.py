"""Counts: Poisson and negative binomial regression."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Unpack

import numpy as np
import polars as pl

from pipeline.door import public
from pipeline.errors import ModelError
from pipeline.models.contrasts import combined
from pipeline.models.declared import ModelSpec
from pipeline.models.effects.predictions import Values
from pipeline.models.effects.ratios import ratio_rows
from pipeline.models.effects.response import Rate
from pipeline.models.inference import Basis, Term, coefficient_rows, two_sided
from pipeline.models.likelihood.counts import NegativeBinomial, Poisson
from pipeline.models.likelihood.maximum import maximise
from pipeline.models.outcomes.answers import (
    Asked,
    Rows,
    declared,
    effects_of,
    fit_rows,
    likelihood_values,
    standardised_of,
)
from pipeline.models.outcomes.fitted import Fit, fit_likelihood
from pipeline.models.outcomes.rows import OutcomeData, OutcomeRows, outcome_data
from pipeline.models.table import noted, table
from pipeline.models.weighting import Weighted

OVERDISPERSED = 0.05


@public(ordered=True)
def poisson(
    frame: pl.DataFrame,
    outcome: str,
    exposures: Sequence[str],
    covariates: Sequence[str] = (),
    *,
    exposure_time: str | None = None,
    offset: str | None = None,
    predict_at: Values | None = None,
    standardised: bool = False,
    confidence: float = 0.95,
    model: str = "poisson",
    **options: Unpack[OutcomeRows],
) -> pl.DataFrame:
    """One row per coefficient, rate ratio, marginal effect (in counts), and test of overdispersion.

    E(y) = t exp(xb) by maximum likelihood (R: ``glm(family = poisson)``), t the column ``exposure_time``, or ``offset``
    its logarithm. Errors are clustered by ``cluster``, by default the person: they hold whatever the variance is.
    Rows of ``test``: ``overdispersion``, Cameron & Trivedi's (1990) regression of ((y − μ)² − y) / μ on μ, whose
    coefficient (α of NB2) is in ``fit`` beside Pearson's χ² over its degrees of freedom. Where counts vary more than
    Poisson counts would and errors are not robust, coefficients carry a note.

    Raises ModelError for an outcome that is no count, or a time that is not above zero.

    >>> import polars as pl
    >>> from pipeline.models import poisson
    >>> people = pl.DataFrame({"age": [20, 30, 40, 50, 60, 70], "friends": [5, 4, 4, 2, 3, 1]})
    >>> table = poisson(people, "friends", ["age"], person=None, wave=None)
    >>> table.filter(component="coefficient")["estimate"].round(4).to_list()
    [-0.0233]
    """
    rows = outcome_data(
        frame, outcome, exposures, covariates, options, kind="count", offset=offset, exposure_time=exposure_time
    )
    likelihood = Poisson(rows.data.outcome, rows.scaled.data.matrix, rows.offset, outcome)
    fit = fit_likelihood(rows, likelihood, rows.scaled.back)
    means = likelihood.means(fit.scaled)
    basis = rows.data.basis(fit.errors.basis_words(), confidence)
    tests, alpha, p = _overdispersion(basis, rows, means)
    robust = rows.data.clusters is not None or rows.data.weights is not None or rows.replicates is not None
    cautious = None
    if p < OVERDISPERSED and not robust:
        cautious = "counts vary more than Poisson counts would: these standard errors are too small"
    pearson = float(rows.weights @ ((rows.data.outcome - means) ** 2 / means))
    further = {"pearson_dispersion": pearson / (rows.data.n_obs - len(rows.data.terms)), "overdispersion": alpha}
    asked = Asked(predict_at, standardised)
    made = _rows(basis, rows, fit, asked, cautious)
    values = {**likelihood_values(fit.value, None, len(fit.parameters), rows.data.n_obs), **further}
    return table([*made, *tests, *fit_rows(basis, values)], rows.data, basis, model=model, family="poisson")


@public(ordered=True)
def negative_binomial(
    frame: pl.DataFrame,
    outcome: str,
    exposures: Sequence[str],
    covariates: Sequence[str] = (),
    *,
    exposure_time: str | None = None,
    offset: str | None = None,
    predict_at: Values | None = None,
    standardised: bool = False,
    confidence: float = 0.95,
    model: str = "negative_binomial",
    **options: Unpack[OutcomeRows],
) -> pl.DataFrame:
    """One row per coefficient, rate ratio and marginal effect (in counts), the dispersion, and its test.

    E(y) = μ = t exp(xb), Var(y) = μ + μ²/θ (NB2), by maximum likelihood (R: ``MASS::glm.nb``; Stata: ``nbreg``,
    whose alpha is 1/θ). Component ``variance`` has ``theta``; ``overdispersion`` in ``fit`` is α = 1/θ. The row of
    ``test`` is the likelihood-ratio test against Poisson, half of χ² on 1 (α lies at the end of its range: Self
    & Liang 1987).

    Raises ModelError as ``poisson`` does, and if counts vary no more than Poisson counts: θ then has no estimate.

    >>> import polars as pl
    >>> from pipeline.models import negative_binomial
    >>> people = pl.DataFrame({"age": [20, 30, 40, 50, 60, 70], "friends": [9, 0, 8, 0, 6, 0]})
    >>> table = negative_binomial(people, "friends", ["age"], person=None, wave=None)
    >>> table.filter(component="variance")["term"].to_list()
    ['theta']
    """
    rows = outcome_data(
        frame, outcome, exposures, covariates, options, kind="count", offset=offset, exposure_time=exposure_time
    )
    simple = Poisson(rows.data.outcome, rows.scaled.data.matrix, rows.offset, outcome)
    poissons = maximise(simple, rows.data.weights)
    means = simple.means(poissons.parameters)
    if rows.weights @ ((rows.data.outcome - means) ** 2 - rows.data.outcome) <= 0:
        raise ModelError(
            "counts vary no more than Poisson counts would, so that the dispersion has no finite estimate",
            where=outcome,
            count=rows.data.n_obs,
            todo="Use `poisson`.",
        )
    k = len(rows.data.terms)
    back = np.eye(k + 1)
    back[:k, :k] = rows.scaled.back
    likelihood = NegativeBinomial(rows.data.outcome, rows.scaled.data.matrix, rows.offset, outcome)
    fit = fit_likelihood(rows, likelihood, back, beside=1)
    basis = rows.data.basis(fit.errors.basis_words(), confidence)
    asked = Asked(predict_at, standardised)
    theta = float(np.exp(fit.parameters[-1]))
    slopes = Fit(fit.parameters[:k], fit.covariance[:k, :k], fit.value, fit.errors, fit.scaled)
    made = _rows(basis, rows, slopes, asked, None)
    error = theta * float(np.sqrt(fit.covariance[-1, -1]))
    made.append(basis.row(Term("variance", "theta", note=fit.errors.note), estimate=theta, std_error=error))
    ratio = max(2 * (fit.value - poissons.value), 0.0)
    p = two_sided(np.sqrt(ratio)) / 2
    test = basis.row(
        Term("test", "overdispersion", note="likelihood ratio against Poisson"),
        statistic=ratio, df=1.0, p_value=p, covariance=None,
    )  # fmt: skip
    values = {**likelihood_values(fit.value, None, k + 1, rows.data.n_obs), "overdispersion": 1 / theta}
    return table([*made, test, *fit_rows(basis, values)], rows.data, basis, model=model, family="negative_binomial")


def _rows(basis: Basis, rows: OutcomeData, fit: Fit, asked: Asked, caution: str | None) -> Rows:
    """Coefficients, rate ratios, standardised coefficients, marginal effects and predictions."""
    df, terms = fit.errors.df, rows.data.terms
    made = coefficient_rows(basis, terms, fit.parameters, fit.covariance, df)
    made += combined(rows.data.contrasts, terms).rows(basis, fit.parameters, fit.covariance, df)
    made += ratio_rows(basis, terms, fit.parameters, fit.covariance, "rate_ratio", df)
    made += standardised_of(basis, rows, fit.parameters[1:], fit.covariance[1:, 1:], asked, df=df)
    made += effects_of(basis, rows, Rate(rows.offset), fit.parameters, fit.covariance, asked, df=df)
    return noted(noted(made, caution), fit.errors.note)


def _overdispersion(basis: Basis, rows: OutcomeData, means: np.ndarray) -> tuple[Rows, float, float]:
    """The row of the test (R: ``AER::dispersiontest(trafo = 2)``, two-sided), α, and p."""
    y, weights = rows.data.outcome, rows.weights
    target = ((y - means) ** 2 - y) / means
    square = float(weights @ means**2)
    alpha = float(weights @ (target * means)) / square
    gap = target - alpha * means
    error = float(np.sqrt((weights @ gap**2) / (rows.data.n_obs - 1) / square))
    statistic = alpha / error if error > 0 else 0.0
    p = two_sided(statistic, rows.data.n_obs - 1)
    note = "regression of ((y − μ)² − y) / μ on μ"
    row = basis.row(
        Term("test", "overdispersion", note=note),
        statistic=statistic, df=float(rows.data.n_obs - 1), p_value=p, covariance=None,
    )  # fmt: skip
    return [row], alpha, p if alpha > 0 else 1.0


def fit(name: str, spec: ModelSpec, panel: pl.DataFrame, _: Any, rows: Weighted | None) -> pl.DataFrame:
    """The declared Poisson model (see ``pipeline.models.fit``)."""
    return declared(poisson, name, spec, panel, rows, "exposure_time", "offset", "predict_at", "standardised")


def fit_negative_binomial(
    name: str, spec: ModelSpec, panel: pl.DataFrame, _: Any, rows: Weighted | None
) -> pl.DataFrame:
    """The declared negative binomial model."""
    return declared(negative_binomial, name, spec, panel, rows, "exposure_time", "offset", "predict_at", "standardised")
