"""One printed column as columns of data: an estimate, the ends of its interval, a number in brackets, each its own."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from unicodedata import normalize

from pipeline.papers.content import Column
from pipeline.papers.data_tables.content import Cell, DataColumn
from pipeline.papers.data_tables.printed import ROLES, Printed, numbers_in

SAID = {"low": "lower end of the interval", "high": "upper end of the interval", "whole": "of how many"}
"""What the columns are called that one printed column holds besides its number."""
CAUTION = "read with caution"
"""The column that says in words what a mark behind a number means."""
LONGEST_NAME = 60


@dataclass(frozen=True)
class Filled:
    """A column of data with its cells, and what remains to be said of it below its table."""

    column: DataColumn
    cells: tuple[Cell, ...]
    bounds: tuple[str, ...] = ()


def filled(column: Column, texts: Sequence[str]) -> Iterator[Filled]:
    """The columns of data that hold what one printed column says."""
    found = numbers_in(texts)
    if found is None:
        missing = {"": "[z]", "–": "[x]"}
        yield Filled(_column(column.header, column.unit, False), tuple(missing.get(text, text) for text in texts))
        return
    roles = [role for role in ROLES if any(role in each.parts for each in found)] or ["value"]
    for role in roles:
        units = {each.units[role] for each in found if role in each.units}
        unit = column.unit or ("".join(units) if len(units) == 1 else "")
        bounds = tuple(dict.fromkeys(each.bound for each in found if each.bound)) if role == roles[0] else ()
        cells = tuple(each.parts.get(role, _absent(each, role)) for each in found)
        yield Filled(_column(_titled(column, role), unit, True), cells, bounds)
        if len(units) > 1 and not column.unit:
            yield _units(_titled(column, role), [each.units.get(role) for each in found])
    if any(each.mark for each in found):
        marks = tuple(f"yes {each.mark}" if each.mark else "no" for each in found)
        yield Filled(_column(f"{column.header}: {CAUTION}", "", False), marks)


def _absent(cell: Printed, role: str) -> str:
    """Why a part of a cell has no number: for the reason of the whole cell, or because this row has no such part."""
    return cell.missing if cell.missing and (role == "value" or cell.missing != "[low]") else "[z]"


def _units(title: str, units: Sequence[str | None]) -> Filled:
    """Where one column holds several units, each row says its own."""
    words = {"%": "per cent", "": "as in the row’s name", None: "[z]"}
    return Filled(_column(f"{title}: unit", "", False), tuple(words[unit] for unit in units))


def _titled(column: Column, role: str) -> str:
    said = {**SAID, "bracket": column.brackets or "number in brackets"}
    return f"{column.header}: {said[role]}" if role in said else column.header


def _column(title: str, unit: str, is_number: bool) -> DataColumn:
    words = f"{title} ({unit})" if unit and f"({unit})" not in title else title
    return DataColumn(column_name(title, unit), words or "Column", is_number)


def column_name(title: str, unit: str = "") -> str:
    """A title as a name for programs: small Latin letters, digits and underscores, with its unit."""
    spelt = title.replace("Δ", "change in ").replace("→", " to ").replace("χ²", "chi2").replace("%", " percent ")
    plain = normalize("NFKD", f"{spelt} {'percent' if unit == '%' else unit}")
    bare = re.sub(r"[^a-z0-9]+", "_", plain.encode("ascii", "ignore").decode().lower()).strip("_")
    return bare[:LONGEST_NAME].strip("_") or "column"


def unique(names: Sequence[str], joined: str = "_{}") -> list[str]:
    """The same names, those that came before (in capitals or not) with a number behind."""
    taken: set[str] = set()
    found: list[str] = []
    for name in names:
        tries = (name if number == 1 else f"{name}{joined.format(number)}" for number in range(1, len(names) + 2))
        chosen = next(each for each in tries if each.casefold() not in taken)
        taken.add(chosen.casefold())
        found.append(chosen)
    return found
