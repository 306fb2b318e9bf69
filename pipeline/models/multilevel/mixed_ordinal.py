"""Mixed models of ordered outcomes: cumulative log odds that differ between persons, areas and waves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, Unpack

import numpy as np
import polars as pl

from pipeline.door import public
from pipeline.models.categories import coded, level_names
from pipeline.models.declared import ModelSpec, regression
from pipeline.models.inference import Term
from pipeline.models.multilevel.random_part import random_terms
from pipeline.models.multilevel.response.fit import ResponseFit, maximise
from pipeline.models.multilevel.response.outcomes import Ordered
from pipeline.models.multilevel.response_estimates import FixedPart, orthonormal_columns, response_table
from pipeline.models.multilevel.within_between_parts import split
from pipeline.models.options import Rows, taken
from pipeline.models.regression_data import RegressionData, check_rank, regression_data
from pipeline.models.weighting import Weighted
from pipeline.specs.mixed import random_part


@public(ordered=True)
def mixed_ordinal(
    frame: pl.DataFrame,
    outcome: str,
    exposures: Sequence[str],
    covariates: Sequence[str] = (),
    *,
    random: Mapping[str, Sequence[str]] | None = None,
    uncorrelated: Sequence[str] = (),
    within_between: Sequence[str] = (),
    points: int = 1,
    confidence: float = 0.95,
    model: str = "mixed_ordinal",
    **options: Unpack[Rows],
) -> pl.DataFrame:
    """One row per fixed term in log odds, odds ratio, threshold, variance of random effects, and measure of fit.

    P(y ≤ j) = 1 / (1 + exp(−(θ_j − X b − Z u))), u ~ N(0, D) between the groups of ``random``, as in ``mixed``:
    ``ordinal::clmm`` in R, by Laplace's approximation (``points=1``), or by adaptive quadrature for one random
    intercept (``nAGQ``). A positive b means higher answers. Categories are the numbers that occur, in their order,
    or the levels of an Enum; coefficients are within a group. Waves have no dummies unless ``wave_effects``.

    Raises ModelError as ``mixed_logit`` does, and for an outcome of one category or of more than 30.

    >>> import polars as pl
    >>> from pipeline.models import mixed_ordinal
    >>> panel = pl.DataFrame({
    ...     "person_id": [person for person in "abcdefgh" for _ in range(4)],
    ...     "wave": ["w01", "w02", "w03", "w04"] * 8,
    ...     "contact": [1, 2, 4, 3, 2, 4, 3, 5, 3, 3, 1, 2, 5, 4, 2, 4, 1, 2, 1, 3, 4, 5, 5, 3, 2, 2, 1, 4, 3, 5, 4, 2],
    ...     "trust": [1, 1, 3, 2, 1, 3, 1, 3, 2, 1, 1, 1, 3, 3, 2, 1, 1, 2, 1, 1, 3, 3, 2, 3, 1, 1, 1, 2, 3, 3, 2, 2],
    ... })
    >>> table = mixed_ordinal(panel, "trust", ["contact"], points=9)
    >>> table.filter(component="threshold")["term"].to_list()
    ['1|2', '2|3']
    """
    chosen = {"wave_effects": False, **taken(Rows, options)}
    person = str(chosen.get("person", "person_id"))
    groupings = dict(random or {person: ()})
    data = regression_data(
        coded(frame, outcome, "ordered"), outcome, exposures, covariates, carried=tuple(groupings), **chosen
    )
    data = split(data, [name for name in exposures if name in set(within_between)])
    check_rank(data.matrix, data.terms, outcome)
    values, category = np.unique(data.outcome, return_inverse=True)
    levels = level_names(values, frame, outcome)
    terms = random_terms(data, groupings, uncorrelated, person)
    matrix, mean = data.matrix[:, 1:] - data.matrix[:, 1:].mean(axis=0), data.matrix[:, 1:].mean(axis=0)
    columns, back = orthonormal_columns(matrix)
    fit = maximise(Ordered(category, len(values)), columns, terms, points)
    return response_table(
        data, fit, _fixed(data, fit, back, mean, levels), confidence=confidence, model=model, family="mixed_ordinal"
    )


def _fixed(
    data: RegressionData, fit: ResponseFit, back: np.ndarray, mean: np.ndarray, levels: Sequence[str]
) -> FixedPart:
    """Coefficients, and thresholds where the terms are zero: from columns that are centred."""
    p, cuts = fit.likelihood.p, fit.likelihood.n_cuts
    free = fit.point[p : p + cuts]
    steps = np.tril(np.ones((cuts, cuts)))  # of the thresholds by the free parameters
    steps[:, 1:] *= np.exp(free[1:])
    change = np.zeros((p + cuts, p + cuts))
    change[:p, :p] = back
    change[p:, :p] = mean @ back
    change[p:, p:] = steps
    slopes = back @ fit.point[:p]
    thresholds = Ordered.cuts(free) + mean @ slopes
    return FixedPart(
        terms=data.terms[1:],
        estimates=np.concatenate([slopes, thresholds]),
        covariance=change @ fit.covariance[: p + cuts, : p + cuts] @ change.T,
        thresholds=tuple(Term("threshold", f"{low}|{high}") for low, high in pairwise(levels)),
    )


def fit(name: str, spec: ModelSpec, panel: pl.DataFrame, _: Any, rows: Weighted | None) -> pl.DataFrame:
    """The declared model (see ``pipeline.models.fit``)."""
    declared: Any = spec
    further = {key: getattr(declared, key) for key in ("uncorrelated", "points")}
    return regression(mixed_ordinal, name, spec, panel, rows, random=random_part(declared), **further)
