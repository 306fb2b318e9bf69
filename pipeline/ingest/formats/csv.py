"""CSV as declared: encoding, delimiter, decimal mark. Strict, with line numbers; nothing is sniffed or padded."""

from __future__ import annotations

import codecs
import csv
import io
from pathlib import Path

import polars as pl

from pipeline.errors import DepositError
from pipeline.ingest.formats.columns import check_names, some, text_columns
from pipeline.ingest.formats.csv_structure import Structure, check_fields, later_header, structure
from pipeline.ingest.formats.csv_undeclared import ways
from pipeline.ingest.formats.encodings import clean_encodings, named, wrong_encoding
from pipeline.ingest.formats.footers import without_footers
from pipeline.ingest.formats.numbers import Written, all_numbers, numbers_where_all_are
from pipeline.ingest.formats.receipts import FileFacts
from pipeline.ingest.formats.request import Request
from pipeline.ingest.formats.table import Notice, Table

__all__ = ["read", "ways", "write_without"]

_DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def read(path: Path, request: Request, _: FileFacts) -> Table:
    """One row per record after the header; a column of numbers as Float64, every other cell as the text it is."""
    if len(request.delimiter) != 1 or not request.delimiter.isascii():
        raise DepositError(
            f"the delimiter is one character, not `{request.delimiter}`", where=path.name, todo="Declare `delimiter`."
        )
    data = utf8(path.read_bytes(), request.encoding, path.name)
    whole = structure(data, request.delimiter, path.name)
    found = whole.without_last(request.footer_rows, request.header_row)
    if request.header_row > found.starts.size:
        raise DepositError(
            f"the header is declared in row {request.header_row}, but the file has {found.starts.size} rows",
            where=path.name,
            todo="Correct `header_row`.",
        )
    _refuse_early_header(data, found, request, path.name)
    names, notices = _header(data, found, request, path.name)
    check_fields(found, request.header_row - 1, path.name)
    wanted = [place for place, name in enumerate(names) if request.wants(name)] if request.projected else None
    frame = _records(data, found, names, request, wanted)
    if request.layout == "plain":
        if not request.partial:
            _check_decimal(frame, request, path.name)
        written = Written(request.decimal, request.thousands)
        frame = numbers_where_all_are(frame, written=written, keep_text=text_columns(frame.columns, request))
    table = Table(frame, notices=notices, columns=None if wanted is None else tuple(names))
    footers = range(found.starts.size, whole.starts.size)
    table = without_footers(table, names, [_cells(data, whole, row, request) for row in footers], request, path.name)
    if wanted is None:
        return table
    below = slice(request.header_row, None)
    blank = pl.Series((found.ends - found.starts)[below] < found.fields[below])
    return table.keep(~blank, {"blank": int(blank.sum())})


def utf8(data: bytes, encoding: str | None, where: str) -> bytes:
    """The text in UTF-8 without a byte-order mark. Raises ``DepositError`` with the offset of the first wrong byte."""
    if encoding is None and data.startswith(_UTF16):
        raise DepositError(
            "the file is UTF-16 text, which is not declared",
            where=where,
            todo='Declare `encoding: utf-16` (such exports are often separated by tabs: `delimiter: "\\t"`).',
        )
    try:
        name = codecs.lookup(encoding or "utf-8").name
        text = data.decode(name)
    except LookupError:
        raise DepositError(
            f"there is no encoding `{encoding}`", where=where, todo="For example `utf-8`, `windows-1252`, `utf-16`."
        ) from None
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        clean = [other for other in clean_encodings(data) if codecs.lookup(other).name != name]
        reads, todo = named(clean) if clean else ("", "Declare the `encoding` the file was saved in.")
        raise DepositError(
            f"byte {error.start:,} (line {line:,}) is not {encoding or 'UTF-8'}{f'; {reads}' if reads else ''}",
            where=where,
            todo=todo,
        ) from None
    wrong = wrong_encoding([text], encoding or "utf-8")
    if wrong:
        reads, todo = named(wrong)
        raise DepositError(f"the file is not {encoding}, which is declared; {reads}", where=where, todo=todo)
    data = data if name in ("utf-8", "ascii") else text.encode()
    return data.removeprefix(codecs.BOM_UTF8)


def _cells(data: bytes, found: Structure, row: int, request: Request) -> list[str]:
    record = found.record(data, row).decode()
    return next(csv.reader(io.StringIO(record, newline=""), delimiter=request.delimiter), [""])


def _refuse_early_header(data: bytes, found: Structure, request: Request, where: str) -> None:
    """Refuse a line above the table, a comment or a title, that is taken for the header."""
    declared = request.header_row - 1
    row = later_header(found, declared)
    if row is None or _other_delimiter(
        found.record(data, declared), found.record(data, declared + 1), request.delimiter
    ):
        return
    lines = [str(line) for line in found.lines[[declared, row]]]
    raise DepositError(
        f"line {lines[0]} is taken for the header, but has {found.fields[declared]} of the "
        f"{found.fields[row]} fields of line {lines[1]} and of all that follow: it seems to be a comment or a title",
        where=where,
        todo=f"Declare `header_row: {row + 1}` if the names of the columns stand in line {lines[1]}.",
    )


def _other_delimiter(header: bytes, following: bytes, declared: str) -> str | None:
    """The delimiter that parts both records alike, if the declared one does not part the header."""
    if declared.encode() in header:
        return None
    others = [one for one in _DELIMITERS if one != declared]
    return next((one for one in others if 0 < header.count(one.encode()) == following.count(one.encode())), None)


