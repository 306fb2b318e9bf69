"""A census table of data/areas: how many people of each area have which combination of categories."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from pipeline.errors import CohesionError


def census_table(path: Path, margins: Sequence[str]) -> pl.DataFrame:
    """One row per area and combination of ``margins``: ``area``, the margins and ``count``, the rest left out.

    Raises CohesionError for a file that is missing or no CSV, and for columns that are absent.
    """
    where = f"data/areas/{path.name}"
    if not path.is_file():
        raise CohesionError("is missing", where=where, todo="Put the table there.")
    try:
        table = pl.read_csv(path, schema_overrides={"area_code": pl.String}, comment_prefix="#")
    except pl.exceptions.PolarsError:
        raise CohesionError("cannot be read as CSV", where=where, todo="Save it as CSV.") from None
    absent = [name for name in ("area_code", *margins, "count") if name not in table.columns]
    if absent:
        raise CohesionError(f"has no column `{absent[0]}`", where=where, todo=f"It has: {', '.join(table.columns)}.")
    return table.select(pl.col("area_code").alias("area"), *margins, "count")
