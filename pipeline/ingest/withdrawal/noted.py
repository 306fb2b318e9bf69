"""The installation's own list of people who withdrew: fingerprints, so that the list itself names nobody."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import polars as pl

from pipeline.files import write_whole

SCHEMA = {"id": pl.String, "scope": pl.String, "date": pl.Date}


def read_withdrawn(path: Path) -> pl.DataFrame | None:
    """One row per person who withdrew: ``id`` (a fingerprint), ``scope``, ``date``; None where there is no list."""
    return pl.read_csv(path, schema=SCHEMA) if path.exists() else None


def note_withdrawn(path: Path, fingerprint: str, scope: str, date: dt.date) -> int:
    """Add a person to the list, or widen the scope they have; returns how many people it holds."""
    new = pl.DataFrame([(fingerprint, scope, date)], schema=SCHEMA, orient="row")
    before = read_withdrawn(path)
    listed = new if before is None else pl.concat([before, new])
    listed = (
        listed.sort(pl.col("scope") == "erase", descending=True, maintain_order=True)
        .group_by("id", maintain_order=True)
        .agg(pl.col("scope").first(), pl.col("date").min())
    )
    write_whole(path, lambda draft: listed.write_csv(draft), mode=0o600)
    return listed.height
