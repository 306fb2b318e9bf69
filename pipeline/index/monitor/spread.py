"""How much people differ: the unit in which the power of the monitor is stated."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from pipeline.door import public


@public()
def spreads(scores: pl.DataFrame, measures: Sequence[str], weight: str | None = "weight") -> dict[str, float]:
    """Measure → standard deviation between people, over all waves: around the mean of each wave."""
    found = {}
    for name in measures:
        rows = scores.drop_nulls([name, *([weight] if weight else [])])
        weighed = rows.with_columns(_w=pl.col(weight) if weight else pl.lit(1.0))
        mean = (pl.col(name) * pl.col("_w")).sum().over("wave") / pl.col("_w").sum().over("wave")
        made = weighed.select(((pl.col(name) - mean) ** 2 * pl.col("_w")).sum() / pl.col("_w").sum()).item()
        if made:
            found[name] = float(made) ** 0.5
    return found
