"""What published numbers say together: an interval for each population, sums, and populations inside others.

One variable per population. Everything a reader can know without the data is in here: whatever is printed, to the
places that it is printed with, in every table, figure and sentence of this release and the earlier ones.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from pipeline.papers.disclosure.frame import dimensions
from pipeline.papers.disclosure.populations import CATEGORY, OR, Population, parts, population, split_bands

REPEATED = frozenset({"wave"})
"""Dimensions in which one person may be counted several times: numbers of people do not add up over them."""
YES = "yes"
SLACK = 1e-6


@dataclass(frozen=True)
class Row:
    """``low <= sum of coefficient times population <= high``."""

    terms: tuple[tuple[Population, float], ...]
    low: float
    high: float


@dataclass
class System:
    """``low``, ``high``: what is printed of each population. ``suppressed``: where cells stand that are not printed.

    ``rests``: what is left of a population when the parts that are printed are taken away, and where it would show.
    """

    low: dict[Population, float] = field(default_factory=dict)
    high: dict[Population, float] = field(default_factory=dict)
    rows: list[Row] = field(default_factory=list)
    suppressed: dict[Population, str] = field(default_factory=dict)
    rests: dict[Population, str] = field(default_factory=dict)
    places: dict[Population, str] = field(default_factory=dict)

    def know(self, of: Population, low: float, high: float, place: str) -> None:
        """A printed number: what was known of its population is narrowed."""
        self.add(of)
        self.low[of] = max(self.low[of], low)
        self.high[of] = min(self.high[of], high)
        self.places.setdefault(of, place)

    def add(self, of: Population) -> None:
        self.low.setdefault(of, 0.0)
        self.high.setdefault(of, math.inf)

    def is_printed(self, of: Population) -> bool:
        return of in self.places

    @property
    def contradictory(self) -> list[Population]:
        """Populations of which two numbers are printed that cannot both be true."""
        return [of for of in self.low if self.low[of] > self.high[of] + SLACK]


def system_of(cells: pl.DataFrame, presume: bool = True) -> System:
    """The system of normalised ``cells``.

    ``presume``: that the categories which a table lists, with those that it suppresses, make up the whole, where the
    numbers do not show otherwise. It is what a reader would suppose, and may be wrong.
    """
    found = System()
    names = dimensions(cells)
    rows = list(_recut(cells, names).iter_rows(named=True))
    tables: dict[str, dict[Population, None]] = {}
    for row in rows:
        for of in _enter(row, names, found):
            tables.setdefault(row["table"] or "", {})[of] = None
    for table, of_table in tables.items():
        _sums(list(of_table), found, table, presume)
    _unions(found)
    _nested(found)
    return found


def _recut(cells: pl.DataFrame, names: Sequence[str]) -> pl.DataFrame:
    """Bands of numbers that two tables cut differently, as the bands that both are made of."""
    changes = {name: split_bands(cells[name].drop_nulls()) for name in names}
    return cells.with_columns(pl.col(name).replace(known) for name, known in changes.items() if known)


def _enter(row: Mapping[str, Any], names: Sequence[str], found: System) -> Iterator[Population]:
    """The populations of one cell, with what it says of them."""
    of, place = population(row, names), row["place"]
    if row["statistic"] == "share":
        part = of.having(CATEGORY, row[CATEGORY] or YES)
        _number_of(of, row, found)
        yield of
        if not row["weighted"]:
            _share(part, of, row, found)
            yield part
        return
    if row["statistic"] == "count" and row["value"] is None:
        found.add(of)
        found.suppressed.setdefault(of, place)
    else:
        _number_of(of, row, found)
    yield of


def _number_of(of: Population, row: Mapping[str, Any], found: System) -> None:
    """The number of people that a cell is about, where it is printed or could be."""
    if row["n"] is None or row["value"] is None:
        found.add(of)
        return
    base, n = row["n_rounding"], row["n"]
    half = base / 2 if base > 1 else 0.0
    shown = base * math.floor(n / base + 0.5) if half else n  # a reader sees the multiple, not the number itself
    low, high = (shown - half, shown + half) if half else (math.floor(n), math.ceil(n))
    found.know(of, max(math.ceil(low), 0), math.floor(high), row["place"])


def _share(part: Population, of: Population, row: Mapping[str, Any], found: System) -> None:
    """A printed share ties the number in the category to that of all, to the places that it is printed with."""
    found.add(part)
    if row["value"] is None:
        found.suppressed.setdefault(part, row["place"])
        return
    half = row["rounding"] / 2
    found.places.setdefault(part, row["place"])
    found.rows.append(Row(((part, 1.0), (of, -(row["value"] - half))), 0.0, math.inf))
    found.rows.append(Row(((part, 1.0), (of, -(row["value"] + half))), -math.inf, 0.0))


def _sums(of_table: Sequence[Population], found: System, table: str, presume: bool) -> None:
    """The parts of each population that one table sets side by side, against the whole."""
    groups = parts_of(of_table)
    shown = list(_completeness(groups, found))
    for (whole, name), chosen in groups.items():
        found.add(whole)
        values = frozenset(dict(part.where)[name] for part in chosen)
        terms = [(whole, 1.0), *((part, -1.0) for part in chosen)]
        if not _is_exhaustive(name, values, shown, presume and any(part in found.suppressed for part in chosen)):
            rest = whole.having(name, f"none of {', '.join(sorted(values))}")
            found.add(rest)
            found.rests[rest] = f"{table or 'the numbers printed'}: {name}"
            terms.append((rest, -1.0))
        found.rows.append(Row(tuple(terms), 0.0, 0.0))


def parts_of(of_table: Iterable[Population]) -> dict[tuple[Population, str], list[Population]]:
    """Whole and dimension → its parts that do not overlap, where there are several."""
    groups: dict[tuple[Population, str], dict[str, Population]] = {}
    for of in of_table:
        for dimension, value in of.where:
            if dimension != "outcome" and not (dimension in REPEATED and of.unit == "people"):
                groups.setdefault((of.without(dimension), dimension), {})[value] = of
    chosen = {key: _disjoint(members) for key, members in groups.items()}
    return {key: members for key, members in chosen.items() if len(members) > 1}


Shown = tuple[str, frozenset[str], bool]
"""A dimension, values of it, and whether somewhere these are seen to make up the whole, or seen not to."""


def _completeness(groups: Mapping[tuple[Population, str], list[Population]], found: System) -> Iterator[Shown]:
    """What the sums say that are printed with all their parts."""
    for (whole, name), chosen in groups.items():
        if all(math.isfinite(found.high.get(of, math.inf)) for of in (whole, *chosen)):
            values = frozenset(dict(part.where)[name] for part in chosen)
            yield name, values, found.low[whole] - sum(found.high[part] for part in chosen) <= SLACK


def _is_exhaustive(name: str, values: frozenset[str], shown: Sequence[Shown], otherwise: bool) -> bool:
    """Whether these values of a dimension make up the whole, as other sums show or else as is supposed."""
    own = [(others, whole) for dimension, others, whole in shown if dimension == name]
    if any(not whole and values <= others for others, whole in own):
        return False
    return otherwise or any(whole and others <= values for others, whole in own)


def _disjoint(members: Mapping[str, Population]) -> list[Population]:
    """The members that do not overlap: a value that stands for others which are there is left out."""
    single = {value for value in members if OR not in value}
    wide = [value for value in members if OR in value and not set(parts(value)) & single]
    kept = [*single, *wide]
    seen: set[str] = set()
    for value in wide:
        if seen & set(parts(value)):
            return []
        seen |= set(parts(value))
    return [members[value] for value in members if value in kept]


def _unions(found: System) -> None:
    """A value that stands for several is the sum of them."""
    for of in list(found.low):
        for dimension, value in of.where:
            if OR in value and not (dimension in REPEATED and of.unit == "people"):
                members = [of.having(dimension, part) for part in parts(value)]
                for member in members:
                    found.add(member)
                found.rows.append(Row(((of, 1.0), *((member, -1.0) for member in members)), 0.0, 0.0))


def _nested(found: System) -> None:
    """Nobody is in a part who is not in the whole."""
    for of in list(found.low):
        for whole in of.wider:
            if whole in found.low:
                found.rows.append(Row(((whole, 1.0), (of, -1.0)), 0.0, math.inf))
