"""The Estimates table of a linear model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import polars as pl

from pipeline.models.contrasts import Combined
from pipeline.models.covariance import Fitted, Linear, Tested
from pipeline.models.effects.linear import combinations, untested
from pipeline.models.inference import Basis, Term, coefficient_rows, inference
from pipeline.specs.components import COMPONENTS
from pipeline.tables import Estimates, estimates

ORDER = tuple(key for key, component in COMPONENTS.items() if component.sorted_first)
"""Rows come in this order of components, then variances, tests and the count of rows left out."""

NOTHING = dict.fromkeys(("std_error", "statistic", "df", "p_value", "conf_low", "conf_high"))
"""What a row without error, test and interval lacks."""
ROUNDING = 1e-12
"""Errors of terms smaller than this, of the outcome's spread, are rounding."""
PERFECT = "withheld: the terms explain the outcome but for rounding, so that there are no residuals to judge errors by"

SCHEMA = {name: column.dtype for name, column in Estimates.columns().items()}


def coefficient_table(
    data: Fitted,
    fit: Linear,
    *,
    confidence: float,
    model: str,
    family: str,
    normal: bool = False,
    variances: Mapping[str, float] | None = None,
    checked: bool = True,
    further: Sequence[dict[str, object]] = (),
) -> pl.DataFrame:
    """One row per term, variance, further row, and the number of rows left out; ``checked`` is as in ``table``."""
    how = ("normal" if normal else "t") if fit.intervals is None else fit.intervals
    basis = data.basis(f"{fit.described}; {how} intervals" if how else fit.described, confidence)
    basis = replace(basis, correction=fit.correction)
    df = None if how == "normal" else fit.df if fit.degrees is None else fit.degrees
    rows = coefficient_rows(basis, data.terms, fit.estimates, fit.covariance, df)
    rows = retested(rows, fit, np.eye(len(rows)), confidence)
    asked = combinations(data)
    found = retested(asked.rows(basis, fit.estimates, fit.covariance, df), fit, asked.matrix, confidence)
    rows += untested(_rejoined(found, fit, asked))
    if _is_perfect(data, fit):
        rows = noted([{**row, **NOTHING} for row in rows], PERFECT)
    rows = [*noted(rows, fit.note), *variance_rows(basis, variances or {}), *further]
    return table(rows, data, basis, model=model, family=family, checked=checked)


def _is_perfect(data: Fitted, fit: Linear) -> bool:
    """Whether the terms explain the outcome to rounding: then errors and tests are made of nothing but rounding."""
    matrix, outcome = getattr(data, "matrix", None), getattr(data, "outcome", None)
    if matrix is None or outcome is None or not len(outcome):
        return False
    spread = matrix.std(axis=0)
    errors = np.sqrt(np.maximum(np.diag(fit.covariance), 0.0)) * spread * np.sqrt(len(outcome))
    return bool((spread > 0).any() and errors.max() < ROUNDING * outcome.std())


def retested(
    rows: list[dict[str, object]], fit: Linear, combinations: np.ndarray, confidence: float
) -> list[dict[str, object]]:
    """The rows with the tests of the fit, where it has its own; row by row of ``combinations`` (q × terms)."""
    if fit.tested is None:
        return rows
    found = [fit.tested(combination) for combination in combinations]
    made = [_retested(row, one, confidence) for row, one in zip(rows, found, strict=False)]
    return [*made, *rows[len(made) :]]


def _retested(row: dict[str, object], one: Tested | None, confidence: float) -> dict[str, object]:
    if one is None:
        return row
    if one.withheld:
        row = {**row, **NOTHING}
    elif one.own:
        row = {**row, "df": None, "p_value": one.p_value, "conf_low": one.conf_low, "conf_high": one.conf_high}
    elif one.df is not None:
        row = {**row, **inference(float(str(row["estimate"])), float(str(row["std_error"])), one.df, confidence)}
    return noted([row], one.note)[0]


def _rejoined(rows: list[dict[str, object]], fit: Linear, contrasts: Combined) -> list[dict[str, object]]:
    """The rows with the joint test of the fit's own standard errors, where a χ² on their covariance is not theirs."""
    if fit.joint is None or not any(row["component"] == "test" for row in rows):
        return rows
    chosen = np.array([term.component == "contrast" for term in contrasts.terms])
    joint = fit.joint(contrasts.matrix[chosen])
    return [{**row, **joint} if row["component"] == "test" else row for row in rows]


def noted(rows: list[dict[str, object]], note: str | None) -> list[dict[str, object]]:
    """The rows with ``note``, if there is one, after what they note already."""
    if note is None:
        return rows
    return [{**row, "note": "; ".join(filter(None, (row["note"], note)))} for row in rows]  # type: ignore[arg-type]


def variance_rows(basis: Basis, variances: Mapping[str, float]) -> list[dict[str, object]]:
    """One row per variance component, and the share of the variance that lies between persons."""
    if not variances:
        return []
    rows = [basis.row(Term("variance", name), estimate=value, covariance=None) for name, value in variances.items()]
    share = variances["person"] / (variances["person"] + variances["residual"])
    return [*rows, basis.row(Term("variance", "icc"), estimate=share, covariance=None)]


def table(
    rows: list[dict[str, object]],
    data: Fitted,
    basis: Basis,
    *,
    model: str,
    family: str,
    checked: bool = True,
) -> pl.DataFrame:
    """The Estimates table from rows, in the order of components, with the number of rows left out last.

    A row may name an outcome of its own, as one on a category does. Not ``checked``, the table is one of many that are
    pooled: the contract is that of what they are pooled to.
    """
    place = {component: index for index, component in enumerate(ORDER)}
    rows = sorted(rows, key=lambda row: place.get(str(row["component"]), len(ORDER)))
    left_out = basis.row(Term("sample", "rows_left_out"), estimate=float(data.n_left_out), covariance=None)
    constants = {"model": model, "family": family}
    made = [{"outcome": data.outcome_name, **row, **constants} for row in (*rows, left_out)]
    return estimates([*made]) if checked else pl.DataFrame(made, schema=SCHEMA)
