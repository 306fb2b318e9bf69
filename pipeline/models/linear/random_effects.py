"""Random effects: persons' levels as draws from one distribution, unrelated to the exposures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Unpack

import numpy as np
import polars as pl

from pipeline.door import public
from pipeline.errors import ModelError
from pipeline.models.asked_errors import Asked, chosen_errors, rows_for
from pipeline.models.chosen_errors import Refit, with_errors
from pipeline.models.covariance import Correction, Linear, require_freedom
from pipeline.models.covariances.problem import LeastSquares, transformed
from pipeline.models.declared import ModelSpec, regression
from pipeline.models.diagnostics.linear import diagnostic_rows
from pipeline.models.effects.predictions import Values
from pipeline.models.groups import means_of
from pipeline.models.linear.linearmodels_fit import covariance_options, panel_frames, read_fit
from pipeline.models.options import ClusteredRows, taken
from pipeline.models.regression_data import RegressionData, check_rank, regression_data
from pipeline.models.scaled import orthonormal_apart
from pipeline.models.table import coefficient_table
from pipeline.models.weighting import Weighted


@public(ordered=True)
def random_effects(
    frame: pl.DataFrame,
    outcome: str,
    exposures: Sequence[str],
    covariates: Sequence[str] = (),
    *,
    correction: Correction = "hc1",
    standard_errors: Asked = None,
    diagnostics: bool = False,
    predict_at: Values | None = None,
    small_sample: bool = True,
    confidence: float = 0.95,
    model: str = "random_effects",
    **options: Unpack[ClusteredRows],
) -> pl.DataFrame:
    """One row per term and variance: y_it = a + b x_it + w_t + u_i + e_it by generalised least squares
    (linearmodels' ``RandomEffects``).

    Variances by Swamy and Arora; ``small_sample`` is the unbalanced-panel version that plm uses. Intervals are
    normal, as in plm's summary; ``standard_errors`` is as in ``fixed_effects``, ``predict_at`` as in ``pooled``. If u_i
    is related to the exposures the coefficients are biased: see ``hausman`` and ``mundlak``, and ``within_between`` for
    both parts separately.

    >>> import polars as pl
    >>> from pipeline.models import random_effects
    >>> panel = pl.DataFrame({
    ...     "person_id": ["a", "a", "b", "b", "c", "c", "d", "d"],
    ...     "wave": ["w01", "w02"] * 4,
    ...     "contact": [1.0, 2.0, 2.0, 4.0, 3.0, 3.0, 5.0, 4.0],
    ...     "trust": [2.0, 2.5, 3.0, 3.5, 2.0, 2.5, 4.0, 4.0],
    ... })
    >>> table = random_effects(panel, "trust", ["contact"])
    >>> table.filter(component="variance")["term"].to_list()
    ['person', 'residual', 'icc']
    """
    errors = chosen_errors(standard_errors, "random_effects")
    chosen = rows_for(errors, taken(ClusteredRows, options))
    data = regression_data(frame, outcome, exposures, covariates, predict_at=predict_at, **chosen)
    fit, variances = random_effects_fit(data, small_sample=small_sample, correction=correction)
    refit = Refit(data, partial(quasi_demeaned, data, variances), correction, confidence, data.wave, exposures)
    if errors is not None:
        fit = replace(with_errors(fit, errors, refit), intervals=None)
    further = diagnostic_rows(refit, confidence) if diagnostics else []
    return coefficient_table(
        data,
        fit,
        confidence=confidence,
        model=model,
        family="random_effects",
        normal=True,
        variances=variances,
        further=further,
    )


def quasi_demeaned(data: RegressionData, variances: dict[str, float]) -> LeastSquares:
    """The least squares that the estimates are: rows less θ_i times their person's mean."""
    counts = np.bincount(data.person)
    share = 1 - np.sqrt(variances["residual"] / (variances["residual"] + counts * variances["person"]))
    joined = np.column_stack([data.matrix, data.outcome])
    joined = joined - share[data.person, None] * means_of(joined, data.person)
    return transformed(joined[:, -1], joined[:, :-1])


def fit(name: str, spec: ModelSpec, panel: pl.DataFrame, _: Any, rows: Weighted | None) -> pl.DataFrame:
    """The declared model (see ``pipeline.models.fit``)."""
    return regression(random_effects, name, spec, panel, rows)


def random_effects_fit(
    data: RegressionData, *, small_sample: bool = True, correction: Correction = "hc1"
) -> tuple[Linear, dict[str, float]]:
    """Feasible generalised least squares with the variances of Swamy and Arora (1972), and those variances.

    ``small_sample`` takes the person variance from the between regression weighted by persons' numbers of rows (Baltagi
    and Chang 1994, as plm); otherwise from the unweighted one. The two agree where all persons have equally many rows.
    Terms enter as orthonormal columns: linearmodels would take one much smaller than another for a redundant one.
    """
    from linearmodels.panel.model import RandomEffects

    require_freedom(data)
    check_rank(data.matrix, data.terms, data.outcome_name)
    options = covariance_options(data, correction)
    scaled = orthonormal_apart(data)
    frames = panel_frames(scaled.data)
    try:
        result = RandomEffects(**frames, check_rank=False).fit(small_sample=small_sample, **options)
    except ValueError as error:
        raise ModelError(
            "too few persons or waves to split the variance into persons' and waves'",
            where=data.outcome_name,
            count=data.n_persons,
        ) from error
    parts = result.variance_decomposition
    fit = scaled.fit(read_fit(data, result, correction))
    return fit, {"person": float(parts["Effects"]), "residual": float(parts["Residual"])}
