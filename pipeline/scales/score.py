"""Scale scores: items that belong together, scored by a declared rule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import polars as pl

from pipeline.door import public
from pipeline.errors import CohesionError

Bounds = tuple[float, float]


@public()
def score_scale(
    frame: pl.DataFrame,
    items: Sequence[str],
    *,
    score: Literal["mean", "sum"] = "mean",
    minimum_answered: int | None = None,
    reverse: Sequence[str] = (),
    ranges: Mapping[str, Bounds] | None = None,
) -> pl.Series:
    """One score per row: the mean or sum of the answered items; null where fewer than ``minimum_answered`` are.

    All items are needed if ``minimum_answered`` is left out; a sum always needs all. Items in ``reverse`` are reversed
    within their ``ranges`` (lowest + highest - answer).

    >>> frame = pl.DataFrame({"a": [1.0, 2.0], "b": [5.0, None]})
    >>> score_scale(frame, ["a", "b"], reverse=["b"], ranges={"b": (1, 5)}).to_list()
    [1.0, None]
    """
    needed = len(items) if minimum_answered is None or score == "sum" else minimum_answered
    columns = [_reversed(item, ranges or {}) if item in reverse else pl.col(item) for item in items]
    answered = pl.sum_horizontal(column.is_not_null().cast(pl.Int32) for column in columns)
    total = pl.sum_horizontal(columns)
    value = total if score == "sum" else total / answered
    return frame.select(pl.when(answered >= needed).then(value).alias("score")).to_series()


def _reversed(item: str, ranges: Mapping[str, Bounds]) -> pl.Expr:
    if item not in ranges:
        raise CohesionError("cannot be reversed without its range", where=f"item `{item}`", todo="Give `ranges`.")
    low, high = ranges[item]
    return low + high - pl.col(item)
