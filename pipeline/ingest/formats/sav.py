"""SPSS files (.sav)."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from pipeline.ingest.formats.modules import AS_IT_IS, Way
from pipeline.ingest.formats.receipts import FileFacts
from pipeline.ingest.formats.request import Request
from pipeline.ingest.formats.statistics import SPSS, read_statistics, write_spss
from pipeline.ingest.formats.table import Table


def read(path: Path, request: Request, facts: FileFacts) -> Table:
    """One row per case of the file."""
    return read_statistics(path, request, facts, SPSS)


def write_without(path: Path, draft: Path, kept: pl.Series, request: Request) -> None:
    """Write the cases that are kept, with every label and declaration of the file."""
    write_spss(path, draft, kept, request.encoding, is_compressed=False)


def ways(_: bytes) -> tuple[Way, ...]:
    """The file says all of it."""
    return AS_IT_IS
