"""Ordered outcomes on a survey design."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any, Unpack

import numpy as np
import polars as pl

from pipeline.door import public
from pipeline.models.categories import coded, level_names, unchosen
from pipeline.models.contrasts import combined
from pipeline.models.declared import on_design
from pipeline.models.design.pseudo_likelihood import Degrees, complete_rows, fit_on_design, solver
from pipeline.models.design.sample import DesignArguments, Sample
from pipeline.models.design.survey_design import Subset
from pipeline.models.effects.predictions import Values
from pipeline.models.effects.ratios import ratio_rows
from pipeline.models.effects.response import Ordered
from pipeline.models.effects.shown import shown_rows
from pipeline.models.effects.standardised import standardised_rows
from pipeline.models.inference import Term, coefficient_rows, joined
from pipeline.models.likelihood.cumulative import Cumulative, with_thresholds
from pipeline.models.likelihood.links import LATENT_VARIANCE, Link
from pipeline.models.regression_data import check_rank
from pipeline.models.scaled import orthonormal
from pipeline.models.table import noted, table
from pipeline.models.weighting import Weighted


@public(once=True, ordered=True)
def design_ordered(
    frame: pl.DataFrame,
    outcome: str,
    exposures: Sequence[str],
    covariates: Sequence[str] = (),
    *,
    link: Link = "logit",
    categorical: Iterable[str] = (),
    wave_effects: bool = True,
    subset: Subset = "domain",
    degrees: Degrees = "residual",
    contrasts: Mapping[str, str] | None = None,
    predict_at: Values | None = None,
    standardised: bool = False,
    confidence: float = 0.95,
    model: str = "design_ordered",
    **design: Unpack[DesignArguments],
) -> pl.DataFrame:
    """One row per coefficient, threshold, odds ratio, and marginal effect on each category (R: ``svyolr``).

    P(y ≤ j) = F(θ_j − xb) by pseudo-maximum likelihood, with the design's standard errors; categories, effects and
    predictions are as in ``ordered_logit``, ``subset`` and ``degrees`` as in ``design_regression``.

    >>> import polars as pl
    >>> from pipeline.models import design_ordered
    >>> people = pl.DataFrame({
    ...     "age": [20, 30, 40, 50, 60, 70, 25, 65, 35, 45], "trust": [1, 1, 2, 3, 3, 2, 2, 3, 1, 2],
    ... })
    >>> table = design_ordered(people, "trust", ["age"], wave_effects=False)
    >>> table.filter(component="threshold")["term"].to_list()
    ['1|2', '2|3']
    """
    sample = Sample.of(coded(frame, outcome, "ordered"), **design)
    data, complete, _ = complete_rows(
        sample, outcome, exposures, covariates,
        wave_effects=wave_effects, categorical=tuple(categorical), contrasts=contrasts,
    )  # fmt: skip
    found, codes = np.unique(data.outcome, return_inverse=True)
    levels, gaps = level_names(found, frame, outcome), unchosen(found, frame, outcome)
    cuts = len(levels) - 1
    data = replace(data, n_left_out=frame.height - data.n_obs)
    check_rank(data.matrix, data.terms, outcome)
    scaled = orthonormal(data)
    likelihood = Cumulative(codes, scaled.data.matrix[:, 1:], link, outcome)
    fit = fit_on_design(sample, complete, solver(likelihood), subset, degrees, len(data.terms) - 1 + cuts, outcome)
    back = with_thresholds(scaled.back, cuts)
    estimates, covariance = back @ fit.estimates, back @ fit.covariance @ back.T
    persons = len(np.unique(sample.persons[complete]))
    basis = replace(data.basis(fit.described, confidence), n_persons=persons)
    terms, slopes, spread = data.terms[1:], estimates[cuts:], covariance[cuts:, cuts:]
    rows = coefficient_rows(basis, terms, slopes, spread, fit.df)
    rows += combined(data.contrasts, terms).rows(basis, slopes, spread, fit.df)
    if link == "logit":
        rows += ratio_rows(basis, terms, slopes, spread, df=fit.df)
    weights = sample.weights[complete]
    if standardised:
        rows += standardised_rows(
            basis, data.matrix[:, 1:], terms, slopes, spread,
            latent_variance=LATENT_VARIANCE[link], weights=weights, df=fit.df,
        )  # fmt: skip
    thresholds = [Term("threshold", f"{low}|{high}") for low, high in pairwise(levels)]
    rows += coefficient_rows(basis, thresholds, estimates[:cuts], covariance[:cuts, :cuts], fit.df)
    response = Ordered(link, levels)
    rows += shown_rows(basis, response, data, estimates, covariance, predict_at, weights=weights, df=fit.df)
    note = joined(sample.linked(complete), gaps)
    return table(noted(rows, note), data, basis, model=model, family="design_ordered")


def fit(name: str, spec: Any, panel: pl.DataFrame, study: Any, rows: Weighted | None) -> pl.DataFrame:
    """The declared model (see ``pipeline.models.fit``)."""
    return design_ordered(
        panel,
        str(spec.outcome),
        spec.exposures,
        spec.covariates,
        link=spec.link or "logit",
        categorical=spec.categorical,
        wave_effects=spec.wave_effects,
        contrasts=spec.contrasts,
        degrees=spec.degrees,
        predict_at=spec.predict_at,
        standardised=spec.standardised,
        **on_design(spec, panel, study, rows),
        model=name,
    )
