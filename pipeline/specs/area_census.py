"""A census table of data/areas, read row by row: how many people of an area have which combination of categories."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from math import isfinite
from pathlib import Path

from pipeline.specs.area_lookups import lines_of, refuse_other_separators, row_of
from pipeline.specs.base import canonical_code
from pipeline.specs.strict_yaml import Source

AREA, COUNT = "area_code", "count"


def census_problems(path: Path, name: str, margins: Sequence[str]) -> list[str]:
    """What is wrong with the table, each with file and line; nothing where it can be post-stratified by.

    ``name`` is what messages call the file. Lines that begin with ``#`` are comments.
    """
    source = Source(path, name)
    rows = _rows(source)
    if not rows:
        return source.problems
    header = [cell.strip() for cell in rows[0][1]]
    needed = (AREA, *margins, COUNT)
    lacking = [column for column in needed if column not in header]
    twice = [column for column in needed if header.count(column) > 1]
    if lacking and refuse_other_separators(header, source):
        return source.problems
    if lacking:
        source.report((), f"has no column `{lacking[0]}`; it needs {', '.join(needed)}.")
    elif twice:
        source.report((), f"has the column `{twice[0]}` twice. Keep one.")
    if not source.problems:
        _check_rows(rows, header, needed, source)
    return source.problems


def _rows(source: Source) -> list[tuple[int, list[str]]]:
    """Line → its cells."""
    try:
        rows = lines_of(source.path)
    except (OSError, ValueError, csv.Error):
        source.report((), "cannot be read as CSV in UTF-8. Save it as CSV (UTF-8).")
        return []
    kept = [(at, cells) for at, cells in rows if any(cell.strip() for cell in cells)]
    if len(kept) < 2:
        source.report(
            (), f"has no rows; it needs the columns {AREA}, the margins and {COUNT}, and a row for each cell."
        )
        return []
    return kept


def _check_rows(rows: list[tuple[int, list[str]]], header: list[str], needed: Sequence[str], source: Source) -> None:
    seen: dict[tuple[str, ...], int] = {}
    people: dict[str, float] = {}
    for at, cells in rows[1:]:
        row = row_of(cells, header, source, at)
        if row is None:
            continue
        blank = [column for column in needed if not row[column]]
        if blank:
            source.report((at,), f"`{blank[0]}` is blank. Write 0 where nobody is counted.")
            continue
        count = _count(row[COUNT])
        if count is None:
            source.report((at,), f"the count `{row[COUNT]}` is no number from 0 upwards; write 1000 for a thousand.")
            continue
        cell = (row[AREA], *(canonical_code(row[column]) for column in needed[1:-1]))
        if seen.setdefault(cell, at) != at:
            source.report((at,), f"this cell of `{row[AREA]}` is on line {seen[cell]} already. Keep one.")
        people[row[AREA]] = people.get(row[AREA], 0.0) + count
    nobody = [area for area, count in people.items() if not count]
    if nobody and not source.problems:
        source.report((), f"nobody is counted in `{nobody[0]}`: leave the area out, or give its counts.")


def _count(text: str) -> float | None:
    try:
        count = float(text)
    except ValueError:
        return None
    return count if isfinite(count) and count >= 0 else None
