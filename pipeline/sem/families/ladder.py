"""Nested cross-lagged models as one table: what the answers ask for, from fewest to most restrictions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl

from pipeline.errors import ModelError
from pipeline.sem.engine.analyse import check_options
from pipeline.sem.engine.comparison import Comparison
from pipeline.sem.engine.data import Data
from pipeline.sem.engine.result import Result
from pipeline.sem.engine.saturated import saturated_moments
from pipeline.sem.families.boundary import random_intercept_test
from pipeline.sem.families.compare import compare
from pipeline.sem.families.panel import fit_panel, panel_data
from pipeline.sem.families.panel_table import PanelModel, Waves

STEPS: dict[str, dict[str, object]] = {
    "RI-CLPM": {},
    "lags equal": {"lags": "equal"},
    "lags and residuals equal": {"lags": "equal", "residuals": "equal"},
    "lags, residuals and means equal": {"lags": "equal", "residuals": "equal", "means": "equal"},
}
COLUMNS = {
    "model": pl.String, "against": pl.String, "chisq": pl.Float64, "df": pl.Int64, "p": pl.Float64, "cfi": pl.Float64,
    "tli": pl.Float64, "rmsea": pl.Float64, "srmr": pl.Float64, "aic": pl.Float64, "bic": pl.Float64,
    "delta_chisq": pl.Float64, "delta_df": pl.Int64, "delta_p": pl.Float64, "method": pl.String, "note": pl.String,
}  # fmt: skip


@dataclass(frozen=True)
class Ladder:
    """The table, and the models by name."""

    table: pl.DataFrame
    models: Mapping[str, Result]


def ladder(
    frame: pl.DataFrame,
    constructs: Mapping[str, Waves],
    *,
    estimator: str = "ML",
    missing: str = "fiml",
    group: str | None = None,
    cluster: str | None = None,
    weights: str | None = None,
    covariates: Sequence[str] = (),
    steps: Mapping[str, Mapping[str, object]] | None = None,
    fitted: Result | None = None,
) -> Ladder:
    """One row per model: the CLPM against the RI-CLPM (χ̄²), then RI-CLPMs with lags, residuals, means equal over waves,
    with groups also with lags equal over groups, each against the row above.

    A model that cannot be fitted keeps its row, its reason in ``note``; the next is set against the last that could.
    ``steps`` replaces the RI-CLPMs: name → options of ``riclpm`` (lags, residuals, means, cross, group_equal).
    ``fitted``, a panel model of the same frame and options, saves preparing the answers and fitting that model again.
    """
    check_options(estimator, missing, cluster, weights)
    base = PanelModel(constructs, covariates=tuple(covariates))
    data = (
        fitted.state.data
        if fitted
        else panel_data(frame, base, missing=missing, group=group, cluster=cluster, weights=weights)
    )
    chosen: dict[str, Mapping[str, object]] = dict(steps or STEPS)
    if group and steps is None:
        chosen = {"RI-CLPM": {}, "lags equal over groups": {"group_equal": ("lags",)}}
        chosen["lags equal over waves and groups"] = {"lags": "equal", "group_equal": ("lags",)}
    tried = {name: replace(base, **options) for name, options in chosen.items()}  # type: ignore[arg-type]
    tried = {"CLPM": replace(base, between=False, covariate_effects="free"), **tried}
    models, failures = _fitted(tried, data, estimator, fitted)
    first = next(iter(chosen))
    rows = [_first_row(models, failures, first)]
    last: str | None = None
    for name in chosen:
        if name in failures:
            rows.append({"model": name, "note": f"withheld: {failures[name]}"})
            continue
        step = compare(models[last], models[name]) if last and _nested(models[last], models[name]) else None
        rows.append(_row(name, models[name], last if step else None, step))
        last = name
    return Ladder(pl.DataFrame([{key: row.get(key) for key in COLUMNS} for row in rows], schema=COLUMNS), models)


def _fitted(
    tried: Mapping[str, PanelModel], data: Data, estimator: str, fitted: Result | None
) -> tuple[dict[str, Result], dict[str, str]]:
    saturated_moments(data)  # answers without proper moments fail here, once for all models
    models: dict[str, Result] = {}
    failures: dict[str, str] = {}
    before: Result | None = None
    for name, model in tried.items():
        if fitted and not fitted.problems and fitted.details.get("panel") == replace(model, groups=len(data.groups)):
            models[name] = before = fitted
            continue
        try:
            models[name] = fit_panel(model, data, estimator=estimator, near=before if model.between else None)
        except ModelError as problem:
            failures[name] = str(problem)
        else:
            before = models[name] if model.between else before
    return models, failures


def _nested(one: Result, other: Result) -> bool:
    return one.fit["df"] != other.fit["df"]


def _first_row(models: Mapping[str, Result], failures: Mapping[str, str], against: str) -> dict[str, Any]:
    """The CLPM: its lags mix within and between; the χ̄² test says whether it may."""
    if "CLPM" not in models:
        return {"model": "CLPM", "note": f"withheld: {failures['CLPM']}"}
    row = _row("CLPM", models["CLPM"], None, None)
    if against not in models:
        return row
    try:
        test = random_intercept_test(models["CLPM"], models[against])
    except ModelError as problem:
        return row | {"note": str(problem)}
    return row | {
        "against": against, "delta_chisq": _finite(test.statistic), "delta_df": max(test.df),
        "delta_p": _finite(test.p), "method": "chi-bar-square", "note": test.note,
    }  # fmt: skip


def _row(name: str, result: Result, against: str | None, step: Comparison | None) -> dict[str, Any]:
    end = ".scaled" if result.state.robust else ""
    fit = result.fit
    row = {
        "model": name, "against": against, "chisq": fit["chisq" + end], "df": int(fit["df"]), "p": fit["pvalue" + end],
        "cfi": fit["cfi" + end], "tli": fit["tli" + end], "rmsea": fit["rmsea" + end], "srmr": fit["srmr"],
        "aic": fit["aic"], "bic": fit["bic"],
    }  # fmt: skip
    if step is None:
        return row
    return row | {
        "delta_chisq": _finite(step.statistic), "delta_df": step.df, "delta_p": _finite(step.p),
        "method": step.method, "note": step.note,
    }  # fmt: skip


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
