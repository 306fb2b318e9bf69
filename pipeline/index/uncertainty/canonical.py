"""An order of rows and people that follows from what they say, never from their place in a file or their pseudonym.

Replicates are drawn in this order, so that a seed gives the same replicates for the same answers on every
installation. People with the same rows are interchangeable: which of them comes first changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from pipeline.index.uncertainty.arrays import IntArray

PLACE = "_place"


def ranks_of_rows(frame: pl.DataFrame, columns: Sequence[str]) -> IntArray:
    """Each row's dense rank by the contents of ``columns``: rows that say the same have the same rank."""
    if not frame.height or not columns:
        return np.zeros(frame.height, dtype=np.int64)
    keys = np.column_stack([frame[name].rank("dense").fill_null(0).cast(pl.Int64).to_numpy() for name in columns])
    order = np.lexsort(keys.T[::-1])
    differs = np.any(keys[order][1:] != keys[order][:-1], axis=1)
    rank = np.empty(frame.height, dtype=np.int64)
    rank[order] = np.concatenate([[0], np.cumsum(differs)])
    return rank


def ranks_of_groups(group: pl.Series, member_ranks: IntArray) -> pl.DataFrame:
    """One row per group, by what its members say: ``group``, ``_place`` (0, 1 …; the same where all is equal)."""
    width = len(str(int(member_ranks.max(initial=0))))
    members = pl.DataFrame({"group": group, "rank": member_ranks}).sort("group", "rank")
    text = pl.col("rank").cast(pl.String).str.zfill(width)
    keys = members.with_columns(text).group_by("group", maintain_order=True).agg(pl.col("rank").str.join(" "))
    return keys.select("group", pl.col("rank").rank("dense").cast(pl.Int64).sub(1).alias(PLACE)).sort(PLACE)
