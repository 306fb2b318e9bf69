"""Dates written as text or numbers: the one reader of them, for drafts and builds alike.

Without a declared format dates are ISO 8601: ``2020-05-31``, or a date-time such as ``2020-05-31T11:26:30Z``, of which
the day is taken as it is written. With one, by that format and no other.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection
from dataclasses import dataclass

import polars as pl

from pipeline.errors import DepositError
from pipeline.ingest.formats.numbers import code_texts

NOT_AS_DECLARED = "not a date in the declared format"
OUTSIDE_FIELDWORK = "a date outside the fieldwork"

ISO = "%Y-%m-%d"
ISO_FORM = r"^(\d{4}-\d{2}-\d{2})(?:[T ]\d{2}:?\d{2}(?::?\d{2}(?:[.,]\d+)?)?\s?(?:Z|[+-]\d{2}(?::?\d{2})?)?)?$"
"""A date, or a date-time with or without a zone; the group is its day."""

USUAL = ("%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%d-%m-%Y", "%m-%d-%Y", "%Y/%m/%d", "%Y%m%d", "%d %b %Y", "%d-%b-%Y",
         "%d %B %Y", "%d%b%Y", "%d/%m/%y", "%m/%d/%y", "%d/%m/%Y %H:%M", "%m/%d/%Y %H:%M", "%d.%m.%Y %H:%M",
         "%d/%m/%Y %H:%M:%S", "%m/%d/%Y %H:%M:%S", "%d.%m.%Y %H:%M:%S")  # fmt: skip
"""Formats that a draft tries. What it finds is proposed; a build reads by what is declared alone."""

MOST = 0.9
"""The share of the answered cells that a format must read to be the column's."""

_EXCEL_EPOCH = dt.date(1899, 12, 30)
_DAYS_TO_1904 = 1_462
_SERIALS = (20_000.0, 80_000.0)  # 1954 to 2119
_TIME = re.compile(r"%[HIMSTRfpzXc]")
_DAY_AND_MONTH = re.compile(r"%d.*%m|%m.*%d")


@dataclass(frozen=True)
class Dates:
    """One column as dates: ``dates`` and, where a cell is none, ``reasons``; one of both per answered cell.

    ``ambiguous`` counts the dates that would be others with day and month changed places. Where ``is_proven``, some
    other date of the column can only be read as declared, or the format names months or begins with the year.
    """

    dates: pl.Series
    reasons: pl.Series
    ambiguous: int
    is_proven: bool = True


def read_dates(
    column: pl.Series, format: str | None = None, *, fieldwork: tuple[dt.date, dt.date] | None = None
) -> Dates:
    """The dates of a column; text is read by ``format`` (such as ``%d/%m/%Y``; None: ISO), real dates as they are.

    A cell that is no such date, or lies outside ``fieldwork``, is null with a reason. Raises ``DepositError`` if the
    column holds the day numbers of a spreadsheet: their calendar would have to be guessed.
    """
    refuse_serial_numbers(column)
    dates = column.cast(pl.Date) if column.dtype.is_temporal() else _parsed(_texts(column), format)
    reasons = pl.Series("reason", [None] * len(column), dtype=pl.String)
    reasons = reasons.set(dates.is_null() & column.is_not_null(), NOT_AS_DECLARED)
    ambiguous, is_proven = _ambiguous(column, dates, format)
    if fieldwork is not None:
        within = dates.is_between(*fieldwork)
        reasons = reasons.set((~within).fill_null(False), OUTSIDE_FIELDWORK)
        dates = dates.set((~within).fill_null(False), None)
    return Dates(dates.rename(column.name), reasons, ambiguous, is_proven)


def found_format(column: pl.Series, missing: Collection[str] = ()) -> tuple[str | None, Dates] | None:
    """How the dates of a column that nobody declared are written (None: ISO, or real dates), and the dates.

    None if nine in ten of the answered cells are no dates in any usual format, or if two formats read the same cells
    as other dates: nobody could tell the two apart. Cells that are ``missing`` codes are no dates.
    """
    answered = without_codes(column, missing)
    try:
        for known in (None, *USUAL):
            made = read_dates(answered, known)
            if made.dates.count() and made.dates.count() >= MOST * answered.count():
                return (known, made) if made.is_proven or not made.ambiguous else None
    except DepositError:
        return None
    return None


def without_codes(column: pl.Series, missing: Collection[str]) -> pl.Series:
    """The column with null for the declared missing codes, which stand among dates as text or as numbers."""
    if column.dtype.is_temporal() or not missing:
        return column
    return column.set(_texts(column).is_in(list(missing)).fill_null(False), None)


def _texts(column: pl.Series) -> pl.Series:
    texts = code_texts(column) if column.dtype.is_numeric() else column.cast(pl.String)
    return texts.str.strip_chars()


def _parsed(texts: pl.Series, format: str | None) -> pl.Series:
    if format is None or format == ISO:
        return texts.str.extract(ISO_FORM).str.to_date(ISO, strict=False, exact=True)
    if _TIME.search(format):
        return texts.str.to_datetime(format, strict=False, exact=True).dt.date()
    return texts.str.to_date(format, strict=False, exact=True)


def _ambiguous(column: pl.Series, dates: pl.Series, format: str | None) -> tuple[int, bool]:
    """How many dates would be others with day and month exchanged; and whether the order is certain all the same."""
    if column.dtype.is_temporal() or format is None or format.startswith("%Y") or not _DAY_AND_MONTH.search(format):
        return 0, True
    day, month = dates.dt.day(), dates.dt.month()
    exchanged = format.replace("%d", "%%").replace("%m", "%d").replace("%%", "%m")
    misread = column.set(dates.is_not_null(), None)
    only_exchanged = _parsed(_texts(misread), exchanged).is_not_null().any()
    return int(((day <= 12) & (day != month)).sum()), bool((day > 12).any()) and not only_exchanged


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
