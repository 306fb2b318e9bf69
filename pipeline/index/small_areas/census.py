"""A census table of data/areas: how many people of each area have which combination of categories."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from pipeline.errors import CohesionError, DeclarationErrors
from pipeline.options import known_options
from pipeline.specs.area_census import census_problems


@known_options
def census_table(path: Path, margins: Sequence[str]) -> pl.DataFrame:
    """One row per area and combination of ``margins``: ``area``, the margins and ``count``, the rest left out.

    Raises CohesionError for a file that is missing or no CSV, for columns that are absent, and for counts
    that are none, or of a cell that is there twice, each with its line.
    """
    where = f"data/areas/{path.name}"
    if not path.is_file():
        raise CohesionError("is missing", where=where, todo="Put the table there.")
    problems = census_problems(path, where, margins)
    if problems:
        raise DeclarationErrors(problems)
    text = pl.read_csv(path, infer_schema=False, comment_prefix="#")
    table = text.rename(str.strip).with_columns(pl.all().str.strip_chars())
    return table.select(
        pl.col("area_code").alias("area"),
        *(_number(table[name]) for name in margins),
        pl.col("count").cast(pl.Float64),
    )


def _number(column: pl.Series) -> pl.Series:
    """Whole numbers or numbers where all are, else the text as it stands."""
    for kind in (pl.Int64, pl.Float64):
        made = column.cast(kind, strict=False)
        if not made.null_count():
            return made
    return column
