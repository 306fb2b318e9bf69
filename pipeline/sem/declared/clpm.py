"""Declared cross-lagged models without random intercepts."""

from __future__ import annotations

import polars as pl

from pipeline.sem.declared.lags import fit_lags
from pipeline.sem.declared.material import chosen
from pipeline.sem.declared.rows import Rows
from pipeline.sem.families.panel import clpm
from pipeline.specs.project import Study
from pipeline.specs.structural import StructuralModel

ALONE = (
    "lags of a model without random intercepts mix lasting differences between people with change within them: read "
    "them together with those of the model with random intercepts"
)


def fit(
    name: str, model: StructuralModel, panel: pl.DataFrame, study: Study, answers: pl.DataFrame | None
) -> pl.DataFrame:
    """One row per lag, residual, mean and fit measure: components as of ``riclpm``, without random intercepts."""
    rows = Rows(model.confidence)
    lagged = fit_lags(rows, chosen(model, panel, study, answers), clpm, [ALONE])
    return rows.table(name, model.family, n_persons=lagged.result.n, covariance=lagged.made.errors)
