"""Between estimator: persons' mean outcomes on persons' mean exposures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Unpack

import numpy as np
import polars as pl

from pipeline.door import public
from pipeline.errors import ModelError
from pipeline.models.asked_errors import Asked, chosen_errors, profiled, rows_for
from pipeline.models.chosen_errors import Refit, with_errors
from pipeline.models.covariance import require_freedom
from pipeline.models.covariances.problem import transformed
from pipeline.models.declared import ModelSpec, regression
from pipeline.models.diagnostics.linear import diagnostic_rows
from pipeline.models.groups import group_sums
from pipeline.models.linear.linearmodels_fit import panel_frames, read_fit
from pipeline.models.options import PanelRows, taken
from pipeline.models.regression_data import RegressionData, check_rank
from pipeline.models.scaled import orthonormal
from pipeline.models.table import coefficient_table
from pipeline.models.weighting import Weighted


@public(ordered=True)
def between(
    frame: pl.DataFrame,
    outcome: str,
    exposures: Sequence[str],
    covariates: Sequence[str] = (),
    *,
    cluster: str | None = None,
    standard_errors: Asked = None,
    diagnostics: bool = False,
    confidence: float = 0.95,
    model: str = "between",
    **options: Unpack[PanelRows],
) -> pl.DataFrame:
    """One row per term: ȳ_i = a + b x̄_i + e_i by least squares over persons, each counting once.

    linearmodels' ``BetweenOLS``, plm's "between". Means are over a person's complete rows. Standard errors are
    classical, t on persons less terms, or of ``standard_errors``, as in ``fixed_effects``, with clusters of persons
    in ``cluster``; ``n_obs`` counts persons. Raises ModelError as ``pooled`` does.

    >>> import polars as pl
    >>> from pipeline.models import between
    >>> panel = pl.DataFrame({
    ...     "person_id": ["a", "a", "b", "b", "c", "c"], "wave": ["w01", "w02"] * 3,
    ...     "contact": [1.0, 3.0, 2.0, 4.0, 5.0, 3.0], "trust": [1.0, 3.0, 3.0, 3.0, 4.0, 6.0],
    ... })
    >>> between(panel, "trust", ["contact"]).filter(term="contact")["estimate"].round(6).to_list()
    [1.5]
    """
    from linearmodels.panel.model import BetweenOLS

    errors = chosen_errors(standard_errors or (None if cluster is None else "clustered"), "between")
    chosen = rows_for(errors, {**taken(PanelRows, options), "cluster": cluster})
    data, profile = profiled(frame, outcome, exposures, covariates, errors, **chosen, wave_effects=False)
    joined = group_sums(np.column_stack([data.matrix, data.outcome]), data.person)
    means = joined / np.bincount(data.person)[:, None]
    first = np.searchsorted(data.person, np.arange(len(means)))
    persons = replace(data.rows(first), matrix=means[:, :-1], outcome=means[:, -1], person=np.arange(len(means)))
    _require_constant(data, first)
    require_freedom(persons)
    check_rank(persons.matrix, persons.terms, outcome)
    scaled = orthonormal(data, persons.matrix)
    result = BetweenOLS(**panel_frames(scaled.data), check_rank=False).fit()
    fit = scaled.fit(read_fit(replace(persons, clusters=None, cluster_name=None), result))
    refit = Refit(
        persons, partial(transformed, persons.outcome, persons.matrix), "hc1", confidence, persons.wave, exposures,
        None if profile is None else profile[first],
    )  # fmt: skip
    fit = with_errors(fit, errors, refit)
    further = diagnostic_rows(refit, confidence) if diagnostics else []
    return coefficient_table(persons, fit, confidence=confidence, model=model, family="between", further=further)


def _require_constant(data: RegressionData, first: np.ndarray) -> None:
    """Raises ModelError for persons who change cluster: their mean belongs to none."""
    if data.clusters is None:
        return
    moved = data.clusters != data.clusters[first][data.person]
    if moved.any():
        raise ModelError(
            f"persons change {data.cluster_name}, so that their means are of several clusters",
            where=data.outcome_name,
            count=len(np.unique(data.person[np.atleast_2d(moved.T).any(axis=0)])),
        )


def fit(name: str, spec: ModelSpec, panel: pl.DataFrame, _: Any, rows: Weighted | None) -> pl.DataFrame:
    """The declared model (see ``pipeline.models.fit``)."""
    return regression(between, name, spec, panel, rows)
