"""First differences: change in the outcome on change in the exposures."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Literal

import numpy as np
import polars as pl

from pipeline.errors import ModelError
from pipeline.models.fixed_effects import require_within_variation
from pipeline.models.inference import Term
from pipeline.models.linear import Correction, least_squares
from pipeline.models.regression_data import RegressionData, regression_data
from pipeline.models.results import coefficient_table

Gaps = Literal["successive", "adjacent"]


def first_difference(
    frame: pl.DataFrame,
    outcome: str,
    exposures: Sequence[str],
    covariates: Sequence[str] = (),
    *,
    categorical: Iterable[str] = (),
    person: str = "person_id",
    wave: str = "wave",
    wave_effects: bool = True,
    gaps: Gaps = "successive",
    cluster: str | None = "person_id",
    weights: str | None = None,
    correction: Correction = "hc1",
    confidence: float = 0.95,
    model: str = "first_difference",
) -> pl.DataFrame:
    """One row per term: Δy_it = b Δx_it + Δw_t + Δe_it by least squares on each person's differences.

    ``gaps`` "successive" takes a person's next complete row whatever lies between (plm's ``model = "fd"``), "adjacent"
    only pairs of neighbouring waves of the data. With ``wave_effects`` the wave dummies are differenced too; without,
    an intercept is the mean change from one row to the next (plm). n_obs counts differences. A weight is that of the
    later row. Raises ModelError as ``fixed_effects`` does, and if no person has two rows.

    >>> import polars as pl
    >>> from pipeline.models import first_difference
    >>> panel = pl.DataFrame({
    ...     "person_id": ["a", "a", "b", "b", "c", "c"],
    ...     "wave": ["w01", "w02"] * 3,
    ...     "contact": [1.0, 2.0, 2.0, 4.0, 3.0, 3.0],
    ...     "trust": [2.0, 2.5, 3.0, 4.0, 2.0, 2.0],
    ... })
    >>> first_difference(panel, "trust", ["contact"]).filter(term="contact")["estimate"].round(6).to_list()
    [0.5]
    """
    levels = regression_data(
        frame,
        outcome,
        exposures,
        covariates,
        categorical=categorical,
        person=person,
        wave=wave,
        cluster=cluster,
        weights=weights,
        wave_effects=wave_effects,
        intercept=False,
    )
    require_within_variation(levels)
    changes = differences(levels, gaps=gaps, intercept=not wave_effects)
    fit = least_squares(changes, correction=correction)
    return coefficient_table(changes, fit, confidence=confidence, model=model, family="first_difference")


def differences(data: RegressionData, *, gaps: Gaps, intercept: bool) -> RegressionData:
    """Each person's rows minus the person's row before."""
    later = np.flatnonzero(np.diff(data.person) == 0) + 1
    if gaps == "adjacent":
        later = later[data.wave[later] - data.wave[later - 1] == 1]
    if later.size == 0:
        raise ModelError("no person has two rows to take a difference of", where=data.outcome_name, count=data.n_obs)
    _, person = np.unique(data.person[later], return_inverse=True)
    changes = data.matrix[later] - data.matrix[later - 1]
    terms = data.terms
    if intercept:
        terms, changes = (*terms, Term("intercept", "intercept")), np.column_stack([changes, np.ones(len(later))])
    return replace(
        data,
        outcome=data.outcome[later] - data.outcome[later - 1],
        matrix=changes,
        terms=terms,
        person=person,
        wave=data.wave[later],
        clusters=None if data.clusters is None else np.unique(data.clusters[later], return_inverse=True)[1],
        weights=None if data.weights is None else data.weights[later],
    )
