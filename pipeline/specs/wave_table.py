"""waves.csv: one row for each wave, read cell by cell; every mistake with its line."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.specs.nearest import nearest
from pipeline.specs.strict_yaml import Source, parse
from pipeline.specs.wave_names import misnamed

NEEDED = ("wave", "title", "start", "end")
COLUMNS = (*NEEDED, "number", "mark", "file", "rows", "sha256", "earlier")
"""``earlier``: the hashes of deliveries that were replaced, which ``cohesion wave accept`` adds."""
UNKNOWN = "-"
"""What stands for a file without a hash, or without a number of rows, before one that has it."""

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_COUNTS = re.compile(r"(\d+|-)(\s+(\d+|-))*")
_SHA256 = re.compile(r"[0-9a-f]{64}|-")


@dataclass(frozen=True)
class Record:
    """A row of a CSV file as it stands there: the line on which it begins, its cells, its text."""

    line: int
    cells: list[str]
    text: str


@dataclass(frozen=True)
class Row:
    """What waves.csv says of one wave. ``said``: keys of its declaration. ``hashes``, ``counts`` and ``earlier`` are of
    the files of its own, in their order; None and nothing where none is said."""

    line: int
    said: dict[str, Any]
    file: str | None = None
    chosen: dict[str, Any] | None = None
    hashes: list[str | None] = field(default_factory=list)
    counts: list[int | None] = field(default_factory=list)
    earlier: list[list[str]] = field(default_factory=list)


def records(text: str) -> Iterator[Record]:
    """The rows of a CSV text, empty ones left out. Raises ``csv.Error`` for what is no CSV."""
    lines = list(io.StringIO(text, newline=""))
    reader = csv.reader(iter(lines), strict=True)
    before = 0
    for cells in reader:
        own = "".join(lines[before : reader.line_num])
        if any(cell.strip() for cell in cells):
            yield Record(before + 1, [cell.strip() for cell in cells], own)
        before = reader.line_num


def read_table(path: Path, name: str) -> tuple[dict[str, Row | None], Source]:
    """Wave → its row, or None where that has a mistake; what is wrong is in the source."""
    source = Source(path, name)
    try:
        found = list(records(path.read_bytes().decode("utf-8-sig")))
    except (UnicodeDecodeError, csv.Error):
        source.report((), "is not CSV in UTF-8. Save it as CSV (UTF-8), separated by commas.")
        return {}, source
    header = found[0].cells if found else []
    if not _columns_are_known(header, source):
        return {}, source
    rows: dict[str, Row | None] = {}
    lines: dict[str, int] = {}
    names = [record.cells[header.index("wave")] for record in found[1:] if len(record.cells) == len(header)]
    for record in found[1:]:
        source.lines[record.line,] = record.line
        if len(record.cells) != len(header):
            source.report((record.line,), _ragged(len(record.cells), len(header)))
            continue
        cells = {key: cell for key, cell in zip(header, record.cells, strict=True) if cell}
        wave = cells.get("wave", "")
        wrong = misnamed(wave, names)
        if wave in lines:
            wrong = f"`{wave}` is on line {lines[wave]} already. Keep one."
        if wrong:
            source.report((record.line,), wrong)
        rows.setdefault(wave, _row(record.line, cells, source) if not wrong else None)
        lines.setdefault(wave, record.line)
    if not rows and not source.problems:
        source.report((), "declares no wave: write a row for each.")
    return rows, source


def _columns_are_known(header: list[str], source: Source) -> bool:
    if len(header) == 1 and ";" in header[0]:
        source.report((), "is separated by semicolons: save it separated by commas.")
        return False
    wrong = [f"`{column}` is missing" for column in NEEDED if column not in header]
    wrong += [f"`{column}` is not a column{nearest(column, COLUMNS)}" for column in header if column not in COLUMNS]
    wrong += [f"`{column}` is there twice" for column in dict.fromkeys(header) if header.count(column) > 1]
    if wrong:
        source.report((), f"the columns may be {', '.join(COLUMNS)}; {'; '.join(wrong)}".rstrip("?") + ".")
    return not wrong


def _ragged(cells: int, header: int) -> str:
    return f"has {cells} cells, but the header {header}; quote a text with commas."


def _row(line: int, cells: dict[str, str], source: Source) -> Row | None:
    """What a row says; None where a cell cannot be read, which is reported."""
    wrong = list(_unreadable(cells))
    for message in wrong:
        source.report((line,), message)
    if wrong:
        return None
    said: dict[str, Any] = {key: cells[key] for key in ("title", "mark") if key in cells}
    if "start" in cells:
        said["fieldwork"] = {key: dt.date.fromisoformat(cells[key]) for key in ("start", "end")}
    if "number" in cells:
        said["number"] = int(cells["number"])
    rows = cells.get("rows", "")
    counted = _COUNTS.fullmatch(rows) is not None
    groups = [group.split() for group in cells["earlier"].split(";")] if "earlier" in cells else []
    return Row(
        line,
        said,
        file=cells.get("file"),
        chosen=choice(rows) if rows and not counted else None,
        hashes=[None if one == UNKNOWN else one for one in cells.get("sha256", "").split()],
        counts=[None if one == UNKNOWN else int(one) for one in rows.split()] if counted else [],
        earlier=[[one for one in group if one != UNKNOWN] for group in groups],
    )


def _unreadable(cells: dict[str, str]) -> Iterator[str]:
    """In words, each cell that is not what its column holds."""
    for key, other in (("start", "end"), ("end", "start")):
        if key in cells and other not in cells:
            yield f"has a `{key}` and no `{other}`."
        if key in cells and not _is_date(cells[key]):
            yield f"`{key}` is `{cells[key]}`, which is no date: write it as 2019-12-31."
    if "number" in cells and not cells["number"].isdecimal():
        yield f"`number` is `{cells['number']}`: write a whole number, or leave it out."
    rows = cells.get("rows", "")
    if rows and not _COUNTS.fullmatch(rows) and choice(rows) is None:
        yield f"`rows` is `{rows}`: write how many rows the file has, or which are the wave's, as `wave: 3`."
    for key in ("sha256", "earlier"):
        wrong = [one for one in re.split(r"[\s;]+", cells.get(key, "")) if one and not _SHA256.fullmatch(one)]
        if wrong:
            yield f"`{key}` holds `{wrong[0]}`, which is no SHA-256: leave it out, and run `cohesion wave accept`."


def _is_date(text: str) -> bool:
    try:
        return _DATE.fullmatch(text) is not None and bool(dt.date.fromisoformat(text))
    except ValueError:
        return False


def choice(text: str) -> dict[str, Any] | None:
    """The rows that a cell chooses (``wave: 3``), as a declaration writes them; None if it cannot be read."""
    source = parse(text if text.startswith("{") else f"{{{text}}}", Path(), "")
    data = source.data
    if source.problems or not isinstance(data, dict) or not data:
        return None
    cells = [one for value in data.values() for one in (value if isinstance(value, list) else [value])]
    is_read = bool(cells) and all(
        isinstance(one, str | int | float | dt.date) and not isinstance(one, bool) for one in cells
    )
    return data if is_read else None
