"""Excel workbooks (.xlsx): one declared sheet, numbers and dates kept. A workbook is a zip: its size comes first."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path
from typing import Any, cast

import fastexcel
import polars as pl

from pipeline.errors import DepositError
from pipeline.ingest.formats.columns import check_names, some, text_columns
from pipeline.ingest.formats.footers import without_footers
from pipeline.ingest.formats.modules import AS_IT_IS, Way
from pipeline.ingest.formats.numbers import numbers_where_all_are
from pipeline.ingest.formats.plain_types import plain
from pipeline.ingest.formats.receipts import FileFacts, truncated
from pipeline.ingest.formats.request import Request
from pipeline.ingest.formats.table import Notice, Table
from pipeline.ingest.formats.xlsx_unseen import unseen

MOST_UNPACKED = 1024**3
MOST_TIMES = 100
"""A survey workbook unpacks to five to thirty times its size; a bomb to a thousand times."""

_SMALL = 4 * 1024**2  # below this the ratio does not matter
_MOST_PARTS = 10_000
_MAIN_PART = "xl/workbook.xml"
_ERROR_CELL = b' t="e"'


def read(path: Path, request: Request, facts: FileFacts) -> Table:
    """One row per row below the header of the declared sheet."""
    errors = _check_parts(path, facts)
    workbook = fastexcel.read_excel(path)
    sheet = _sheet(workbook.sheet_names, request.sheet, path.name)
    _refuse_merged_rows(path, sheet, request.header_row)
    first = workbook.load_sheet(sheet, header_row=None, n_rows=request.header_row, skip_rows=0, dtypes="string")
    names, notices = _header(first.to_polars(), request.header_row, sheet, path.name)
    wanted = _wanted(names, request)
    below, footers = _below(workbook, sheet, names, request, wanted)
    table = plain(below, path.name)
    notices += unseen(path, sheet, request.header_row)
    if errors:
        message = "cells that hold an Excel error (such as #N/A) are read as empty"
        notices.append(Notice("error_cells", message, count=errors))
    frame = table.frame
    if request.layout == "plain":
        frame = numbers_where_all_are(frame, keep_text=text_columns(frame.columns, request))
    read = Table(frame, notices=[*table.notices, *notices], columns=None if wanted is None else tuple(names))
    if wanted is None:
        return without_footers(read, names, footers, request, path.name)
    blank = frame.select(pl.all_horizontal(pl.all().is_null())).to_series()
    if blank.any():  # the columns that are not read may have something in these rows
        whole = plain(_below(workbook, sheet, names, request, None)[0], path.name).frame
        blank = whole.select(pl.all_horizontal(pl.all().is_null())).to_series()
    return read.keep(~blank, {"blank": int(blank.sum())})


def _wanted(names: list[str], request: Request) -> list[int] | None:
    """The places of the columns that are read, where not all are. Footers are looked at as a whole."""
    if request.layout != "plain" or request.footer_rows or not request.projected:
        return None
    wanted = [place for place, name in enumerate(names) if request.wants(name)]
    return wanted if 0 < len(wanted) < len(names) else None


def _below(
    workbook: fastexcel.ExcelReader, sheet: str, names: list[str], request: Request, wanted: list[int] | None
) -> tuple[pl.DataFrame, list[tuple[object, ...]]]:
    """The rows between the header and the footers, and the footers as text. Types are those of the rows alone."""

    kept = names if wanted is None else [names[place] for place in wanted]

    def load(**options: Any) -> pl.DataFrame:
        read = workbook.load_sheet(sheet, header_row=None, column_names=kept, skip_rows=request.header_row, **options)
        return cast(pl.DataFrame, read.to_polars())

    if not request.footer_rows:
        return load(schema_sample_rows=None, use_columns=wanted), []
    texts = load(dtypes="string")
    last = (~texts.select(pl.all_horizontal(pl.all().is_null())).to_series()).arg_true().max()
    rows = max(0, (int(last) + 1 if isinstance(last, int) else 0) - request.footer_rows)
    footers = texts.slice(rows, request.footer_rows).rows()
    return load(schema_sample_rows=None, n_rows=rows) if rows else texts.clear(), footers


def _check_parts(path: Path, facts: FileFacts) -> int:
    """Refuse a zip that unpacks to far more than a workbook can; the number of cells that hold an error."""
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
            _check_sizes(parts, facts, path.name)
            if _MAIN_PART not in archive.namelist():
                raise DepositError(
                    f"the file is {_other_archive(archive)}, but no Excel workbook",
                    where=path.name,
                    todo="Ask for the .xlsx file, or for the data as CSV.",
                )
            return sum(archive.read(part).count(_ERROR_CELL) for part in parts if _is_sheet(part.filename))
    except zipfile.BadZipFile as error:
        raise truncated(facts, path.name, str(error)) from None


_ARCHIVES = {
    "xl/workbook.bin": "a binary workbook (.xlsb)",
    "word/document.xml": "a Word document",
    "ppt/presentation.xml": "a PowerPoint presentation",
    "content.xml": "an OpenDocument file (.ods, .odt)",
    "Index/Document.iwa": "a Numbers document",
}


def _other_archive(archive: zipfile.ZipFile) -> str:
    """What a zip archive is, by its parts; of one that packs files, of which kinds."""
    names = archive.namelist()
    found = next((words for part, words in _ARCHIVES.items() if part in names), None)
    if found is not None:
        return found
    kinds = sorted({suffix for name in names if re.fullmatch(r"\.\w{1,8}", suffix := Path(name).suffix.lower())})
    return f"a zip archive{f' that packs {some(kinds, 3)} files' if kinds else ''}"


def _refuse_merged_rows(path: Path, sheet: str, header_row: int) -> None:
    """Raise ``DepositError`` for cells merged over rows below the header: only the first row would have their value."""
    from pipeline.ingest.formats.xlsx_rows import merged_areas

    count = sum(last > max(first, header_row) for first, last in merged_areas(path, sheet))
    if count:
        raise DepositError(
            "cells are merged over several rows, of which the first alone would have their value",
            where=f"{path.name}, sheet {sheet}",
            count=count,
            todo="Ask for the sheet with a value in each row, or unmerge the cells and fill them in.",
        )


def _check_sizes(parts: list[zipfile.ZipInfo], facts: FileFacts, where: str) -> None:
    unpacked = sum(part.file_size for part in parts)
    ratio = unpacked / facts.size
    if unpacked > MOST_UNPACKED or (unpacked > _SMALL and ratio > MOST_TIMES) or len(parts) > _MOST_PARTS:
        raise DepositError(
            f"the workbook of {facts.size:,} bytes would unpack to {unpacked:,} bytes in {len(parts):,} parts "
            f"({ratio:,.0f} times its size; at most {MOST_TIMES} times and {MOST_UNPACKED:,} bytes are read)",
            where=where,
            todo="It may be a zip bomb. Ask for the data as CSV.",
        )


def _is_sheet(part: str) -> bool:
    return part.startswith("xl/worksheets/") and part.endswith(".xml")


def _sheet(found: list[str], declared: str | None, where: str) -> str:
    if declared in found:
        return str(declared)
    if declared is None and len(found) == 1:
        return found[0]
    wanted = "no sheet is declared" if declared is None else f"there is no sheet `{declared}`"
    raise DepositError(
        f"{wanted}; the workbook has {some(found)}", where=where, todo="Declare `sheet` with one of these names."
    )


def _header(rows: pl.DataFrame, header_row: int, sheet: str, where: str) -> tuple[list[str], list[Notice]]:
    """The names of the columns, from the rows up to the header as text."""
    cells = list(rows.row(header_row - 1)) if rows.height >= header_row else []
    named = [name for name in cells if name and name.strip()]
    if len(named) * 2 < max(len(cells), 1):
        raise DepositError(
            f"row {header_row} of sheet `{sheet}` names {len(named)} of {rows.width} columns; "
            "the names may stand further down, below a title",
            where=where,
            todo="Declare the row with the column names as `header_row`, or another `sheet`.",
        )
    check_names(named, where)
    names = [name if name and name.strip() else f"column_{number}" for number, name in enumerate(cells, start=1)]
    return names, [
        Notice("unnamed_column", f"column {number} has no name; called column_{number} here", f"column_{number}")
        for number, name in enumerate(cells, start=1)
        if not name or not name.strip()
    ]


def write_without(path: Path, draft: Path, kept: pl.Series, request: Request) -> None:
    """Cut the rows out of the declared sheet; every other part of the workbook stays as it is."""
    from pipeline.ingest.formats.xlsx_rows import cut_rows

    sheet = _sheet(fastexcel.read_excel(path).sheet_names, request.sheet, path.name)
    cut_rows(path, draft, kept, sheet, request.header_row, request.footer_rows)


def ways(_: bytes) -> tuple[Way, ...]:
    """The only sheet, with its header in the first row."""
    return AS_IT_IS
