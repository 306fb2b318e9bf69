"""The tables of a codebook: the one of a CSV file, or every sheet of a workbook."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path

import polars as pl

from pipeline.errors import DepositError
from pipeline.ingest.arrival.opened import open_undeclared
from pipeline.ingest.codebooks.bounds import parsed
from pipeline.ingest.formats.request import Request
from pipeline.ingest.isolation.read import answer_to

_LISTED = "xl/workbook.xml"
"""The part of a workbook that names its sheets."""
_MOST_BYTES = 4 * 1024**2


def frames_of(path: Path) -> Iterator[pl.DataFrame]:
    """One frame per table that can be read. Raises ``DepositError`` if there is none."""
    names = _sheets(path) if path.suffix.lower() == ".xlsx" else []
    if len(names) < 2:
        yield open_undeclared(path).deposit.frame
        return
    first: DepositError | None = None
    some = False
    for name in names:
        try:
            frame = answer_to(Request(str(path.absolute()), "xlsx", sheet=name)).frame
        except DepositError as error:  # a title page is no table
            first = first or error
            continue
        some = True
        yield frame
    if first is not None and not some:
        raise first


def _sheets(path: Path) -> list[str]:
    """The names of a workbook's sheets; none for a file that is no workbook, which its reader says."""
    try:
        with zipfile.ZipFile(path) as workbook:
            if workbook.getinfo(_LISTED).file_size > _MOST_BYTES:
                return []
            content = workbook.read(_LISTED)
    except (zipfile.BadZipFile, KeyError, OSError, RuntimeError, NotImplementedError):
        return []
    return [sheet.attributes.get("name", "") for sheet in parsed(content, path).below("sheet")]
