"""Taking a person out of a deposited file: the same file, as far as any reader sees, without their rows."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

import polars as pl

from pipeline.errors import DepositError
from pipeline.files import write_bytes, write_whole
from pipeline.ingest.deposit import read_deposit
from pipeline.ingest.formats import looks_like

IsPerson = Callable[[pl.Series], pl.Series]
"""Says of each cell of an id column whether it is the person's id, as the study compares ids."""

_ENCODINGS = ("utf-8", "utf-16", "windows-1252")


def take_out(path: Path, is_person: IsPerson, id_columns: Collection[str]) -> int:
    """Rewrite a file without a person's rows; returns how many there were. A file without any is left as it is.

    In text files a row is the person's if any cell of it is their id. Raises ``DepositError``, and changes nothing, if
    the file cannot be written again without losing something.
    """
    with path.open("rb") as file:
        kind = looks_like(file.read(512))
    if kind in ("csv", "UTF-16 text"):
        return _from_text(path, is_person)
    if kind not in ("sav", "zsav", "dta", "parquet", "xlsx"):
        return 0
    frame = read_deposit(path, kind).frame
    theirs = pl.repeat(False, frame.height, eager=True)
    for column in set(id_columns) & set(frame.columns):
        theirs = theirs | is_person(frame[column]).fill_null(False)
    if theirs.any():
        _write_again(path, kind, ~theirs)
    return int(theirs.sum())


def _write_again(path: Path, kind: str, kept: pl.Series) -> None:
    before = read_deposit(path, kind)
    write = {"parquet": _parquet, "xlsx": _workbook}.get(kind, _statistics)
    draft = path.with_name(f".erasing.{path.name}")
    try:
        write(path, draft, kind, kept)
        after = read_deposit(draft, kind)
        same = after.frame.equals(before.frame.filter(kept)) and all(
            getattr(after, part) == getattr(before, part) for part in ("labels", "value_labels", "missing_ranges")
        )
        if not same:
            raise DepositError(
                "cannot be written again without the person and lose nothing else",
                where=path.name,
                todo="Ask the sender for the file without them, put it in the place of this one, and start again.",
            )
        content = draft.read_bytes()
    finally:
        draft.unlink(missing_ok=True)
    write_bytes(path, content)


def _parquet(path: Path, draft: Path, _: str, kept: pl.Series) -> None:
    pl.read_parquet(path, glob=False, hive_partitioning=False).filter(kept).write_parquet(draft)


def _statistics(path: Path, draft: Path, kind: str, kept: pl.Series) -> None:
    import pyreadstat

    read = pyreadstat.read_dta if kind == "dta" else pyreadstat.read_sav
    values, about = read(path, user_missing=True, disable_datetime_conversion=True, output_format="dict")
    rows = kept.arg_true().to_list()
    frame = pl.DataFrame({name: _column(about, name, [column[row] for row in rows]) for name, column in values.items()})
    shared: dict[str, Any] = {
        "file_label": about.file_label or "",
        "column_labels": about.column_names_to_labels,
        "variable_value_labels": about.variable_value_labels,
        "variable_format": about.original_variable_types,
    }
    if kind == "dta":
        letters = {name: [str(tag) for tag in tags] for name, tags in about.missing_user_values.items()}
        pyreadstat.write_dta(frame, draft, missing_user_values=letters or None, **shared)
        return
    pyreadstat.write_sav(
        frame,
        draft,
        missing_ranges={name: _bounds(ranges) for name, ranges in about.missing_ranges.items()},
        variable_measure=dict(about.variable_measure),
        variable_display_width=about.variable_display_width,
        compress=kind == "zsav",
        **shared,
    )


def _column(about: Any, name: str, values: list[Any]) -> pl.Series:
    if about.readstat_variable_types[name] == "string":
        return pl.Series(name, values, dtype=pl.String)
    if any(isinstance(value, str) for value in values):  # Stata's tagged missing values, as letters among the numbers
        return pl.Series(name, values, dtype=pl.Object)
    return pl.Series(name, values, dtype=pl.Float64)


def _bounds(ranges: Any) -> list[Any]:
    return [bounds["lo"] if bounds["lo"] == bounds["hi"] else bounds for bounds in ranges]


def _workbook(path: Path, draft: Path, _: str, kept: pl.Series) -> None:
    """The only sheet, without the rows: what else a workbook of several holds, no library here writes again."""
    import fastexcel
    import xlsxwriter

    book = fastexcel.read_excel(path)
    if len(book.sheet_names) > 1:
        raise DepositError(
            "has several sheets, and what the others hold would be lost in writing it again",
            where=path.name,
            count=len(book.sheet_names),
            todo="Save the sheet with the answers as a workbook of its own, or ask for the file without the person.",
        )
    cells = book.load_sheet(0, header_row=None, dtypes="string").to_polars()
    rows = [cells.row(0), *cells.slice(1).filter(kept).rows()]
    with xlsxwriter.Workbook(draft) as written:
        sheet = written.add_worksheet(book.sheet_names[0])
        for number, row in enumerate(rows):
            for place, cell in enumerate(row):
                if cell is not None:
                    sheet.write_string(number, place, cell)


def _from_text(path: Path, is_person: IsPerson) -> int:
    """Whole records, as a CSV reader sees them; every other byte stays as it is."""
    data = path.read_bytes()
    encoding = next(name for name in _ENCODINGS if _decodes(data, name))
    text = data.decode(encoding)
    delimiter = max(",;\t", key=text.partition("\n")[0].count)
    lines = io.StringIO(text, newline="").readlines()
    reader = csv.reader(lines, delimiter=delimiter)
    kept, start, gone = [], 0, 0
    for record in reader:
        if record and bool(is_person(pl.Series("cell", record, dtype=pl.String)).fill_null(False).any()):
            gone += 1
        else:
            kept += lines[start : reader.line_num]
        start = reader.line_num
    if gone:
        content = "".join(kept).encode(encoding)
        write_whole(path, lambda part: part.write_bytes(content))
    return gone


def _decodes(data: bytes, encoding: str) -> bool:
    if encoding == "utf-16" and not data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return False
    try:
        data.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True
