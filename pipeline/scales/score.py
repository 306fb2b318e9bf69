"""Scale scores: items that belong together, scored by a declared rule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import polars as pl

from pipeline.door import public
from pipeline.errors import CohesionError

Bounds = tuple[float, float]


@public(once=True)
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
    within their ``ranges`` (lowest + highest - answer). Raises CohesionError for items that are no numbers, named twice
    or outside their range, and for options that fit none of them.

    >>> frame = pl.DataFrame({"a": [1.0, 2.0], "b": [5.0, None]})
    >>> score_scale(frame, ["a", "b"], reverse=["b"], ranges={"b": (1, 5)}).to_list()
    [1.0, None]
    """
    numbers = frame.select(answers_as_numbers(frame, items))
    _refuse_foreign(items, reverse, minimum_answered)
    needed = len(items) if minimum_answered is None or score == "sum" else minimum_answered
    columns = [_reversed(numbers, item, ranges or {}) if item in reverse else pl.col(item) for item in items]
    answered = pl.sum_horizontal(column.is_not_null().cast(pl.Int32) for column in columns)
    total = pl.sum_horizontal(columns)
    value = total if score == "sum" else total / answered
    return numbers.select(pl.when(answered >= needed).then(value).alias("score")).to_series()


def answers_as_numbers(frame: pl.DataFrame, items: Sequence[str]) -> list[pl.Expr]:
    """The items as floating-point numbers: a sum of small whole numbers would overflow."""
    absent = [name for name in items if name not in frame.columns]
    if absent:
        raise CohesionError("no such columns", where=", ".join(absent), count=len(absent), todo="Correct `items`.")
    schema = frame.schema
    kinds = {name: schema[name] for name in items}
    text = [name for name, kind in kinds.items() if not (kind.is_numeric() or kind in (pl.Boolean, pl.Null))]
    if text:
        raise CohesionError("a score needs numbers", where=", ".join(text), count=len(text), todo="Code the answers.")
    return [pl.col(name).cast(pl.Float64) for name in dict.fromkeys(items)]


def _refuse_foreign(items: Sequence[str], reverse: Sequence[str], minimum_answered: int | None) -> None:
    """Raises CohesionError for an item named twice, one to reverse that is none, and a minimum that cannot be."""
    if not items or len(set(items)) < len(items):
        raise CohesionError("a scale is made of items, each named once", where="items", count=len(items))
    foreign = sorted(set(reverse) - set(items))
    if foreign:
        raise CohesionError("an item to reverse is none of the scale", where=", ".join(foreign), todo="Correct it.")
    if minimum_answered is not None and minimum_answered not in range(1, len(items) + 1):
        raise CohesionError(
            f"`minimum_answered={minimum_answered}` of {len(items)} items",
            where="minimum_answered",
            todo=f"Give a whole number from 1 to {len(items)}.",
        )


def _reversed(numbers: pl.DataFrame, item: str, ranges: Mapping[str, Bounds]) -> pl.Expr:
    """The item within its range the other way round. Raises CohesionError for answers outside of it."""
    if item not in ranges:
        raise CohesionError("cannot be reversed without its range", where=f"item `{item}`", todo="Give `ranges`.")
    low, high = ranges[item]
    outside = numbers.filter(~pl.col(item).is_between(low, high)).height
    if outside:
        raise CohesionError(
            f"answers outside {low:g} to {high:g} cannot be reversed",
            where=f"item `{item}`",
            count=outside,
            todo="Correct `ranges`, or the answers.",
        )
    return low + high - pl.col(item)
