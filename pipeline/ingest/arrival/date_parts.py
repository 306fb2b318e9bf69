"""Interview dates in columns of their own for year, month and day, as household panels deposit them."""

from __future__ import annotations

import calendar
import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import takewhile

import polars as pl

from pipeline.ingest.formats.deposit import Deposit
from pipeline.ingest.formats.numbers import answer_codes

_NAMED = re.compile(r"(?P<stem>\w+?)_?(?P<part>y|yr|yyyy|year|m|mm|mon|month|d|dd|day)")
_OF_INTERVIEWS = re.compile(r"(^|_)(i|int|interview)_?\w*dat(e?)_?$")
_LABELLED = re.compile(r"(?=.*\binterview)(?=.*\bdate\b).*\b(?P<part>year|month|day)\b", re.IGNORECASE)
_OF_BIRTH = re.compile(r"birth|dob|born", re.IGNORECASE)
RANGES = {"y": (1900, 2100), "m": (1, 12), "d": (1, 31)}
"""The values that a year, a month and a day have; others are no answers."""


@dataclass(frozen=True)
class Parts:
    """The columns of year, month and day, as far as there are any; the first and the last day that they allow."""

    columns: tuple[str, ...]
    first: dt.date
    last: dt.date

    @property
    def are_days(self) -> bool:
        return len(self.columns) == len(RANGES)


def date_parts(deposit: Deposit) -> Parts | None:
    """When interviews were, by the first column that says their year, with those of month and day of the same stem."""
    columns = _columns(deposit)
    if not columns:
        return None
    values = deposit.frame.select(
        pl.Series(part, answer_codes(deposit.frame[column]).cast(pl.Float64, strict=False))
        for part, column in columns.items()
    )
    inside = [pl.col(part).is_between(*RANGES[part]) for part in values.columns]
    rows = values.filter(inside).unique().sort(values.columns).cast(pl.Int64).rows()
    days = [day for row in rows if (day := _day(row)) is not None]
    return Parts(tuple(columns.values()), days[0][0], days[-1][1]) if days else None


def _columns(deposit: Deposit) -> dict[str, str]:
    """Part → column of the first stem that has a year: a month without one, and a day without a month, say nothing."""
    found = {(stem, part): column for column, stem, part in _parts(deposit)}
    stem = next((stem for stem, part in found if part == "y"), "")
    return {part: found[stem, part] for part in takewhile(lambda part: (stem, part) in found, RANGES)}


def _parts(deposit: Deposit) -> Iterator[tuple[str, str, str]]:
    """Column, what its name has in common with the others of the date, and which part it says: y, m or d."""
    for column in deposit.frame.columns:
        label = deposit.labels.get(column, "")
        named = _NAMED.fullmatch(column.lower())
        labelled = _LABELLED.search(label)
        if named is None or _OF_BIRTH.search(f"{column} {label}"):
            continue
        if labelled is not None or _OF_INTERVIEWS.search(named["stem"]):
            part = (labelled["part"] if labelled is not None else named["part"])[0].lower()
            yield column, named["stem"], part


def _day(row: tuple[int, ...]) -> tuple[dt.date, dt.date] | None:
    """The first and the last day of a year, a month or a day; None for a day that there is not."""
    year, month, day = (*row, 0, 0)[:3]
    try:
        first = dt.date(year, month or 1, day or 1)
    except ValueError:
        return None
    end = month or 12
    return first, first if day else dt.date(year, end, calendar.monthrange(year, end)[1])
