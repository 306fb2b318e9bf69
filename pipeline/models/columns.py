"""From columns of a frame to arrays: numbers, codes of persons and waves, and the rows that are complete."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import polars as pl

from pipeline.errors import ModelError


def require(frame: pl.DataFrame, columns: Iterable[str]) -> None:
    """Raises ModelError naming every column that the frame does not have."""
    absent = [name for name in columns if name not in frame.columns]
    if absent:
        raise ModelError(
            f"the table has no column {', '.join(f'`{name}`' for name in absent)}",
            todo=f"It has: {', '.join(frame.columns[:40])}.",
        )


def complete(rows: pl.DataFrame, weights: str | None) -> pl.DataFrame:
    """Rows with a value everywhere and, where there are weights, a positive one."""
    rows = rows.with_columns(pl.selectors.float().fill_nan(None)).drop_nulls()
    if weights is None:
        return rows
    if not rows.schema[weights].is_numeric():
        raise ModelError("a weight must be a number", where=weights)
    negative = rows.filter(pl.col(weights) < 0).height
    if negative:
        raise ModelError("weights below zero", where=weights, count=negative, todo="Correct the weights.")
    return rows.filter(pl.col(weights) > 0)


def codes(column: pl.Series) -> np.ndarray:
    """0, 1, 2 … by first appearance: no result may depend on how pseudonyms sort."""
    starts = column.ne_missing(column.shift()).to_numpy(writable=True)
    starts[:1] = True
    if int(starts.sum()) == column.n_unique():  # equal values stand together, as in a panel sorted by person
        return np.cumsum(starts) - 1
    places = column.unique(maintain_order=True).to_frame("value").with_row_index("place")
    joined = column.to_frame("value").join(places, on="value", how="left", maintain_order="left", nulls_equal=True)
    return joined["place"].cast(pl.Int64).to_numpy()


def codes_of_pairs(values: np.ndarray) -> np.ndarray:
    """0, 1, 2 … for each combination of the codes in two columns."""
    return np.unique(values[:, 0] * (int(values[:, 1].max()) + 1) + values[:, 1], return_inverse=True)[1]


def ordered_codes(column: pl.Series) -> tuple[np.ndarray, list[object]]:
    """0, 1, 2 … in the order of the column's levels, and the levels."""
    levels = column.unique().sort()
    if column.dtype == pl.String:
        found = column.cast(pl.Enum(levels)).to_physical().cast(pl.Int64).to_numpy()
    else:
        found = np.searchsorted(levels.to_physical().to_numpy(), column.to_physical().to_numpy())
    return found, levels.to_list()


def numeric(rows: pl.DataFrame, name: str) -> np.ndarray:
    """A column of numbers. Raises ModelError for one of another kind."""
    column = rows[name]
    if not (column.dtype.is_numeric() or column.dtype == pl.Boolean):
        raise ModelError("must be a number to be used here", where=name)
    return column.cast(pl.Float64).to_numpy()


def level_name(level: object) -> str:
    """A category as text: 3.0 is ``3``."""
    return str(int(level)) if isinstance(level, float) and level.is_integer() else str(level)
