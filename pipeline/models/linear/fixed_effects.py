"""Fixed effects: each person compared with themselves in other waves."""

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
from pipeline.models.covariances.problem import LeastSquares, transformed
from pipeline.models.declared import ModelSpec
from pipeline.models.diagnostics.linear import diagnostic_rows
from pipeline.models.groups import within
from pipeline.models.linear.linearmodels_fit import covariance_options, panel_frames, read_fit
from pipeline.models.linear.replicates import weighted_regression
from pipeline.models.options import WeightedRows, taken
from pipeline.models.regression_data import RegressionData
from pipeline.models.scaled import orthonormal
from pipeline.models.table import coefficient_table
from pipeline.models.weighting import Weighted
from pipeline.models.within.least_squares import absorbed_fit, effects_of, on_arrays, require_rank

Effects = Literal["person", "person_and_wave"]


@public(ordered=True, on_disk="pipeline.models.on_disk.fixed_effects:fixed_effects")
def fixed_effects(
    frame: pl.DataFrame,
    outcome: str,
    exposures: Sequence[str],
    covariates: Sequence[str] = (),
    *,
    effects: Effects = "person",
    correction: Correction = "hc1",
    standard_errors: Asked = None,
    diagnostics: bool = False,
    repeated: bool = False,
    confidence: float = 0.95,
    model: str = "fixed_effects",
    **options: Unpack[WeightedRows],
) -> pl.DataFrame:
    """One row per term: y_it = a_i + b x_it + w_t + e_it, a_i absorbed (linearmodels' ``PanelOLS``).

    ``effects`` "person" estimates wave dummies with the exposures (``wave_effects``); "person_and_wave" absorbs both.
    Persons seen once stay in the count of rows, as in plm, and add nothing to the estimates. Standard errors are
    clustered by ``cluster``: plm's ``vcovHC(type = "HC1")``, t on the within model's residual degrees of freedom;
    ``standard_errors`` is another kind (``pipeline/specs/error_kinds.py``: "cr2", {"kind": "wild_bootstrap"}), and
    fewer than 30 areas as clusters take the wild bootstrap. ``repeated`` fits, and panels of more than 100,000 rows,
    take the project's own kernel, which is the same to 1e-10.

    Raises ModelError for a term that never changes within a person, in addition to what ``pooled`` raises.

    >>> import polars as pl
    >>> from pipeline.models import fixed_effects
    >>> panel = pl.DataFrame({
    ...     "person_id": ["a", "a", "b", "b", "c", "c"],
    ...     "wave": ["w01", "w02"] * 3,
    ...     "contact": [1.0, 2.0, 2.0, 4.0, 3.0, 3.0],
    ...     "trust": [2.0, 2.5, 3.0, 4.0, 2.0, 2.0],
    ... })
    >>> table = fixed_effects(panel, "trust", ["contact"])
    >>> table.filter(term="contact")["estimate"].round(6).to_list()
    [0.5]
    """
    errors = chosen_errors(standard_errors, "fixed_effects")
    chosen = rows_for(errors, taken(WeightedRows, options))
    if effects == "person_and_wave":
        chosen["wave_effects"] = False
    data, profile = profiled(frame, outcome, exposures, covariates, errors, **chosen, intercept=False)
    require_within_variation(data)
    fit = fixed_effects_fit(data, effects, correction, repeated=repeated or errors is not None)
    refit = Refit(data, partial(_problem, data, effects), correction, confidence, data.wave, exposures, profile)
    fit = with_errors(fit, errors, refit, repeated=repeated)
    further = diagnostic_rows(refit, confidence) if diagnostics else []
    return coefficient_table(
        data, fit, confidence=confidence, model=model, family="fixed_effects", checked=not repeated, further=further
    )


def _problem(data: RegressionData, effects: Effects) -> LeastSquares:
    """The least squares after persons' effects; effects of waves are columns that are not reported."""
    waves = np.eye(data.n_waves)[data.wave][:, 1:] if effects == "person_and_wave" else np.zeros((data.n_obs, 0))
    matrix = np.column_stack([data.matrix, waves])
    made = transformed(data.outcome, matrix, weights=data.weights, effects=data.person, n_terms=len(data.terms))
    return replace(made, explicit=data.wave if effects == "person_and_wave" else None)


def fit(
    name: str, spec: ModelSpec, panel: pl.DataFrame, _: Any, rows: Weighted | None, *, repeated: bool = False
) -> pl.DataFrame:
    """The declared model (see ``pipeline.models.fit``)."""
    return weighted_regression(fixed_effects, _demeaned, name, spec, panel, rows, repeated=repeated)


def _demeaned(data: RegressionData, spec: ModelSpec) -> RegressionData:
    """Deviations from persons' means; the dummies of waves that are absorbed come last."""
    terms = data.keep(np.array([term.component != "intercept" for term in data.terms]))
    matrix = terms.matrix
    if spec.effects == "person_and_wave":
        terms = terms.keep(np.array([term.component != "wave" for term in terms.terms]))
        matrix = np.column_stack([terms.matrix, np.eye(data.wave.max() + 1)[data.wave][:, 1:]])
    outcome = within(data.outcome[:, None], data.person)[:, 0]
    return replace(terms, outcome=outcome, matrix=within(matrix, data.person))


def fixed_effects_fit(
    data: RegressionData, effects: Effects = "person", correction: Correction = "hc1", *, repeated: bool = False
) -> Linear:
    """(Weighted) least squares after absorbing person, or person and wave, effects; ``data`` without an intercept.

    Absorbed effects count in the residual degrees of freedom and in a classical covariance. In a clustered one those of
    persons do not, being nested in the clusters: plm's ``vcovHC``, and Stata's ``xtreg, fe``; those of waves do by the
    correction "stata", as the dummies of waves do that are not absorbed. linearmodels would by itself count all where
    there are two, or where they are not nested.
    """
    waves = effects == "person_and_wave"
    absorbed = effects_of(data, waves=waves)
    require_freedom(data, absorbed.absorbed)
    if on_arrays(data, repeated):
        return absorbed_fit(data, absorbed, correction)
    from linearmodels.panel.model import PanelOLS

    require_rank(data, absorbed)
    left = within(data.matrix, data.person)
    scaled = orthonormal(replace(data, matrix=left))
    model = PanelOLS(**panel_frames(scaled.data), entity_effects=True, time_effects=waves, check_rank=False)
    counted = data.clusters is None
    result = model.fit(auto_df=False, count_effects=counted, **covariance_options(data, correction))
    found = scaled.fit(read_fit(data, result, correction))
    beyond = data.n_obs - len(data.terms)
    more = absorbed.counted(correction) if data.clusters is not None else 0
    return replace(found, covariance=found.covariance * (beyond / (beyond - more)))


def require_within_variation(data: RegressionData) -> None:
    """Raises ModelError naming the terms that are the same in all of each person's waves."""
    constant = [term.label for term, varies in zip(data.terms, data.varies_within(), strict=True) if not varies]
    if constant:
        raise ModelError(
            f"{', '.join(constant)} never changes within a person",
            where=data.outcome_name,
            todo="Leave it out, or use random effects or a within–between model.",
        )
    outcome = data.outcome - (np.bincount(data.person, data.outcome) / np.bincount(data.person))[data.person]
    if np.abs(outcome).max() < 1e-12 * max(1.0, float(np.abs(data.outcome).max())):
        raise ModelError("the outcome never changes within a person", where=data.outcome_name)
