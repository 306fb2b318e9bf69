"""A table of data/areas that leads from the codes of one vintage to those of another, read row by row."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path

from pipeline.specs.nearest import nearest
from pipeline.specs.strict_yaml import Source

NEEDED = ("old_code", "new_code", "from_vintage", "to_vintage")
OPTIONAL = ("share", "source")
SHARE_TOLERANCE = 1e-6


@dataclass(frozen=True)
class Change:
    """``old_code`` of one vintage became ``new_code`` of another, with this share of its people (None: not known)."""

    old_code: str
    new_code: str
    from_vintage: str
    to_vintage: str
    share: float | None = None


def read_lookup(path: Path, name: str) -> tuple[dict[int, Change], Source]:
    """Line → change; what is wrong is in the source's problems. Lines that begin with ``#`` are comments."""
    source = Source(path, name)
    try:
        lines = lines_of(path)
    except (OSError, ValueError, csv.Error):
        source.report((), "cannot be read as CSV in UTF-8. Put it into data/areas, saved as CSV (UTF-8).")
        return {}, source
    header = [cell.strip() for cell in lines[0][1]] if lines else []
    if not _columns_are_there(header, source):
        return {}, source
    found: dict[int, Change] = {}
    for number, cells in lines[1:]:
        if not any(cell.strip() for cell in cells):
            continue
        row = row_of(cells, header, source, number)
        change = _change(row, source, number) if row is not None else None
        if change is not None:
            found[number] = change
    for number, problem in lookup_problems(found).items():
        source.report((number,), problem)
    return found, source


def lines_of(path: Path) -> list[tuple[int, list[str]]]:
    """Line and its cells, of a table of data/areas without its comments.

    Raises OSError, csv.Error, and ValueError where it is not UTF-8, or holds what no text does.
    """
    text = path.read_text(encoding="utf-8-sig")
    if "\0" in text:
        raise ValueError("a character of value zero")
    return [
        (at, cells)
        for at, line in enumerate(text.splitlines(), 1)
        for cells in csv.reader([line])
        if not line.startswith("#")
    ]


def row_of(cells: Sequence[str], header: Sequence[str], source: Source, at: int) -> dict[str, str] | None:
    """Column → cell of one line; None, and reported, where it has more or fewer cells than the header."""
    source.lines[at,] = at
    if len(cells) != len(header):
        source.report((at,), f"has {len(cells)} cells, but the header {len(header)}; quote a text with commas.")
        return None
    return {column: cell.strip() for column, cell in zip(header, cells, strict=True)}


def refuse_other_separators(header: Sequence[str], source: Source) -> bool:
    """Report a header that semicolons or tabs separate, and say so."""
    other = len(header) == 1 and any(mark in header[0] for mark in ";\t")
    if other:
        source.report((), "is not separated by commas. Save it as CSV (UTF-8) with commas.")
    return other


def lookup_problems(changes: Mapping[int, Change]) -> dict[int, str]:
    """Number of a change → what is wrong with it and others together: rows twice, shares that do not sum to one."""
    problems: dict[int, str] = {}
    seen: dict[tuple[str, str, str, str], int] = {}
    parts: dict[tuple[str, str, str], list[int]] = {}
    for number, one in changes.items():
        key = (one.from_vintage, one.to_vintage, one.old_code, one.new_code)
        if key in seen:
            problems[number] = f"`{one.old_code}` became `{one.new_code}` on line {seen[key]} already. Keep one."
            continue
        seen[key] = number
        parts.setdefault(key[:3], []).append(number)
    for (_, _, code), numbers in parts.items():
        shares = [changes[number].share for number in numbers]
        given = [share for share in shares if share is not None]
        if given and len(given) < len(shares):
            problems[numbers[0]] = f"some parts of `{code}` have a share and some have none. Give all, or none."
        elif given and abs(sum(given) - 1) > SHARE_TOLERANCE:
            problems[numbers[0]] = f"the shares of `{code}` sum to {sum(given):.6g}, not to 1."
    return problems


def path_of_vintages(changes: Iterable[Change], start: str, end: str) -> list[str] | None:
    """The fewest vintages that lead from ``start`` to ``end``, forwards or back; None where none do."""
    steps: dict[str, set[str]] = {}
    for one in changes:
        steps.setdefault(one.from_vintage, set()).add(one.to_vintage)
        steps.setdefault(one.to_vintage, set()).add(one.from_vintage)
    paths = [[start]]
    reached = {start}
    while paths:
        path = paths.pop(0)
        if path[-1] == end:
            return path
        for following in sorted(steps.get(path[-1], set()) - reached):
            reached.add(following)
            paths.append([*path, following])
    return None


def _columns_are_there(header: Sequence[str], source: Source) -> bool:
    known = (*NEEDED, *OPTIONAL)
    if refuse_other_separators(header, source):
        return False
    wrong = [f"`{column}` is missing" for column in NEEDED if column not in header]
    wrong += [f"`{column}` is not a column{nearest(column, known)}" for column in header if column not in known]
    wrong += [f"`{column}` is there twice" for column in known if header.count(column) > 1]
    if wrong:
        source.report((), f"the header is {','.join(known)}; {'; '.join(wrong)}".rstrip("?") + ".")
    return not wrong


def _change(row: dict[str, str], source: Source, number: int) -> Change | None:
    blank = [column for column in NEEDED if not row[column]]
    if blank:
        source.report((number,), f"`{blank[0]}` is blank.")
        return None
    if row["from_vintage"] == row["to_vintage"]:
        source.report((number,), f"leads from vintage {row['from_vintage']} to itself.")
        return None
    text = row.get("share", "")
    share = _share(text)
    if text and share is None:
        source.report((number,), f"the share `{text}` is no number above 0 and up to 1; write 0.4 for 40 per cent.")
        return None
    return Change(row["old_code"], row["new_code"], row["from_vintage"], row["to_vintage"], share)


def _share(text: str) -> float | None:
    try:
        share = float(text)
    except ValueError:
        return None
    return share if isfinite(share) and 0 < share <= 1 else None
