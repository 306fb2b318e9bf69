"""Totals of amounts (money, hours) and who contributes how much to them.

Three rules, of which the strictest decides: one contributes more than half; two more than 85 %; or the p % rule, by
which the second largest could estimate the largest to within 10 % (ACRO's default). Hundepool et al., *Statistical
Disclosure Control* (2012), section 4.2.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from pipeline.errors import PaperError

ONE = 0.50
TWO = 0.85
P = 0.10


def is_dominated(largest: float, two_largest: float) -> bool:
    """Whether the largest, or the two largest, contributions make up too much; both as shares of the total."""
    rest = 1.0 - two_largest
    return largest > ONE or two_largest > TWO or rest < P * largest


def totals(frame: pl.DataFrame, value: str, by: Sequence[str] = (), **constants: str) -> pl.DataFrame:
    """One row per group of ``by``: its total, unweighted n, and the shares of its largest contributors.

    ``frame``: one row per person. Amounts are taken without their sign, as contributions. ``constants``: further
    columns, such as ``table`` and ``place``. Raises ``PaperError`` where nobody gave an amount.
    """
    known = frame.filter(pl.col(value).is_not_null() & pl.col(value).is_not_nan())
    if known.is_empty():
        raise PaperError(f"nobody has a `{value}`, so that there is no total")
    size = pl.col(value).abs().sort(descending=True)
    measures = (
        pl.lit("total").alias("statistic"),
        pl.col(value).sum().cast(pl.Float64).alias("value"),
        pl.len().cast(pl.Float64).alias("n"),
        (size.first() / size.sum()).fill_nan(1.0).alias("largest"),
        (size.head(2).sum() / size.sum()).fill_nan(1.0).alias("two_largest"),
    )
    grouped = known.group_by(list(by), maintain_order=True).agg(measures) if by else known.select(measures)
    return grouped.with_columns(pl.lit(value).alias("outcome"), *(pl.lit(v).alias(k) for k, v in constants.items()))
