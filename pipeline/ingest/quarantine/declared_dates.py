"""Dates written as text or numbers, by the declared format and no other."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import polars as pl

from pipeline.errors import DepositError

NOT_AS_DECLARED = "not a date in the declared format"
OUTSIDE_FIELDWORK = "a date outside the fieldwork"

_EXCEL_EPOCH = dt.date(1899, 12, 30)
_DAYS_TO_1904 = 1_462
_SERIALS = (20_000.0, 80_000.0)  # 1954 to 2119


@dataclass(frozen=True)
class Dates:
    """One column as dates: ``dates`` and, where a cell is none, ``reasons``; one of both per answered cell.

    ``ambiguous`` counts the dates that would be others with day and month changed places: if the declared format
    were wrong, nobody could see it in these.
    """

    dates: pl.Series
    reasons: pl.Series
    ambiguous: int


def read_dates(column: pl.Series, format: str, *, fieldwork: tuple[dt.date, dt.date] | None = None) -> Dates:
    """The dates of a column; text is read by ``format`` (such as ``%d/%m/%Y``), real dates as they are.

    A cell that is no such date, or lies outside ``fieldwork``, is null with a reason. Raises ``DepositError`` if the
    column holds the day numbers of a spreadsheet: their calendar would have to be guessed.
    """
    refuse_serial_numbers(column)
    if column.dtype == pl.String:
        dates = column.str.strip_chars().str.to_date(format, strict=False, exact=True)
    else:
        dates = column.cast(pl.Date, strict=False)
    reasons = pl.Series("reason", [None] * len(column), dtype=pl.String)
    reasons = reasons.set(dates.is_null() & column.is_not_null(), NOT_AS_DECLARED)
    if fieldwork is not None:
        within = dates.is_between(*fieldwork)
        reasons = reasons.set((~within).fill_null(False), OUTSIDE_FIELDWORK)
        dates = dates.set((~within).fill_null(False), None)
    return Dates(dates.rename(column.name), reasons, _ambiguous(column, dates))


def _ambiguous(column: pl.Series, dates: pl.Series) -> int:
    if column.dtype != pl.String:
        return 0
    day, month = dates.dt.day(), dates.dt.month()
    return int(((day <= 12) & (day != month)).sum())


def refuse_serial_numbers(column: pl.Series) -> None:
    """Raise ``DepositError`` if every answered cell is a whole number such as 43831, as spreadsheets count days."""
    numbers = column if column.dtype.is_numeric() else None
    if column.dtype == pl.String and column.drop_nulls().str.contains(r"^\d{5}(\.0+)?$").all():
        numbers = column.cast(pl.Float64)
    answered = numbers.drop_nulls() if numbers is not None else pl.Series(dtype=pl.Float64)
    if not answered.len() or not answered.is_between(*_SERIALS).all():
        return
    first = _EXCEL_EPOCH + dt.timedelta(days=int(answered.min()))  # type: ignore[arg-type]
    year, other = first.year, (first + dt.timedelta(days=_DAYS_TO_1904)).year
    raise DepositError(
        f"holds day numbers of a spreadsheet (such as 43831), not dates; the earliest would be in {year}, "
        f"or in {other} if the workbook counts from 1904",
        where=f"column {column.name}",
        count=answered.len(),
        todo="Ask for the file with dates written as 2020-01-31, or for the workbook itself.",
    )
