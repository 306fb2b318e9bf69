"""Equivalence: whether a result lies within a smallest effect of interest, by two one-sided tests."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from pipeline.errors import ModelError
from pipeline.models.inference import quantile
from pipeline.specs.base import SmallestEffect
from pipeline.specs.components import COMPONENTS
from pipeline.specs.several_tests import RATIO_TODO, ratio_refused
from pipeline.tables import estimates as estimates_table

NAMED = ("term", "component", "outcome", "wave", "group")
PART = ("wave", "group")


def with_equivalence(
    estimates: pl.DataFrame, declared: Sequence[SmallestEffect], confidence: float = 0.95
) -> pl.DataFrame:
    """The Estimates table, and a row with component ``equivalence`` for each smallest effect that is declared.

    H0: the effect is −d or less, or d or more. t₁ = (b + d)/se and t₂ = (b − d)/se on the result's degrees of freedom;
    p is the larger of P(T > t₁) and P(T < t₂), the statistic the one nearer zero, and the interval that of level
    1 − 2α, within ±d if and only if p < α. Schuirmann (1987); Lakens (2017). R: ``TOSTER::tsum_TOST``; statsmodels:
    ``ttost_ind``. The row's term is the result's, its ``group`` what else distinguishes the result. Raises
    ModelError if no result, or several, are what is declared, and for a ratio, which has no effect at one.
    """
    if not declared:
        return estimates
    rows = [_row(estimates, one, confidence) for one in declared]
    return estimates_table(pl.concat([estimates, pl.DataFrame(rows, schema=estimates.schema, orient="row")]))


def _row(estimates: pl.DataFrame, declared: SmallestEffect, confidence: float) -> dict[str, object]:
    named = {name: value for name in NAMED if (value := getattr(declared, name)) is not None}
    rows = estimates.filter(pl.all_horizontal(pl.col(name) == value for name, value in named.items()))
    if rows.height != 1:
        told = ", ".join(f"{name} {value}" for name, value in named.items())
        raise ModelError(f"{rows.height} results fit {told}", where="smallest_effect", todo="Name one.")
    row = rows.row(0, named=True)
    if row["component"] in COMPONENTS and COMPONENTS[row["component"]].log_scale:
        raise ModelError(ratio_refused(row["component"]), where="smallest_effect", todo=RATIO_TODO)
    parts = [row["component"], *(row[name] for name in PART if row[name])]
    head = row | {"component": "equivalence", "wave": None, "group": ", ".join(parts)}
    if row["estimate"] is None or row["std_error"] is None:
        empty = dict.fromkeys(("estimate", "std_error", "statistic", "df", "p_value", "conf_low", "conf_high"))
        return head | empty | {"note": row["note"] or "the result has no standard error"}
    words = f"two one-sided tests against ±{declared.effect:g}, {2 * confidence - 1:.0%} interval; {row['covariance']}"
    df = np.inf if row["df"] is None else row["df"]
    return (
        head | equivalence(row["estimate"], row["std_error"], df, declared.effect, confidence) | {"covariance": words}
    )


def equivalence(
    estimate: float, std_error: float, df: float, effect: float, confidence: float = 0.95
) -> dict[str, float | None]:
    """The two one-sided tests of an estimate against ± ``effect``; ``df = inf`` is the normal distribution.

    >>> round(equivalence(0.02, 0.03, 100, 0.1)["p_value"], 6)
    0.004468
    """
    if not std_error > 0:
        raise ModelError("an equivalence test needs a standard error above zero", where="smallest_effect")
    above, below = (estimate + effect) / std_error, (estimate - effect) / std_error
    nearer = above if abs(above) < abs(below) else below
    half = quantile(2 * confidence - 1, df) * std_error
    return {
        "estimate": estimate,
        "std_error": std_error,
        "statistic": nearer,
        "df": df if np.isfinite(df) else None,
        "p_value": max(_upper(above, df), _upper(-below, df)),
        "conf_low": estimate - half,
        "conf_high": estimate + half,
    }


def _upper(statistic: float, df: float) -> float:
    """P(T > statistic)."""
    from scipy.special import ndtr, stdtr

    return float(stdtr(df, -statistic) if np.isfinite(df) else ndtr(-statistic))
