"""First differences: change in the outcome on change in the exposures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Literal, Unpack

import numpy as np
import polars as pl

from pipeline.door import public
from pipeline.errors import ModelError
from pipeline.models.asked_errors import Asked, chosen_errors, profiled, rows_for
from pipeline.models.chosen_errors import Refit, with_errors
from pipeline.models.covariance import Correction, Linear, require_freedom
from pipeline.models.covariances.problem import transformed
from pipeline.models.diagnostics.linear import diagnostic_rows
from pipeline.models.groups import within
from pipeline.models.inference import Term
from pipeline.models.linear.fixed_effects import require_within_variation
from pipeline.models.linear.linearmodels_fit import covariance_options, panel_frames, read_fit
from pipeline.models.linear.replicates import weighted_regression
from pipeline.models.options import WeightedRows, taken
from pipeline.models.regression_data import RegressionData, check_rank
from pipeline.models.scaled import orthonormal
from pipeline.models.table import coefficient_table
from pipeline.models.weighting import Weighted
from pipeline.models.within.least_squares import absorbed_fit, on_arrays

Gaps = Literal["successive", "adjacent"]


@public(ordered=True)
def first_difference(
    frame: pl.DataFrame,
    outcome: str,
    exposures: Sequence[str],
    covariates: Sequence[str] = (),
    *,
    gaps: Gaps = "successive",
    correction: Correction = "hc1",
    standard_errors: Asked = None,
    diagnostics: bool = False,
    repeated: bool = False,
    confidence: float = 0.95,
    model: str = "first_difference",
    **options: Unpack[WeightedRows],
) -> pl.DataFrame:
    """One row per term: Δy_it = b Δx_it + Δw_t + Δe_it by linearmodels' ``FirstDifferenceOLS``.

    ``gaps`` "successive" takes a person's next complete row whatever lies between (plm's ``model = "fd"``), "adjacent"
    only pairs of neighbouring waves of the data. With ``wave_effects`` the wave dummies are differenced too; without,
    an intercept is the mean change from one row to the next (plm). n_obs counts differences. A difference weighs
    1 / (1/w_t + 1/w_s), half the weight where it stays the same. ``standard_errors`` is as in ``fixed_effects``.
    Raises ModelError as ``fixed_effects`` does, if no person has two rows, and if a person changes cluster between the
    two.

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
    errors = chosen_errors(standard_errors, "first_difference")
    chosen = rows_for(errors, taken(WeightedRows, options))
    levels, profile = profiled(frame, outcome, exposures, covariates, errors, **chosen, intercept=False)
    require_within_variation(levels)
    placed = _placed(levels, gaps, intercept=not options.get("wave_effects", True))
    changes = _changes(placed)
    require_freedom(changes)
    linear = _fit(placed, changes, correction, repeated=repeated or errors is not None)
    later = _later(placed)
    if profile is not None:
        profile = profile[later] - profile[later - 1]
    problem = partial(transformed, changes.outcome, changes.matrix, weights=changes.weights)
    refit = Refit(changes, problem, correction, confidence, levels.wave[later], exposures, profile)
    linear = with_errors(linear, errors, refit, repeated=repeated)
    further = diagnostic_rows(refit, confidence) if diagnostics else []
    return coefficient_table(
        changes,
        linear,
        confidence=confidence,
        model=model,
        family="first_difference",
        checked=not repeated,
        further=further,
    )


def _fit(placed: RegressionData, changes: RegressionData, correction: Correction, *, repeated: bool) -> Linear:
    """(Weighted) least squares of the differences ``changes`` between the rows ``placed``."""
    scale = np.linalg.norm(placed.matrix, axis=0)
    if on_arrays(placed, repeated):
        return absorbed_fit(changes, None, correction, scale)
    from linearmodels.panel.model import FirstDifferenceOLS

    check_rank(changes.matrix, changes.terms, changes.outcome_name, scale)
    levels = replace(placed, matrix=within(placed.matrix, placed.person))  # of the same differences, without offsets
    scaled = orthonormal(levels, changes.matrix)
    model = FirstDifferenceOLS(**panel_frames(scaled.data), check_rank=False)
    result = model.fit(**covariance_options(placed, correction))
    return scaled.fit(read_fit(changes, result, correction))


def fit(
    name: str, spec: Any, panel: pl.DataFrame, _: Any, rows: Weighted | None, *, repeated: bool = False
) -> pl.DataFrame:
    """The declared model (see ``pipeline.models.fit``)."""
    function = partial(first_difference, gaps=_gaps(spec))
    return weighted_regression(function, _differenced, name, spec, panel, rows, repeated=repeated)


def _gaps(spec: Any) -> Gaps:
    """As declared; a cell of a multiverse is a plain ``Model``, without the key."""
    return "adjacent" if getattr(spec, "gaps", "") == "adjacent" else "successive"


def _differenced(data: RegressionData, spec: Any) -> RegressionData:
    """Each person's rows minus the person's row before; without wave effects, with an intercept."""
    terms = data.keep(np.array([term.component != "intercept" for term in data.terms]))
    placed = _placed(terms, _gaps(spec), intercept=not spec.wave_effects)
    return replace(_changes(placed), weights=placed.rows(_later(placed)).weights)


def _placed(data: RegressionData, gaps: Gaps, *, intercept: bool) -> RegressionData:
    """The rows with ``wave`` numbered so that those to be compared are one apart, as linearmodels takes them.

    The number itself as a regressor is the intercept: its difference is one.
    """
    if gaps == "successive":
        data = replace(data, wave=np.arange(data.n_obs) - np.searchsorted(data.person, data.person))
    later = _later(data)
    if later.size == 0:
        raise ModelError("no person has two rows to take a difference of", where=data.outcome_name, count=data.n_obs)
    moved = 0 if data.clusters is None else int((data.clusters[later] != data.clusters[later - 1]).sum())
    if moved:
        raise ModelError(
            f"persons change {data.cluster_name}, so that a difference is of two clusters",
            where=data.outcome_name,
            count=moved,
            todo="Cluster by `person_id`, or use fixed effects.",
        )
    if intercept:
        matrix = np.column_stack([data.matrix, data.wave])
        data = replace(data, matrix=matrix, terms=(*data.terms, Term("intercept", "intercept")))
    return data


def _changes(placed: RegressionData) -> RegressionData:
    """Each person's rows minus the person's row before, with the weight of a difference."""
    later = _later(placed)
    both = None
    if placed.weights is not None:
        both = 1 / (1 / placed.weights[later] + 1 / placed.weights[later - 1])
    return replace(
        placed.rows(later),
        weights=both,
        outcome=placed.outcome[later] - placed.outcome[later - 1],
        matrix=placed.matrix[later] - placed.matrix[later - 1],
    )


def differenced(levels: RegressionData, *, intercept: bool) -> RegressionData:
    """Each person's rows less the person's row before, whatever lies between; with the mean change as ``intercept``.

    Raises ModelError if no person has two rows, or a person changes cluster between them.
    """
    return _changes(_placed(levels, "successive", intercept=intercept))


def _later(data: RegressionData) -> np.ndarray:
    """The rows that come one wave after another row of their person."""
    return np.flatnonzero((np.diff(data.person) == 0) & (np.diff(data.wave) == 1)) + 1
