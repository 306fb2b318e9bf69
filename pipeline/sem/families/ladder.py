"""Nested cross-lagged models as one table: what the answers ask for, from fewest to most restrictions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Unpack

import numpy as np
import polars as pl

from pipeline.errors import ModelError
from pipeline.sem.engine.comparison import Comparison
from pipeline.sem.engine.data import Data
from pipeline.sem.engine.fitting import Fitting, refuse_unknown
from pipeline.sem.engine.result import Result
from pipeline.sem.engine.saturated import saturated_moments
from pipeline.sem.families.boundary import random_intercept_test
from pipeline.sem.families.compare import compare
from pipeline.sem.families.panel import MODEL, PanelOptions, asked_of, fit_panel, panel_data
from pipeline.sem.families.panel_model import PanelModel, Waves

PARTS = ("lags", "residuals", "means")
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
    lags: str | None = None,
    steps: Mapping[str, Mapping[str, object]] | None = None,
    fitted: Result | None = None,
    **options: Unpack[PanelOptions],
) -> Ladder:
    """One row per model: the model asked for without random intercepts (CLPM) against that with them (χ̄²), then
    RI-CLPMs from freer to more restricted, each against the row above.

    ``lags`` ("free" or "equal", always to be said) and ``options`` as in ``riclpm`` say which model is asked for; it is
    one of the rows. The others free what it holds equal over waves (lags, residuals, means) or hold equal what it
    leaves free, those that it holds equal first; everything else (cross lags, covariates, indicators, random
    intercepts, parts equal over groups) is as asked for. With groups they free or hold equal the lags over groups.
    ``steps`` replaces these rows: name → options.

    A model that cannot be fitted keeps its row, its reason in ``note``; the next is set against the last that could.
    ``fitted``, the model asked for, fitted to the same frame, says all of this, and saves fitting it again.

    Raises ModelError as ``riclpm``, where ``lags`` are not said, and where ``fitted`` is no panel model or is given
    with options of another.
    """
    if fitted:
        if lags is not None or options:
            raise ModelError("the model fitted says its options", where=", ".join(options) or "lags", todo="Leave out.")
        declared, fitting = _as_fitted(fitted)
        data, fixed = fitted.state.data, fitted.state.exogenous
    else:
        declared, fitting = asked_of(constructs, {**options, "lags": lags or "free"})
        if lags is None:
            raise ModelError("the ladder tests the model asked for", where="lags", todo='Say lags="free" or "equal".')
        data, fixed = panel_data(frame, declared, fitting)
    declared = replace(declared, groups=len(data.groups))
    tried = _named(declared, steps) if steps else _rungs(declared)
    against = next((name for name, model in tried.items() if model == declared), next(iter(tried)))
    models, failures = _fitted({"CLPM": _without_intercepts(tried[against]), **tried}, data, fitting, fixed, fitted)
    rows = [_first_row(models, failures, against)]
    last: str | None = None
    for name in tried:
        if name in failures:
            rows.append({"model": name, "note": f"withheld: {failures[name]}"})
            continue
        step = compare(models[last], models[name]) if last and _nested(models[last], models[name]) else None
        rows.append(_row(name, models[name], last if step else None, step))
        last = name
    return Ladder(pl.DataFrame([{key: row.get(key) for key in COLUMNS} for row in rows], schema=COLUMNS), models)


def _as_fitted(fitted: Result) -> tuple[PanelModel, Fitting]:
    """The model that was fitted, and how."""
    model, fitting = fitted.details.get("panel"), fitted.details.get("fitting")
    if not isinstance(model, PanelModel) or not isinstance(fitting, Fitting):
        raise ModelError("`fitted` is no cross-lagged model", todo="Give a result of riclpm.")
    return model, replace(fitting, gate=True)


def _named(declared: PanelModel, steps: Mapping[str, Mapping[str, object]]) -> dict[str, PanelModel]:
    for options in steps.values():
        refuse_unknown(options, list(MODEL))
    return {name: replace(declared, **options) for name, options in steps.items()}  # type: ignore[arg-type]


def _rungs(declared: PanelModel) -> dict[str, PanelModel]:
    """Name → model, from the fewest restrictions to the most; the declared model is one of them."""
    if declared.groups > 1:
        return _group_rungs(declared)
    parts = [part for part in PARTS if not (part == "means" and declared.slopes)]
    order = sorted(parts, key=lambda part: getattr(declared, part) == "free")
    base = replace(declared, lags="free", residuals="free", means="free")
    rungs = {"RI-CLPM": base}
    for count in range(1, len(order) + 1):
        held = [part for part in parts if part in order[:count]]
        named = " and ".join(filter(None, (", ".join(held[:-1]), held[-1])))
        rungs[f"{named} equal"] = replace(base, **dict.fromkeys(held, "equal"))  # type: ignore[arg-type]
    return rungs


def _group_rungs(declared: PanelModel) -> dict[str, PanelModel]:
    """Over groups: as declared with lags free, then equal over groups, then equal over waves too."""
    others = tuple(part for part in declared.group_equal if part != "lags")
    alike = tuple(declared.group_equal) if "lags" in declared.group_equal else (*others, "lags")
    rungs = {
        "RI-CLPM": replace(declared, group_equal=others),
        "lags equal over groups": replace(declared, group_equal=alike),
    }
    if declared.lags == "free":
        rungs["lags equal over waves and groups"] = replace(declared, group_equal=alike, lags="equal")
    return rungs


def _without_intercepts(model: PanelModel) -> PanelModel:
    """The same model with random-intercept variances (and covariances) of zero; without covariates the CLPM."""
    if model.covariates or model.slopes:
        return replace(model, random_intercepts="zero")
    return replace(model, between=False, random_intercepts="free", covariate_effects="free")


def _fitted(
    tried: Mapping[str, PanelModel], data: Data, fitting: Fitting, fixed: Sequence[str], fitted: Result | None
) -> tuple[dict[str, Result], dict[str, str]]:
    saturated_moments(data)  # answers without proper moments fail here, once for all models
    models: dict[str, Result] = {}
    failures: dict[str, str] = {}
    before: Result | None = None
    for name, model in tried.items():
        if fitted and not fitted.problems and fitted.details.get("panel") == model:
            models[name] = before = fitted
            continue
        try:
            models[name] = fit_panel(model, data, fitting, fixed, near=before if name != "CLPM" else None)
        except ModelError as problem:
            failures[name] = str(problem)
        else:
            before = models[name] if name != "CLPM" else before
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
        return row | {"note": f"no test of random intercepts: {problem}"}
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
