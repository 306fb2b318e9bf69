"""A workbook without some rows of one sheet: the rows are cut out of its XML, and every other part stays as it is."""

from __future__ import annotations

import re
import zipfile
from bisect import bisect_left
from collections.abc import Mapping
from html import unescape
from pathlib import Path
from posixpath import basename, dirname, join, normpath

import polars as pl

from pipeline.errors import DepositError

ROW = re.compile(rb"<((?:\w+:)?)row\b([^>]*?)(?:/>|>(.*?)</\1row\s*>)", re.DOTALL)
CELL = re.compile(rb"<((?:\w+:)?)c\b([^>]*?)(?:/>|>(.*?)</\1c\s*>)", re.DOTALL)
_NUMBER = re.compile(rb'(\br=")([A-Z]*)(\d+)(")')
_VALUE = re.compile(rb"<(?:\w+:)?v\b[^>]*>(\d+)</")
_STRING = re.compile(rb"<((?:\w+:)?)si\b[^>]*?(?:/>|>.*?</\1si\s*>)", re.DOTALL)
_AREA = re.compile(rb'(\b(?:ref|sqref)=")([^"]*)(")')
_MERGED = re.compile(rb'<(?:\w+:)?mergeCell\s[^>]*?\bref="[A-Z]+(\d+)(?::[A-Z]+(\d+))?"')
_LINKED = (b"mergeCell ", b"hyperlink ", b"legacyDrawing ")
BOOK, _STRINGS = "xl/workbook.xml", "xl/sharedStrings.xml"


class _Sheet:
    """The rows of one sheet: which numbers they have, and which of them hold a cell."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.rows: list[tuple[re.Match[bytes], int]] = []
        number = 0
        for match in ROW.finditer(data):
            said = re.search(rb'\br="(\d+)"', match[2])
            number = int(said[1]) if said else number + 1
            self.rows.append((match, number))

    def filled(self) -> list[int]:
        """Numbers of the rows in which something stands."""
        return [number for match, number in self.rows if re.search(rb"<(?:\w+:)?(?:v|t)\b", match[3] or b"")]


def cut_rows(path: Path, draft: Path, kept: pl.Series, sheet: str, header_row: int, footer_rows: int = 0) -> None:
    """Write the workbook without the rows of a sheet that are not kept, counted below its header; notes below stay.

    Later rows move up; texts that only the rows cut out used are emptied. Raises ``DepositError`` for what cannot be
    moved with its rows: formulas, merged cells, links, comments, pivot tables.
    """
    with zipfile.ZipFile(path) as archive:
        parts = {part.filename: archive.read(part) for part in archive.infolist()}
        order = archive.infolist()
    name = _part_of(parts, sheet)
    found = _Sheet(parts[name])
    gone = _numbers(found, kept, header_row, footer_rows, path.name)
    _refuse_what_hangs_on_rows(parts, name, found, gone, path.name)
    for other in (name, *_tables(parts, name)):
        parts[other] = _moved_areas(parts[other], gone)
    kept_rows, cut = _cut(_Sheet(parts[name]), gone)
    parts[name] = kept_rows
    if _STRINGS in parts:
        parts[_STRINGS] = _without_strings(parts, cut)
    with zipfile.ZipFile(draft, "w") as written:
        for part in order:
            written.writestr(part, parts[part.filename], compress_type=part.compress_type)


def merged_areas(path: Path, sheet: str) -> list[tuple[int, int]]:
    """First and last row of every area of merged cells in a sheet."""
    with zipfile.ZipFile(path) as archive:
        name = part_of_sheet(archive, sheet)
        data = archive.read(name) if name in archive.namelist() else b""
    return [(int(area[1]), int(area[2] or area[1])) for area in _MERGED.finditer(data)]


def part_of_sheet(archive: zipfile.ZipFile, sheet: str) -> str:
    """The name of the part that holds a sheet."""
    needed = [BOOK, *(name for name in archive.namelist() if name.startswith("xl/_rels/"))]
    return _part_of({part: archive.read(part) for part in needed}, sheet)


def _part_of(parts: Mapping[str, bytes], sheet: str) -> str:
    for attributes in re.findall(rb"<(?:\w+:)?sheet\b([^>]*)>", parts[BOOK]):
        named = re.search(rb'\bname="([^"]*)"', attributes)
        bound = re.search(rb'\b\w+:id="([^"]*)"', attributes)
        if named and bound and unescape(named[1].decode()) == sheet:
            return _related(parts, BOOK)[bound[1].decode()]
    raise KeyError(sheet)


def _related(parts: Mapping[str, bytes], part: str) -> dict[str, str]:
    """Id of a relation → the part it leads to."""
    relations = parts.get(f"{dirname(part)}/_rels/{basename(part)}.rels", b"")
    found = {}
    for attributes in re.findall(rb"<(?:\w+:)?Relationship\b([^>]*)>", relations):
        said = dict(re.findall(rb'\b(\w+)="([^"]*)"', attributes))
        target = said[b"Target"].decode()
        place = target.lstrip("/") if target.startswith("/") else normpath(join(dirname(part), target))
        found[said[b"Id"].decode()] = place
    return found


def _tables(parts: Mapping[str, bytes], name: str) -> list[str]:
    return [part for part in _related(parts, name).values() if part.startswith("xl/tables/") and part in parts]


def _numbers(found: _Sheet, kept: pl.Series, header_row: int, footer_rows: int, where: str) -> list[int]:
    """The sheet's own numbers of the rows to cut. Readers count from the first row that holds anything, or from 1."""
    filled = found.filled()
    for first in (1, filled[0]):
        if filled[-1] - first + 1 - header_row - footer_rows == len(kept):
            return [first + header_row + row for row in (~kept).arg_true()]
    raise DepositError("its rows cannot be told apart in the workbook", where=where, todo="Ask for the data as CSV.")


