"""Declared latent curves with structured residuals: lags around each person's own trend."""

from __future__ import annotations

import polars as pl

from pipeline.sem.declared.lags import fit_lags
from pipeline.sem.declared.material import chosen
from pipeline.sem.declared.rows import Rows
from pipeline.sem.families.curves import lcm_sr
from pipeline.specs.project import Study
from pipeline.specs.structural import StructuralModel


def fit(
    name: str, model: StructuralModel, panel: pl.DataFrame, study: Study, answers: pl.DataFrame | None
) -> pl.DataFrame:
    """One row per lag, growth factor, pair of them, residual and fit measure.

    Components as of ``riclpm``, with ``growth``, ``growth_variance`` and ``growth_covariance`` of people's level and
    slope per ``time_unit`` in place of ``between`` and ``mean``.
    """
    rows = Rows(model.confidence)
    lagged = fit_lags(rows, chosen(model, panel, study, answers), lcm_sr)
    return rows.table(name, model.family, n_persons=lagged.result.n, covariance=lagged.made.errors)
