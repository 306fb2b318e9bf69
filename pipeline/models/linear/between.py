"""Between estimator: persons' mean outcomes on persons' mean exposures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Unpack

import numpy as np
import polars as pl

from pipeline.door import public
from pipeline.models.covariance import require_freedom
from pipeline.models.declared import ModelSpec, regression
from pipeline.models.groups import group_sums
from pipeline.models.linear.linearmodels_fit import panel_frames, read_fit
from pipeline.models.options import PanelRows, taken
from pipeline.models.regression_data import check_rank, regression_data
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
    confidence: float = 0.95,
    model: str = "between",
    **options: Unpack[PanelRows],
) -> pl.DataFrame:
    """One row per term: ȳ_i = a + b x̄_i + e_i by least squares over persons, each counting once.

    linearmodels' ``BetweenOLS``, plm's "between". Means are over a person's complete rows. Standard errors are
    classical, t on persons less terms; ``n_obs`` counts persons. Raises ModelError as ``pooled`` does.

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

    data = regression_data(frame, outcome, exposures, covariates, **taken(PanelRows, options), wave_effects=False)
    joined = group_sums(np.column_stack([data.matrix, data.outcome]), data.person)
    means = joined / np.bincount(data.person)[:, None]
    persons = replace(data, matrix=means[:, :-1], outcome=means[:, -1], person=np.arange(len(means)))
    require_freedom(persons)
    check_rank(persons.matrix, persons.terms, outcome)
    scaled = orthonormal(data, persons.matrix)
    result = BetweenOLS(**panel_frames(scaled.data), check_rank=False).fit()
    fit = scaled.fit(read_fit(persons, result))
    return coefficient_table(persons, fit, confidence=confidence, model=model, family="between")


def fit(name: str, spec: ModelSpec, panel: pl.DataFrame, _: Any, rows: Weighted | None) -> pl.DataFrame:
    """The declared model (see ``pipeline.models.fit``)."""
    return regression(between, name, spec, panel, rows)
