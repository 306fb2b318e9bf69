"""A frame in the shape of its contract."""

from __future__ import annotations

import polars as pl

from pipeline.tables.contracts import dy


def shaped(frame: pl.DataFrame, schema: type[dy.Schema]) -> pl.DataFrame:
    """The frame's columns in the contract's order and types; an empty table where the frame has no rows."""
    types = {name: column.dtype for name, column in schema.columns().items()}
    return (
        frame.select(pl.col(name).cast(kind) for name, kind in types.items())
        if frame.height
        else pl.DataFrame(schema=types)
    )
