"""Parquet files: the types are in the file; only those that a survey answer can have pass."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import polars as pl

from pipeline.ingest.formats.modules import AS_IT_IS, Way
from pipeline.ingest.formats.plain_types import plain
from pipeline.ingest.formats.receipts import FileFacts, truncated
from pipeline.ingest.formats.request import Request
from pipeline.ingest.formats.table import Table

_END = b"PAR1"


def read(path: Path, request: Request, facts: FileFacts) -> Table:
    """One row per row of the file; numbers as Float64."""
    with path.open("rb") as file:
        file.seek(max(0, facts.size - len(_END)))
        if file.read() != _END:
            raise truncated(facts, path.name)
    names = None if request.loads_all else tuple(pl.read_parquet_schema(path))
    columns = None if names is None else [name for name in names if request.wants(name)]
    table = plain(pl.read_parquet(path, columns=columns, glob=False, hive_partitioning=False), path.name)
    return replace(table, columns=names)


def write_without(path: Path, draft: Path, kept: pl.Series, _: Request) -> None:
    """Write the rows that are kept, and what the file says about itself."""
    about = {key: value for key, value in pl.read_parquet_metadata(path).items() if key != "ARROW:schema"}
    pl.read_parquet(path, glob=False, hive_partitioning=False).filter(kept).write_parquet(draft, metadata=about or None)


def ways(_: bytes) -> tuple[Way, ...]:
    """The file says all of it."""
    return AS_IT_IS
