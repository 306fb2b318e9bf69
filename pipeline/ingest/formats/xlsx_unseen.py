"""What a person who opens a workbook sees otherwise than a reader: formulas, hidden rows, columns and sheets."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

from pipeline.errors import DepositError
from pipeline.ingest.formats.table import Notice
from pipeline.ingest.formats.xlsx_rows import BOOK, CELL, ROW, part_of_sheet

_FORMULA = re.compile(rb"<(?:\w+:)?f\b")
_RESULT = re.compile(rb"<(?:\w+:)?(?:v|is)\b[^>]*?(?<!/)>\s*([^<\s][^<]*)?")
_COLUMN = re.compile(rb"<(?:\w+:)?col\b([^>]*)>")
_SHEET = re.compile(rb"<(?:\w+:)?sheet\b([^>]*)>")
_HIDDEN = re.compile(rb"""\bhidden=["'](?:1|true)["']|\b(?:ht|width)=["']0(?:\.0*)?["']""")
_STATE = re.compile(rb"""\bstate=["'](?:hidden|veryHidden)["']""")
_STALE = re.compile(rb"""\bfullCalcOnLoad=["'](?:1|true)["']""")


def unseen(path: Path, sheet: str, header_row: int) -> list[Notice]:
    """Notices of what is hidden, with counts. Raises ``DepositError`` for formulas that nobody has computed.

    Programs that write workbooks leave a formula without a result, or with 0, until Excel opens and saves the file.
    """
    with zipfile.ZipFile(path) as archive:
        book = archive.read(BOOK)
        name = part_of_sheet(archive, sheet)
        data = archive.read(name) if name in archive.namelist() else b""
    rows = [(number, match) for number, match in _numbered(data) if number > header_row]
    formulas = [cell for _, row in rows for cell in CELL.finditer(row[3] or b"") if _FORMULA.search(cell[3] or b"")]
    is_stale = _STALE.search(book) is not None
    empty = sum(not _computed(cell[3], is_stale) for cell in formulas)
    if empty:
        raise DepositError(
            "cells hold formulas whose results were never computed, and would be read as empty or 0",
            where=f"{path.name}, sheet {sheet}",
            count=empty,
            todo="Open the workbook in Excel and save it, or ask for the sheet with values in place of formulas.",
        )
    hidden_rows = sum(_HIDDEN.search(row[2]) is not None for _, row in rows)
    columns = sum(_width(match[1]) for match in _COLUMN.finditer(data) if _HIDDEN.search(match[1]))
    sheets = sum(_STATE.search(match[1]) is not None for match in _SHEET.finditer(book))
    found = [
        ("formula_cells", "cells hold formulas; their results as last computed are read", len(formulas)),
        (
            "hidden_rows",
            "rows of the sheet are hidden, perhaps by a filter; they are read like all others",
            hidden_rows,
        ),
        ("hidden_columns", "columns of the sheet are hidden; they are read like all others", columns),
        ("hidden_sheets", "sheets of the workbook are hidden; what they hold is read only if declared", sheets),
    ]
    return [Notice(kind, f"{count:,} {message}", count=count) for kind, message, count in found if count]


def _numbered(data: bytes) -> list[tuple[int, re.Match[bytes]]]:
    found: list[tuple[int, re.Match[bytes]]] = []
    number = 0
    for match in ROW.finditer(data):
        said = re.search(rb'\br="(\d+)"', match[2])
        number = int(said[1]) if said else number + 1
        found.append((number, match))
    return found


def _computed(cell: bytes, is_stale: bool) -> bool:
    """Whether a formula's cell holds a result; 0 is none in a workbook that asks to be computed when it is opened."""
    result = _RESULT.search(cell)
    return result is not None and result[1] is not None and not (is_stale and result[1].strip() in (b"0", b"0.0"))


def _width(attributes: bytes) -> int:
    """How many columns an entry is about."""
    first, last = (re.search(rb'\b%s="(\d+)"' % name, attributes) for name in (b"min", b"max"))
    return int(last[1]) - int(first[1]) + 1 if first and last else 1
