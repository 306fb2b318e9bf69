"""The quality of weights: their spread and its cost in precision, and how far they restore balance."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from pipeline.door import public
from pipeline.errors import CohesionError
from pipeline.weights.responded import response_of

BALANCE = {
    "variable": pl.String,
    "category": pl.String,
    "asked": pl.Float64,
    "responders": pl.Float64,
    "weighted": pl.Float64,
    "difference_before": pl.Float64,
    "difference_after": pl.Float64,
}


@public()
def weight_quality(weights: pl.Series | np.ndarray) -> dict[str, float | int]:
    """n, sum, min, max, coefficient of variation, Kish's design effect n Σw² / (Σw)², effective n.

    Nulls are left out. Raises CohesionError for weights below zero, and where none is above.
    """
    values = pl.Series(weights).cast(pl.Float64).drop_nulls().drop_nans().to_numpy()
    below = int((values < 0).sum())
    if below or not values.sum() > 0:
        what = "weights are below zero" if below else "no weight is above zero"
        raise CohesionError(what, where="weights", count=below or None, todo="Correct the weights.")
    squares, total = float((values**2).sum()), float(values.sum())
    return {
        "n": len(values),
        "sum": total,
        "min": float(values.min()),
        "max": float(values.max()),
        "cv": float(values.std(ddof=1) / values.mean()),
        "design_effect": len(values) * squares / total**2,
        "effective_n": total**2 / squares,
    }


@public(once=True, people=True)
def balance(
    frame: pl.DataFrame,
    variables: Sequence[str],
    *,
    responded: str,
    weight: str,
    base_weight: str | None = None,
    by: str | None = None,
) -> pl.DataFrame:
    """One row per variable and category (and group of ``by``): all asked and the responders, before and after.

    ``frame`` has one row per person asked; ``weight`` is read for responders. A standardised difference is
    (responders - asked) / SD of those asked, p (1 - p) for a category: beyond 0.1 is commonly called imbalance
    (Austin 2009). With ``base_weight`` all three means start from it. Unanswered values are left out of their variable.
    """
    groups = frame.partition_by(by, maintain_order=True) if by else [frame]
    tables = []
    for group in groups:
        table = pl.concat([_balance(group, name, responded, weight, base_weight) for name in variables])
        label = [pl.lit(str(group[by][0])).alias("group")] if by else []
        tables.append(table.select(*label, pl.all()))
    return pl.concat(tables)


def _balance(frame: pl.DataFrame, variable: str, responded: str, weight: str, base_weight: str | None) -> pl.DataFrame:
    known = frame.drop_nulls(variable)
    base = known[base_weight].to_numpy() if base_weight else np.ones(known.height)
    stayed = response_of(known, responded)
    after = known[weight].cast(pl.Float64).fill_null(np.nan).to_numpy()[stayed]
    lacking = int((~np.isfinite(after)).sum())
    if lacking or not stayed.any():
        what = "responders have no weight" if lacking else "nobody responded"
        raise CohesionError(what, where=weight, count=lacking or None, todo="Give each responder a weight.")
    rows = []
    for level, value in _indicators(known[variable]).items():
        asked = float(np.average(value, weights=base))
        spread = _sd(value, base) if level is None else float(np.sqrt(asked * (1 - asked)))
        before = float(np.average(value[stayed], weights=base[stayed]))
        weighted = float(np.average(value[stayed], weights=after))
        gaps = [(mean - asked) / spread if spread else None for mean in (before, weighted)]
        rows.append((variable, level, asked, before, weighted, *gaps))
    return pl.DataFrame(rows, schema=BALANCE, orient="row")


def _indicators(series: pl.Series) -> dict[str | None, np.ndarray]:
    """The values of a number (under None), or a 0/1 column per category in the order of the Enum or the alphabet."""
    if series.dtype.is_numeric():
        return {None: series.cast(pl.Float64).to_numpy()}
    text = series.cast(pl.String)
    found = set(text)
    levels = series.dtype.categories.to_list() if isinstance(series.dtype, pl.Enum) else sorted(found)
    levels = [level for level in levels if level in found]
    return {level: (text == level).cast(pl.Float64).to_numpy() for level in levels}


def _sd(value: np.ndarray, weights: np.ndarray) -> float:
    """The standard deviation with n / (n - 1): R's ``sd`` when the weights are equal."""
    mean, n = np.average(value, weights=weights), len(value)
    return float(np.sqrt(np.average((value - mean) ** 2, weights=weights) * n / (n - 1)))
