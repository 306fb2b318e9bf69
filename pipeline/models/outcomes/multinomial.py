"""Outcomes without an order: multinomial logit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Unpack

import numpy as np
import polars as pl

from pipeline.door import public
from pipeline.errors import ModelError
from pipeline.models.columns import level_name
from pipeline.models.contrasts import combined
from pipeline.models.declared import ModelSpec
from pipeline.models.effects.predictions import Values
from pipeline.models.effects.ratios import ratio_rows
from pipeline.models.effects.response import Categories
from pipeline.models.effects.rows import outcome_of
from pipeline.models.inference import coefficient_rows
from pipeline.models.likelihood.multinomial import Multinomial
from pipeline.models.outcomes.answers import (
    Asked,
    Rows,
    declared,
    effects_of,
    fit_rows,
    likelihood_values,
    null_value,
    standardised_of,
)
from pipeline.models.outcomes.fitted import blocks, fit_likelihood
from pipeline.models.outcomes.rows import OutcomeRows, outcome_data
from pipeline.models.table import noted, table
from pipeline.models.weighting import Weighted


@public(ordered=True)
def multinomial_logit(
    frame: pl.DataFrame,
    outcome: str,
    exposures: Sequence[str],
    covariates: Sequence[str] = (),
    *,
    base_category: str | float | None = None,
    predict_at: Values | None = None,
    standardised: bool = False,
    confidence: float = 0.95,
    model: str = "multinomial_logit",
    **options: Unpack[OutcomeRows],
) -> pl.DataFrame:
    """One row per category and coefficient, odds ratio and marginal effect; ``outcome`` names the category: ``vote_2``.

    log P(y = j) / P(y = reference) = x b_j by maximum likelihood (R: ``nnet::multinom``; Stata: ``mlogit``).
    ``base_category``, the reference, is by default the lowest, in sort order. Errors are clustered by ``cluster``, by
    default the person (see ``likelihood.robust``). Marginal effects and predictions are of each category's
    probability, the reference's too.

    Raises ModelError for a reference that nobody chose, one category, or a term that separates categories.

    >>> import polars as pl
    >>> from pipeline.models import multinomial_logit
    >>> people = pl.DataFrame({
    ...     "age": [20, 30, 40, 50, 60, 70, 25, 65, 35, 45], "vote": [1, 1, 2, 7, 7, 2, 2, 7, 1, 2],
    ... })
    >>> table = multinomial_logit(people, "vote", ["age"], person=None, wave=None)
    >>> table.filter(component="coefficient")["outcome"].to_list()
    ['vote_2', 'vote_7']
    """
    rows = outcome_data(frame, outcome, exposures, covariates, options, kind="unordered", freedom=True)
    names = rows.levels
    base = 0 if base_category is None else _place(names, base_category, outcome)
    order = [base, *(place for place in range(len(names)) if place != base)]
    codes = np.argsort(order)[rows.codes]
    rows = replace(rows, data=replace(rows.data, outcome=codes.astype(float)))
    names = tuple(names[place] for place in order)
    data, asked, others = rows.data, Asked(predict_at, standardised), len(names) - 1
    likelihood = Multinomial(codes, rows.scaled.data.matrix, outcome)
    fit = fit_likelihood(rows, likelihood, blocks(rows.scaled.back, others))
    errors, k = fit.errors, data.matrix.shape[1]
    basis = data.basis(errors.basis_words(), confidence)
    found: Rows = []
    for place, name in enumerate(names[1:]):
        part = slice(place * k, (place + 1) * k)
        slopes, covariance = fit.parameters[part], fit.covariance[part, part]
        made = coefficient_rows(basis, data.terms, slopes, covariance, errors.df)
        made += combined(data.contrasts, data.terms).rows(basis, slopes, covariance, errors.df)
        made += ratio_rows(basis, data.terms, slopes, covariance, df=errors.df)
        made += standardised_of(basis, rows, slopes[1:], covariance[1:, 1:], asked, df=errors.df)
        found += [{**row, "outcome": outcome_of(outcome, name)} for row in noted(made, f"odds against {names[0]}")]
    found += effects_of(basis, rows, Categories(names), fit.parameters, fit.covariance, asked, df=errors.df)
    null = null_value(codes, rows.weights, others + 1)
    values = likelihood_values(fit.value, null, len(fit.parameters), data.n_obs)
    whole = [*noted(found, errors.note), *fit_rows(basis, values)]
    return table(whole, data, basis, model=model, family="multinomial_logit")


def _place(names: Sequence[str], reference: str | float, outcome: str) -> int:
    wanted = level_name(float(reference) if isinstance(reference, int) else reference)
    if wanted not in names:
        raise ModelError(
            f"nobody has the reference category `{wanted}`", where=outcome, todo=f"There are: {', '.join(names)}."
        )
    return list(names).index(wanted)


def fit(name: str, spec: ModelSpec, panel: pl.DataFrame, _: Any, rows: Weighted | None) -> pl.DataFrame:
    """The declared model (see ``pipeline.models.fit``)."""
    return declared(multinomial_logit, name, spec, panel, rows, "base_category", "predict_at", "standardised")
