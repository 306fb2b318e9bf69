"""A toy file format, as somebody would add it: one module (this one) and one record. One JSON object per line."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from pipeline.ingest.formats.modules import AS_IT_IS, Way
from pipeline.ingest.formats.plain_types import plain
from pipeline.ingest.formats.receipts import FileFacts
from pipeline.ingest.formats.request import Request
from pipeline.ingest.formats.table import Table
from pipeline.specs.formats import Format

RECORD = Format(
    "jsonl", "lines of JSON", ".jsonl", "tests.toy_format", rb'\{"', takes=frozenset({"encoding"}), counts_rows=False
)


def read(path: Path, _: Request, __: FileFacts) -> Table:
    return plain(pl.read_ndjson(path), path.name)


def write_without(path: Path, draft: Path, kept: pl.Series, _: Request) -> None:
    pl.read_ndjson(path).filter(kept).write_ndjson(draft)


def ways(_: bytes) -> tuple[Way, ...]:
    return AS_IT_IS
