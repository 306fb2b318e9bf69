"""How many persons a row of participation stands for: one, or all who have the same history."""

from __future__ import annotations

import polars as pl

PERSONS = "_persons"
"""The column with the number of persons; where there is none, each row is one."""


def counted(table: pl.DataFrame) -> pl.DataFrame:
    """The table with the number of persons of each row."""
    return table if PERSONS in table.columns else table.with_columns(pl.lit(1, pl.Int64).alias(PERSONS))


def persons(condition: pl.Expr) -> pl.Expr:
    """How many persons are in the rows where ``condition`` holds."""
    return pl.col(PERSONS).filter(condition).sum()
