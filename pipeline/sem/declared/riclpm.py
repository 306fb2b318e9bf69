"""Declared random-intercept cross-lagged models: lags within people, what is stable between them, nested models."""

from __future__ import annotations

import polars as pl

from pipeline.errors import ModelError
from pipeline.sem.declared.lags import Lagged, fit_lags
from pipeline.sem.declared.material import chosen
from pipeline.sem.declared.ordinal_lags import fit_ordered_lags
from pipeline.sem.declared.rows import Rows
from pipeline.sem.families.ladder import ladder
from pipeline.sem.families.panel import riclpm
from pipeline.specs.project import Study
from pipeline.specs.structural import StructuralModel


def fit(
    name: str, model: StructuralModel, panel: pl.DataFrame, study: Study, answers: pl.DataFrame | None
) -> pl.DataFrame:
    """One row per lag, stable covariance, residual, mean, fit measure and step of the ladder.

    Component ``lag``: ``term`` at one wave on ``outcome`` at the next, without a wave where lags are equal over time;
    ``lag_standardised``, ``lag_rescaled`` (to one ``time_unit``, where the waves are unequally spaced); ``between``:
    (co)variances of the random intercepts, ``between_correlation``; ``covariance``: of the residuals; ``mean``;
    ``covariate``; ``fit``; ``ladder``; ``test``: whether there are stable differences between people at all. Of ordered
    answers ``threshold``, and as ``test`` whether they are equal over waves; no ladder.
    """
    material, rows = chosen(model, panel, study, answers), Rows(model.confidence)
    if model.ordinal:
        ordered = fit_ordered_lags(rows, material)
        return rows.table(name, model.family, n_persons=ordered.n, covariance=material.errors)
    lagged = fit_lags(rows, material, riclpm)
    if model.ladder:
        _ladder(rows, lagged)
    result = lagged.result
    return rows.table(name, model.family, n_persons=result.n, covariance=lagged.made.errors)


MEASURES = {"chisq": "chi_square"} | {name: name for name in ("cfi", "tli", "rmsea", "srmr", "aic", "bic")}


def _ladder(rows: Rows, lagged: Lagged) -> None:
    """Nested models, each against the one before; the first row is the declared model without random intercepts."""
    try:
        made = ladder(lagged.frame, lagged.columns, fitted=lagged.result)
    except ModelError as problem:
        rows.withheld("ladder", "ladder", "chi_square", problem)
        return
    for row in made.table.iter_rows(named=True):
        step = row["model"]
        if row["chisq"] is None:
            reason = (row["note"] or "could not be fitted").removeprefix("withheld: ")
            rows.withheld(step, "ladder", "chi_square", reason)
            continue
        for theirs, ours in MEASURES.items():
            tested = {"df": row["df"], "p_value": row["p"]} if theirs == "chisq" else {}
            rows.add(step, "ladder", ours, row[theirs], **tested)
        if row["delta_chisq"] is not None:
            note = f"against {row['against']}, {row['method']}" + (f"; {row['note']}" if row["note"] else "")
            tested = {"statistic": row["delta_chisq"], "df": row["delta_df"], "p_value": row["delta_p"], "note": note}
            rows.add(step, "ladder", "difference", row["delta_chisq"], **tested)
            if step == "CLPM":
                rows.add("model", "test", "random_intercepts", row["delta_chisq"], **tested)