def _header(data: bytes, found: Structure, request: Request, where: str) -> tuple[list[str], list[Notice]]:
    names = _cells(data, found, request.header_row - 1, request)
    if len(names) == 1:
        _refuse_other_delimiter(found.record(data, request.header_row - 1).decode(), request.delimiter, where)
    check_names([name for name in names if name], where)
    blank = [number for number, name in enumerate(names, start=1) if not name.strip()]
    if len(blank) * 2 > len(names):
        raise DepositError(
            f"row {request.header_row} names only {len(names) - len(blank)} of {len(names)} columns",
            where=where,
            todo="Declare the row with the column names as `header_row`.",
        )
    names = [name if name.strip() else f"column_{number}" for number, name in enumerate(names, start=1)]
    return names, [
        Notice("unnamed_column", f"column {number} has no name; called column_{number} here", f"column_{number}")
        for number in blank
    ]


def _refuse_other_delimiter(header: str, declared: str, where: str) -> None:
    for delimiter, name in _DELIMITERS.items():
        if delimiter != declared and delimiter in header:
            written = delimiter.replace("\t", "\\t")
            raise DepositError(
                f"the header is separated by {name}, but {_DELIMITERS.get(declared, declared)} are declared",
                where=where,
                todo=f'Declare `delimiter: "{written}"`, and `decimal: ","` if the numbers have a decimal comma; '
                "or ask for the file as declared.",
            )


def _records(
    data: bytes, found: Structure, names: list[str], request: Request, wanted: list[int] | None
) -> pl.DataFrame:
    """The records below the header as text; of ``wanted`` columns, counted from 0, where not all are loaded."""
    kept = names if wanted is None else [names[place] for place in wanted]
    if found.starts.size == request.header_row or not kept:
        return pl.DataFrame(schema=dict.fromkeys(kept, pl.String))
    body = data[found.starts[request.header_row] : found.ends[-1]]
    frame = pl.read_csv(
        body if body else b"\n",
        has_header=False,
        separator=request.delimiter,
        quote_char='"' if found.has_quotes else None,
        schema=dict.fromkeys(names, pl.String),
        columns=wanted,
        extra_columns="raise",
        missing_columns="raise",
    )
    if frame.height != found.starts.size - request.header_row:
        raise AssertionError(f"{frame.height} records were read of {found.starts.size - request.header_row}")
    return frame.with_columns(pl.when(pl.all() != "").then(pl.all()))


def _check_decimal(frame: pl.DataFrame, request: Request, where: str) -> None:
    """Refuse numbers written with the other decimal mark. A comma may also part several answers to one question."""
    other = "." if request.decimal == "," else ","
    if other in (request.delimiter, request.thousands) or (other == "," and request.delimiter == ","):
        return
    with_other = [
        column.name
        for column in frame.iter_columns()
        if column.str.contains(other, literal=True).any() and all_numbers(column, Written(other))
    ]
    with_declared = any(
        column.str.contains(request.decimal, literal=True).any() and all_numbers(column, Written(request.decimal))
        for column in frame.iter_columns()
    )
    if other == "," and all(_may_be_several(frame[name]) for name in with_other):
        return
    if with_other and not with_declared:
        raise DepositError(
            f"the decimal mark `{request.decimal}` is declared, but numbers are written with `{other}` "
            f"in {some(with_other, 5)}",
            where=where,
            count=len(with_other),
            todo=f'Declare `decimal: "{other}"`; if these are several answers in one cell, ask for a column for each.',
        )


def _may_be_several(column: pl.Series) -> bool:
    """Whether each cell with a comma could be the chosen codes of a multiple choice, in ascending order: ``1,2``.

    Decimal numbers of a column are not all of this form. What the cells are is then for the item to say. One single
    text tells nothing, unless its codes are there by themselves as well.
    """
    distinct = column.drop_nulls().unique()
    parted = distinct.filter(distinct.str.contains(",", literal=True))
    fits = parted.str.contains(r"^[1-9]\d?,[1-9]\d?$")
    numbers = parted.filter(fits).str.split_exact(",", 1).struct.unnest().cast(pl.Int64)
    alone = distinct.is_in(numbers.unpivot()["value"].cast(pl.String).implode()).any()
    return bool(fits.all()) and bool((numbers["field_0"] < numbers["field_1"]).all()) and (len(parted) > 1 or alone)


def write_without(path: Path, draft: Path, kept: pl.Series, request: Request) -> None:
    """Write whole records; every other byte stays as it is."""
    data = path.read_bytes()
    text = utf8(data, request.encoding, path.name)
    found = structure(text, request.delimiter, path.name)
    starts = [*found.starts.tolist(), len(text)]
    records = (text[starts[request.header_row + row] : starts[request.header_row + row + 1]] for row in kept.arg_true())
    left = b"".join([text[: starts[request.header_row]], *records, text[starts[request.header_row + len(kept)] :]])
    mark = next((mark for mark in _MARKS if data.startswith(mark)), b"")
    encoding = _MARKS.get(mark) or codecs.lookup(request.encoding or "utf-8").name
    if mark + text.decode().encode(encoding) != data:
        raise DepositError(
            f"its text in {request.encoding} does not come out the same when it is written again",
            where=path.name,
            todo="Ask the sender for the file without the person, or as UTF-8.",
        )
    draft.write_bytes(mark + left.decode().encode(encoding))


_MARKS = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
"""What a text file may begin with, and the encoding that it says."""
