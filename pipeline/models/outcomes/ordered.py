"""Ordered outcomes: cumulative link models, and whether their odds are proportional."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Unpack

import polars as pl

from pipeline.door import public
from pipeline.models.contrasts import combined
from pipeline.models.effects.predictions import Values
from pipeline.models.effects.ratios import ratio_rows
from pipeline.models.effects.response import Ordered
from pipeline.models.inference import Term, coefficient_rows, joined
from pipeline.models.likelihood.cumulative import Cumulative, with_thresholds
from pipeline.models.likelihood.links import LATENT_VARIANCE, Link
from pipeline.models.outcomes.answers import (
    Asked,
    declared,
    effects_of,
    fit_rows,
    likelihood_values,
    names_of,
    null_value,
    standardised_of,
)
from pipeline.models.outcomes.fitted import fit_likelihood
from pipeline.models.outcomes.proportional import proportional_odds_rows
from pipeline.models.outcomes.rows import OutcomeRows, outcome_data
from pipeline.models.table import noted, table
from pipeline.models.weighting import Weighted


@public(ordered=True)
def ordered_logit(
    frame: pl.DataFrame,
    outcome: str,
    exposures: Sequence[str],
    covariates: Sequence[str] = (),
    *,
    link: Link = "logit",
    predict_at: Values | None = None,
    standardised: bool = False,
    confidence: float = 0.95,
    model: str = "ordered_logit",
    **options: Unpack[OutcomeRows],
) -> pl.DataFrame:
    """One row per coefficient, threshold, odds ratio, marginal effect on each category, and test of proportional odds.

    P(y ≤ j) = F(θ_j − xb), F logistic or normal (``link``), by maximum likelihood (R: ``MASS::polr``,
    ``ordinal::clm``): a positive b means higher answers. Categories are the numbers that occur, in their order, or
    the levels of an Enum; those that nobody chose are left out and noted. Errors are clustered by ``cluster``, by
    default the person (see ``likelihood.robust``). Marginal effects are on the probability of each category
    (``outcome`` is then ``trust_3``), averaged over rows; ``predict_at`` maps terms to values at which to predict them.

    Rows of ``test``: Brant's (1990) test of whether the coefficients of separate logits at each threshold are equal,
    for all terms and for each, with covariance from the clusters where there are any. If all terms' p < 0.05,
    coefficients carry a note. Raises ModelError for text without an order, one category, or a term that separates.

    >>> import polars as pl
    >>> from pipeline.models import ordered_logit
    >>> people = pl.DataFrame({
    ...     "age": [20, 30, 40, 50, 60, 70, 25, 65, 35, 45], "trust": [1, 1, 2, 3, 3, 2, 2, 3, 1, 2],
    ... })
    >>> table = ordered_logit(people, "trust", ["age"], person=None, wave=None)
    >>> table.filter(component="threshold")["term"].to_list()
    ['1|2', '2|3']
    """
    rows = outcome_data(frame, outcome, exposures, covariates, options, kind="ordered")
    data, asked = rows.data, Asked(predict_at, standardised)
    levels = rows.levels
    cuts = len(levels) - 1
    likelihood = Cumulative(rows.codes, rows.scaled.data.matrix[:, 1:], link, outcome)
    fit = fit_likelihood(rows, likelihood, with_thresholds(rows.scaled.back, cuts))
    errors = fit.errors
    basis = data.basis(errors.basis_words(), confidence)
    slopes, covariance = fit.parameters[cuts:], fit.covariance[cuts:, cuts:]
    tests, violated = proportional_odds_rows(basis, rows, link)
    note = joined(errors.note, rows.note)
    found = coefficient_rows(basis, rows.coefficients, slopes, covariance, errors.df)
    found += combined(data.contrasts, rows.coefficients).rows(basis, slopes, covariance, errors.df)
    if link == "logit":
        found += ratio_rows(basis, rows.coefficients, slopes, covariance, df=errors.df)
    found += standardised_of(
        basis, rows, slopes, covariance, asked, latent_variance=LATENT_VARIANCE[link], df=errors.df
    )
    found = noted(found, violated)
    thresholds = [Term("threshold", name) for name in names_of(levels)]
    found += coefficient_rows(basis, thresholds, fit.parameters[:cuts], fit.covariance[:cuts, :cuts], errors.df)
    response = Ordered(link, levels)
    found += effects_of(basis, rows, response, fit.parameters, fit.covariance, asked, df=errors.df)
    null = null_value(rows.codes, rows.weights, cuts + 1)
    values = likelihood_values(fit.value, null, len(fit.parameters), data.n_obs)
    whole = [*noted(found, note), *tests, *fit_rows(basis, values)]
    return table(whole, replace(data, outcome_name=outcome), basis, model=model, family="ordered_logit")


def fit(name: str, spec: Any, panel: pl.DataFrame, _: Any, rows: Weighted | None) -> pl.DataFrame:
    """The declared model (see ``pipeline.models.fit``)."""
    return declared(
        partial(ordered_logit, link=spec.link or "logit"), name, spec, panel, rows, "predict_at", "standardised"
    )
