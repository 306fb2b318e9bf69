"""Change within persons of a count: fixed-effects Poisson."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Unpack

import numpy as np
import polars as pl

from pipeline.door import public
from pipeline.models.contrasts import combined
from pipeline.models.declared import ModelSpec
from pipeline.models.effects.ratios import ratio_rows
from pipeline.models.inference import coefficient_rows
from pipeline.models.likelihood.poisson_within import PoissonWithin
from pipeline.models.outcomes.answers import declared, fit_rows, likelihood_values
from pipeline.models.outcomes.fitted import fit_groups
from pipeline.models.outcomes.rows import OutcomeRows
from pipeline.models.outcomes.within_persons import changers, left_aside
from pipeline.models.table import noted, table
from pipeline.models.weighting import Weighted


@public(once=True, ordered=True)
def fixed_effects_poisson(
    frame: pl.DataFrame,
    outcome: str,
    exposures: Sequence[str],
    covariates: Sequence[str] = (),
    *,
    exposure_time: str | None = None,
    offset: str | None = None,
    confidence: float = 0.95,
    model: str = "fixed_effects_poisson",
    **options: Unpack[OutcomeRows],
) -> pl.DataFrame:
    """One row per coefficient and rate ratio, from change within persons only.

    E(y_it) = a_i t_it exp(x_it b), given each person's sum (R: ``glm`` with a dummy for each person; Stata:
    ``xtpoisson, fe``). Errors are clustered by person by default, and then hold whatever the variance is (Wooldridge
    1999, J. Econometrics 90, 77–97). Persons seen once, or with none throughout, say nothing and are counted in
    ``sample``. ``exposure_time`` and ``offset`` are as in ``poisson``.

    >>> import polars as pl
    >>> from pipeline.models import fixed_effects_poisson
    >>> panel = pl.DataFrame({
    ...     "person_id": ["a", "a", "b", "b", "c", "c"], "wave": ["w01", "w02"] * 3,
    ...     "contact": [0, 1, 0, 1, 0, 1], "friends": [1, 2, 2, 4, 0, 0],
    ... })
    >>> table = fixed_effects_poisson(panel, "friends", ["contact"])
    >>> table.filter(component="rate_ratio")["estimate"].round(6).to_list()
    [2.0]
    """
    given: OutcomeRows = {"correction": "stata", **options}
    whole, used = changers(
        frame, outcome, exposures, covariates, given, kind="count", offset=offset, exposure_time=exposure_time
    )
    data = used.data
    likelihood = PoissonWithin(data.outcome, used.scaled.data.matrix, used.offset, data.person, outcome)
    fit = fit_groups(used, likelihood, data.person, np.arange(data.n_obs))
    basis = data.basis(fit.errors.basis_words(), confidence)
    rows = coefficient_rows(basis, data.terms, fit.parameters, fit.covariance, fit.errors.df)
    rows += combined(data.contrasts, data.terms).rows(basis, fit.parameters, fit.covariance, fit.errors.df)
    rows += ratio_rows(basis, data.terms, fit.parameters, fit.covariance, "rate_ratio", fit.errors.df)
    values = likelihood_values(fit.value, None, len(fit.parameters), data.n_obs)
    made = [*noted(rows, fit.errors.note), *fit_rows(basis, values), *left_aside(basis, whole, used)]
    return table(made, data, basis, model=model, family="fixed_effects_poisson")


def fit(name: str, spec: ModelSpec, panel: pl.DataFrame, _: Any, rows: Weighted | None) -> pl.DataFrame:
    """The declared model (see ``pipeline.models.fit``)."""
    return declared(fixed_effects_poisson, name, spec, panel, rows, "exposure_time", "offset")
