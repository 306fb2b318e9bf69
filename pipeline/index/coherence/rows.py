"""Rows of the table ``coherence``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass

import polars as pl

SCHEMA = {
    "check": pl.String, "measure": pl.String, "other": pl.String, "area": pl.String, "wave": pl.String,
    "value": pl.Float64, "conf_low": pl.Float64, "conf_high": pl.Float64, "n_persons": pl.Int64, "n_areas": pl.Int64,
    "note": pl.String,
}  # fmt: skip


@dataclass(frozen=True)
class Row:
    """One check, and what it is of."""

    check: str
    measure: str
    other: str | None = None
    area: str | None = None
    wave: str | None = None
    value: float | None = None
    conf_low: float | None = None
    conf_high: float | None = None
    n_persons: int | None = None
    n_areas: int | None = None
    note: str | None = None


def table(rows: Sequence[Row]) -> pl.DataFrame:
    """One row per check and what it is of (``coherence`` without the study)."""
    frame = pl.DataFrame([astuple(row) for row in rows], schema=SCHEMA, orient="row")
    return frame.with_columns(pl.selectors.float().fill_nan(None))
