"""What is said of columns that are absent or hold no numbers, and of weights that are none."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from pipeline.door import LARGEST
from pipeline.errors import CohesionError


def require_columns(frame: pl.DataFrame, names: Iterable[str], whose: str) -> None:
    """Raises CohesionError for the first column that the frame lacks; ``whose``: such as "the panel has"."""
    absent = [name for name in names if name not in frame.columns]
    if absent:
        raise CohesionError(f"{whose} no such column", where=absent[0])


def require_same_keys(frame: pl.DataFrame, other: pl.DataFrame, keys: Iterable[str]) -> None:
    """Raises CohesionError for a key that is a number in one frame and text in the other: nobody would be found."""
    for name in keys:
        kinds = frame.schema[name], other.schema[name]
        if kinds[0].is_numeric() != kinds[1].is_numeric():
            what = f"is {kinds[0]} in one frame and {kinds[1]} in the other"
            raise CohesionError(what, where=name, todo="Make both text.")


def require_numbers(frame: pl.DataFrame, columns: Iterable[str]) -> None:
    """Raises CohesionError for text; a column without any value is one of numbers."""
    for name in columns:
        kind = frame.schema[name]
        if not (kind.is_numeric() or kind in (pl.Boolean, pl.Null)):
            raise CohesionError("must be numbers", where=name, todo=f"It is {kind}.")


def require_weights(frame: pl.DataFrame, weight: str | None) -> None:
    """Raises CohesionError for a weight that is text, infinite or below zero; nobody without one is counted."""
    if weight is None:
        return
    require_numbers(frame, [weight])
    values = frame[weight].cast(pl.Float64)
    for what, wrong in (("infinite values", values > LARGEST), ("weights below zero", values < 0)):
        if count := int(wrong.sum()):
            raise CohesionError(what, where=weight, count=count, todo="Correct the weights.")
