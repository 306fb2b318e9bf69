"""Stata files (.dta)."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from pipeline.ingest.formats.modules import AS_IT_IS, Way
from pipeline.ingest.formats.receipts import FileFacts, truncated
from pipeline.ingest.formats.request import Request
from pipeline.ingest.formats.statistics import STATA, read_statistics, write_stata
from pipeline.ingest.formats.table import Table

_START, _END = b"<stata_dta>", b"</stata_dta>"


def read(path: Path, request: Request, facts: FileFacts) -> Table:
    """One row per observation. Tagged missing values are the codes ``.a`` … ``.z``, in a text column."""
    _check_end(path, facts)
    return read_statistics(path, request, facts, STATA)


def _check_end(path: Path, facts: FileFacts) -> None:
    """A .dta file of the last twelve years says where it ends; without that it may still read, but for its labels."""
    if not facts.head.startswith(_START):
        return
    with path.open("rb") as file:
        file.seek(max(0, facts.size - len(_END)))
        if file.read() != _END:
            raise truncated(facts, path.name)


def write_without(path: Path, draft: Path, kept: pl.Series, request: Request) -> None:
    """Write the observations that are kept, with every label and tagged missing value."""
    write_stata(path, draft, kept, request.encoding)


def ways(_: bytes) -> tuple[Way, ...]:
    """The file says all of it."""
    return AS_IT_IS
