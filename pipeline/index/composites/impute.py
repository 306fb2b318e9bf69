"""Missing indicators of areas, filled by column: mean, median, or those of the area's group (COINr ``i_mean`` …)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import polars as pl

from pipeline.door import public
from pipeline.errors import CohesionError
from pipeline.index.composites.checks import columns, matrix

Method = Literal["none", "mean", "median", "group_mean", "group_median"]


@public()
def impute(
    frame: pl.DataFrame,
    indicators: Sequence[str],
    method: Method = "mean",
    group: str | None = None,
    *,
    area: str = "area",
) -> pl.DataFrame:
    """The frame with missing indicators filled by the mean or median of their column, or of it in the area's group.

    ``group`` names the column of groups. A missing value whose group has none stays missing; so do those of areas
    without a group. Raises CohesionError for a column that is absent or empty.

    >>> frame = pl.DataFrame({"area": ["a", "b", "c"], "x": [1.0, None, 3.0]})
    >>> impute(frame, ["x"])["x"].to_list()
    [1.0, 2.0, 3.0]
    """
    values = matrix(frame, indicators, area)
    empty = [name for place, name in enumerate(indicators) if np.isnan(values[:, place]).all()]
    if empty:
        raise CohesionError("an indicator has no value in any area", where=empty[0], todo="Leave it out.")
    if method == "none":
        return frame
    if method in ("mean", "median"):
        middle = np.nanmean(values, axis=0) if method == "mean" else np.nanmedian(values, axis=0)
        return columns(frame, indicators, np.where(np.isnan(values), middle, values))
    if group is None or group not in frame.columns:
        raise CohesionError(f"`{method}` needs the column of groups", where=str(group))
    middles = [pl.col(name).fill_nan(None).cast(pl.Float64) for name in indicators]
    over = [one.mean() if method == "group_mean" else one.median() for one in middles]
    filled = [
        pl.when(pl.col(group).is_null()).then(raw).otherwise(pl.coalesce(raw, middle.over(group)))
        for raw, middle in zip(middles, over, strict=True)
    ]
    return frame.with_columns(one.alias(name) for one, name in zip(filled, indicators, strict=True))
