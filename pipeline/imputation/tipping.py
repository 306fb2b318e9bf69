"""How far the missing would have to differ before a result changes: delta-adjusted imputation."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import polars as pl

from pipeline.door import public
from pipeline.errors import ModelError
from pipeline.imputation.chained import impute
from pipeline.imputation.plan import Plan
from pipeline.imputation.pooling import pool

Statistic = Callable[[pl.DataFrame], tuple[float, float]]
"""From a completed frame to an estimate and its standard error."""


@public(once=True, people=True)
def tipping_curve(
    frame: pl.DataFrame,
    plan: Plan,
    columns: Sequence[str],
    deltas: Sequence[float],
    statistic: Statistic,
    *,
    null: float = 0.0,
    imputations: int = 20,
    iterations: int = 10,
    seed: int,
    df_complete: float = np.inf,
) -> pl.DataFrame:
    """One row per delta: the pooled ``statistic`` if those missing ``columns`` lay ``delta`` away from what is imputed.

    Delta 0 is missing at random. ``side`` says where the interval lies: ``above`` or ``below`` ``null``, or
    it ``holds`` it. Same seed at every delta, so that the curve moves by delta alone. van Buuren (2018), section 3.8.
    """

    def at(delta: float) -> Mapping[str, object]:
        rules = dict(plan.rules) | {name: replace(plan.rules[name], delta=delta) for name in columns}
        done = impute(frame, replace(plan, rules=rules), imputations=imputations, iterations=iterations, seed=seed)
        each = np.array([statistic(done.complete(index)) for index in range(done.count)])
        return pool(each[:, [0]], each[:, [1]] ** 2, df_complete=df_complete).row(0, named=True)

    curve, rows = curve_of(at, deltas, null)
    kept = pl.DataFrame([{name: row[name] for name in ("std_error", "df", "p_value", "fmi")} for row in rows])
    return pl.concat([curve, kept], how="horizontal")


def curve_of(
    at: Callable[[float], Mapping[str, object]], deltas: Sequence[float], null: float = 0.0
) -> tuple[pl.DataFrame, list[Mapping[str, object]]]:
    """One row per delta: ``estimate``, interval and its ``side`` of ``null``, of the pooled result ``at`` each delta.

    The results themselves are given too. Raises ModelError if one has no interval.
    """
    rows = [at(delta) for delta in deltas]
    lacking = sum(row["conf_low"] is None for row in rows)
    if lacking:
        raise ModelError("a moved result has no interval", where="tipping", count=lacking)
    ends = ("estimate", "conf_low", "conf_high")
    table = pl.DataFrame(
        [{"delta": float(delta)} | {name: row[name] for name in ends} for delta, row in zip(deltas, rows, strict=True)]
    )
    side = pl.when(pl.col("conf_low") > null).then(pl.lit("above")).when(pl.col("conf_high") < null)
    return table.with_columns(side=side.then(pl.lit("below")).otherwise(pl.lit("holds"))), rows


def tipping_point(curve: pl.DataFrame, *, null: float = 0.0) -> float | None:
    """The delta nearest zero at which the interval comes to hold ``null`` (or lets go of it); None inside the range.

    Read off the ``curve`` by straight lines between its deltas, on the bound that crosses.
    """
    table = curve.sort("delta")
    if table.filter(pl.col("delta") == 0).height != 1:
        raise ModelError("the curve has no delta of zero to start from", where="tipping point")
    side = table.filter(pl.col("delta") == 0)["side"][0]
    crossings = []
    for before, after in zip(table.to_dicts()[:-1], table.to_dicts()[1:], strict=True):
        if (before["side"] == side) == (after["side"] == side):
            continue
        outer = before if before["side"] != side else after
        bound = _crossing_bound(side, outer["side"])
        low, high = before[bound] - null, after[bound] - null
        crossings.append(before["delta"] + (after["delta"] - before["delta"]) * low / (low - high))
    return min(crossings, key=abs) if crossings else None


def _crossing_bound(side: str, other: str) -> str:
    """Which end of the interval meets the null when it passes from one side to the other."""
    if "above" in (side, other):
        return "conf_low"
    return "conf_high"
