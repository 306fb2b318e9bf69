"""The invariance ladder as a table, and the latent means it allows to be compared."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl

from pipeline.sem.engine.comparison import Comparison
from pipeline.sem.engine.result import Result
from pipeline.sem.families.invariance_table import Scale
from pipeline.sem.ordinal.result import OrdinalResult

COLUMNS = {
    "level": pl.String, "n": pl.Int64, "dropped": pl.Int64,
    "chisq": pl.Float64, "df": pl.Int64, "p": pl.Float64, "cfi": pl.Float64, "tli": pl.Float64,
    "rmsea": pl.Float64, "rmsea_low": pl.Float64, "rmsea_high": pl.Float64, "srmr": pl.Float64, "aic": pl.Float64,
    "bic": pl.Float64, "delta_chisq": pl.Float64, "delta_df": pl.Int64, "delta_p": pl.Float64, "delta_cfi": pl.Float64,
    "delta_rmsea": pl.Float64, "delta_srmr": pl.Float64, "decision": pl.String, "reason": pl.String, "freed": pl.String,
    "note": pl.String,
}  # fmt: skip


def ladder_table(rows: Sequence[dict[str, Any]]) -> pl.DataFrame:
    """One row per level tried: persons analysed and left out, fit, difference from the level before, decision, reason,
    what was freed."""
    return pl.DataFrame([{name: row.get(name) for name in COLUMNS} for row in rows], schema=COLUMNS)


def ladder_row(
    level: str,
    result: Result | OrdinalResult,
    step: Comparison | None,
    decision: str,
    reason: str | None,
    freed: str = "",
) -> dict[str, Any]:
    """One level's fit, its difference from the level before, and what was decided."""
    fit = result.fit
    end = ".scaled" if "chisq.scaled" in fit else ""
    row = {
        "level": level, "n": result.n, "dropped": result.dropped,
        "chisq": fit["chisq" + end], "df": int(fit["df"]), "p": fit["pvalue" + end],
        "cfi": fit["cfi" + end], "tli": fit["tli" + end], "rmsea": fit["rmsea" + end],
        "rmsea_low": fit["rmsea.ci.lower" + end], "rmsea_high": fit["rmsea.ci.upper" + end], "srmr": fit["srmr"],
        "aic": fit.get("aic"), "bic": fit.get("bic"), "decision": decision, "reason": reason, "freed": freed or None,
    }  # fmt: skip
    if step is not None:
        row |= {
            "delta_chisq": _finite(step.statistic), "delta_df": step.df, "delta_p": _finite(step.p),
            "delta_cfi": step.cfi, "delta_rmsea": step.rmsea, "delta_srmr": step.srmr, "note": step.note,
        }  # fmt: skip
    return row


def _finite(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def mean_trend(
    scale: Scale,
    places: int,
    labels: Sequence[str | None],
    full: Result | OrdinalResult | None,
    partial: Result | OrdinalResult | None,
) -> pl.DataFrame:
    """One row per factor and place: latent mean against the first, with every item alike and with those freed."""
    if full is None:
        return pl.DataFrame()
    rows = []
    for factor in scale.factors:
        for place in range(1, places + 1):
            lhs, group = scale.factor_name(factor, place), None if scale.over_waves else labels[place - 1]
            one = full.parameter(lhs, "~1", group=group)
            two = partial.parameter(lhs, "~1", group=group) if partial is not None else None
            row: dict[str, object] = {"factor": factor, "place": group or str(place)}
            row |= {"mean": one["estimate"], "std_error": one["std_error"]}
            row |= {"mean_partial": two["estimate"] if two else None}
            row |= {"std_error_partial": two["std_error"] if two else None}
            rows.append(row)
    frame = pl.DataFrame(rows, infer_schema_length=None)
    return frame.with_columns(change=pl.col("mean_partial").cast(pl.Float64) - pl.col("mean"))
