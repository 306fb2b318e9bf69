"""Which answers are missing together."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from pipeline.door import public


@public(once=True)
def missing_patterns(frame: pl.DataFrame, columns: Sequence[str] | None = None) -> pl.DataFrame:
    """One row per pattern of missing answers, the commonest first: ``pattern`` (1 answered, 0 missing), count, share.

    ``missing`` counts the unanswered columns, which ``lacks`` names. R: ``mice::md.pattern``.
    """
    names = list(columns) if columns is not None else frame.columns
    marks = frame.select(
        pattern=pl.concat_str(pl.col(name).is_not_null().cast(pl.Int8).cast(pl.String) for name in names),
        missing=pl.sum_horizontal(pl.col(name).is_null() for name in names).cast(pl.Int64),
        lacks=pl.concat_str(
            [pl.when(pl.col(name).is_null()).then(pl.lit(name)) for name in names], separator=", ", ignore_nulls=True
        ),
    )
    return (
        marks.group_by("pattern", "missing", "lacks")
        .agg(count=pl.len().cast(pl.Int64))
        .with_columns(share=pl.col("count") / frame.height)
        .sort("count", "pattern", descending=True)
    )
