"""The groups of a column, and the rows of each."""

from __future__ import annotations

import numpy as np
import polars as pl

from pipeline.errors import ModelError


def levels_of(frame: pl.DataFrame, group: str | None, reference: object) -> list[object]:
    """The groups, the reference first; one nameless group without grouping."""
    if group is None:
        return [None]
    levels = frame[group].drop_nulls().unique().sort().to_list()
    if reference is None:
        return levels
    if reference not in levels:
        raise ModelError("the reference is not among the groups", where=group, todo="Name a group there is.")
    return [reference, *(level for level in levels if level != reference)]


def rows_of(frame: pl.DataFrame, group: str | None, level: object) -> np.ndarray:
    if group is None:
        return np.ones(frame.height, dtype=bool)
    return (frame[group] == level).fill_null(False).to_numpy()
