"""The hash of each column of a table: which columns of a wide table came out otherwise, and which not."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

    from pipeline.on_disk import OnDisk

KEYS = ("person_id", "wave", "arm")
"""A value belongs to its row: two people who swap their answers are a difference."""
SEED = 20260101


def without_people(frame: pl.DataFrame) -> str:
    """A hash of a table of people without their pseudonyms, in whatever order; empty for any other table."""
    named = [name for name in frame.columns if name.endswith("person_id") or name == "household_id"]
    if not named:
        return ""
    rows = frame.drop(named).hash_rows(SEED).sort()
    return hashlib.sha256(rows.to_numpy().tobytes()).hexdigest()


def hashes_of_columns(table: pl.DataFrame | OnDisk) -> dict[str, str]:
    """Column → a hash of its values, each with the keys of its row; the order of rows does not matter.

    Sums over all rows, from which no row can be read back.
    """
    from pipeline.on_disk import OnDisk

    sums: dict[str, int] = {}
    for frame in table.slices() if isinstance(table, OnDisk) else [table]:
        for name, value in _sums_of_columns(frame).items():
            sums[name] = (sums.get(name, 0) + value) % 2**64
    return {name: f"{value:x}" for name, value in sums.items()}


def _sums_of_columns(frame: pl.DataFrame) -> dict[str, int]:
    import polars as pl

    keys = [name for name in KEYS if name in frame.columns]
    rows = frame.select(pl.struct(keys).hash(SEED)).to_series() if keys else None
    found = {}
    for column in frame.iter_columns():
        try:
            values = column.hash(SEED)
        except (pl.exceptions.PolarsError, TypeError):
            continue
        mixed = values if rows is None or column.name in keys else values ^ rows
        found[column.name] = int(mixed.hash(SEED).sum() or 0)
    return found
