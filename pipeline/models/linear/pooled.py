"""Pooled least squares: all person-waves as one sample."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, Unpack

import polars as pl

from pipeline.door import public
from pipeline.models.asked_errors import Asked, chosen_errors, profiled, rows_for
from pipeline.models.chosen_errors import Refit, with_errors
from pipeline.models.covariance import Correction, Linear, require_freedom
from pipeline.models.covariances.problem import transformed
from pipeline.models.declared import ModelSpec
from pipeline.models.diagnostics.linear import diagnostic_rows
from pipeline.models.effects.predictions import Values
from pipeline.models.linear.linearmodels_fit import covariance_options, panel_frames, read_fit
from pipeline.models.linear.replicates import weighted_regression
from pipeline.models.options import WeightedRows, taken
from pipeline.models.regression_data import RegressionData
from pipeline.models.scaled import orthonormal
from pipeline.models.table import coefficient_table
from pipeline.models.weighting import Weighted
from pipeline.models.within.least_squares import absorbed_fit, on_arrays, require_rank


@public(ordered=True)
def pooled(
    frame: pl.DataFrame,
    outcome: str,
    exposures: Sequence[str],
    covariates: Sequence[str] = (),
    *,
    correction: Correction = "hc1",
    standard_errors: Asked = None,
    diagnostics: bool = False,
    predict_at: Values | None = None,
    repeated: bool = False,
    confidence: float = 0.95,
    model: str = "pooled",
    **options: Unpack[WeightedRows],
) -> pl.DataFrame:
    """One row per term: y_it = a + b x_it + w_t + e_it by (weighted) least squares (linearmodels' ``PooledOLS``).

    Mixes what happens within persons with differences between them. Standard errors are clustered by ``cluster``
    (``None``: classical); ``correction`` "hc1" is plm's HC1 with t on n − k degrees of freedom, "stata" Stata's
    factor with t on G − 1. ``standard_errors`` and ``repeated`` are as in ``fixed_effects``. ``predict_at`` maps
    terms to values at which to predict, for everybody as they are otherwise (Stata's ``margins``). Raises ModelError
    for absent columns, no complete row, or terms that are collinear.

    >>> import polars as pl
    >>> from pipeline.models import pooled
    >>> panel = pl.DataFrame({
    ...     "person_id": ["a", "a", "b", "b", "c", "c", "d", "d"],
    ...     "wave": ["w01", "w02"] * 4,
    ...     "contact": [1.0, 2.0, 2.0, 4.0, 3.0, 3.0, 5.0, 4.0],
    ...     "trust": [2.0, 2.5, 3.0, 3.5, 2.0, 2.5, 4.0, 4.0],
    ... })
    >>> table = pooled(panel, "trust", ["contact"])
    >>> table["term"].to_list()
    ['contact', 'w02', 'intercept', 'rows_left_out']
    """
    errors = chosen_errors(standard_errors, "pooled")
    chosen = rows_for(errors, taken(WeightedRows, options))
    data, profile = profiled(frame, outcome, exposures, covariates, errors, predict_at=predict_at, **chosen)
    require_freedom(data)
    linear = pooled_fit(data, correction, repeated=repeated or errors is not None)
    problem = partial(transformed, data.outcome, data.matrix, weights=data.weights)
    refit = Refit(data, problem, correction, confidence, data.wave, exposures, profile)
    linear = with_errors(linear, errors, refit, repeated=repeated)
    further = diagnostic_rows(refit, confidence) if diagnostics else []
    return coefficient_table(
        data, linear, confidence=confidence, model=model, family="pooled", checked=not repeated, further=further
    )


def pooled_fit(data: RegressionData, correction: Correction, *, repeated: bool) -> Linear:
    """(Weighted) least squares of the rows as they are."""
    if on_arrays(data, repeated):
        return absorbed_fit(data, None, correction)
    from linearmodels.panel.model import PooledOLS

    require_rank(data, None)
    scaled = orthonormal(data)
    result = PooledOLS(**panel_frames(scaled.data), check_rank=False).fit(**covariance_options(data, correction))
    return scaled.fit(read_fit(data, result, correction))


def fit(
    name: str, spec: ModelSpec, panel: pl.DataFrame, _: Any, rows: Weighted | None, *, repeated: bool = False
) -> pl.DataFrame:
    """The declared model (see ``pipeline.models.fit``)."""
    return weighted_regression(pooled, _levels, name, spec, panel, rows, repeated=repeated)


def _levels(data: RegressionData, _: ModelSpec) -> RegressionData:
    """The rows as they are."""
    return data