def _refuse_what_hangs_on_rows(
    parts: Mapping[str, bytes], name: str, found: _Sheet, gone: list[int], where: str
) -> None:
    below = b"".join(match[0] for match, number in found.rows if number >= gone[0])
    what = [word.strip().decode() for word in _LINKED if b"<" + word in found.data]
    if re.search(rb"<(?:\w+:)?f\b", below):
        what.append("formulas")
    if any(part.startswith("xl/pivotCache/") for part in parts):
        what.append("a pivot table")
    if any("comments" in part for part in _related(parts, name).values()):
        what.append("comments")
    if what:
        raise DepositError(
            f"sheet with {', '.join(what)}, which would not move with the rows",
            where=where,
            todo="Nothing was changed. Save the sheet without them, or ask for the data as CSV, and start again.",
        )


def _moved(number: int, gone: list[int]) -> int:
    return number - bisect_left(gone, number)


def _moved_areas(data: bytes, gone: list[int]) -> bytes:
    """Every area (A1:K61) ends as many rows earlier as rows go before its end."""

    def area(match: re.Match[bytes]) -> bytes:
        ends = re.sub(rb"(?<=[A-Z])\d+", lambda row: str(_last(int(row[0]), gone)).encode(), match[2])
        return match[1] + ends + match[3]

    return _AREA.sub(area, data)


def _last(number: int, gone: list[int]) -> int:
    return number - bisect_left(gone, number + 1) if number >= gone[0] else number


def _cut(found: _Sheet, gone: list[int]) -> tuple[bytes, set[int]]:
    """The sheet without the rows, and the numbers of the texts that these used."""
    pieces, end, strings, wanted = [], 0, set[int](), set(gone)
    for match, number in found.rows:
        pieces.append(found.data[end : match.start()])
        end = match.end()
        if number in wanted:
            strings |= _strings_in(match[0])
        else:
            pieces.append(_row_as(match, str(_moved(number, gone)).encode()))
    return b"".join([*pieces, found.data[end:]]), strings


def _row_as(row: re.Match[bytes], number: bytes) -> bytes:
    """A row, and each of its cells, under another number."""
    if not row[3]:
        return _renumbered(row[0], number)
    head = row.start(3) - row.start()
    inside = CELL.sub(lambda cell: _renumbered(cell[0], number), row[0][head:])
    return _renumbered(row[0][:head], number) + inside


def _renumbered(element: bytes, number: bytes) -> bytes:
    return _NUMBER.sub(lambda match: match[1] + match[2] + number + match[4], element, count=1)


def _strings_in(data: bytes) -> set[int]:
    cells = (cell for cell in CELL.finditer(data) if b't="s"' in cell[2])
    return {int(value[1]) for cell in cells if (value := _VALUE.search(cell[3] or b""))}


def _without_strings(parts: Mapping[str, bytes], cut: set[int]) -> bytes:
    """The shared texts with those emptied that no cell of any sheet uses any more."""
    used = set[int]().union(
        *(
            _strings_in(data)
            for part, data in parts.items()
            if part.startswith("xl/worksheets/") and part.endswith(".xml")
        )
    )
    emptied, number = cut - used, -1

    def text(match: re.Match[bytes]) -> bytes:
        nonlocal number
        number += 1
        tag = match[1]
        return b"<%ssi><%st/></%ssi>" % (tag, tag, tag) if number in emptied else match[0]

    return _STRING.sub(text, parts[_STRINGS])
