"""Dates of SPSS and Stata, which are numbers with a format, as dates. What is no date stays as the code it is."""

from __future__ import annotations

import re
from typing import Literal

import polars as pl

from pipeline.ingest.formats.numbers import code_texts

Kind = Literal["spss", "stata_day", "stata_time"]

_SPSS = re.compile(r"^(DATE|ADATE|EDATE|JDATE|SDATE|MOYR|QYR|WKYR|DATETIME|YMDHMS)\d")
_STATA_DAY = re.compile(r"^%-?t?d")
_STATA_TIME = re.compile(r"^%-?t[cC]")
_FROM_1582 = 141_428  # days from 14 October 1582, where SPSS starts to count, to 1 January 1970
_FROM_1960 = -3_653
_EARLIEST = -135_140  # 1 January 1600: before it a "date" is a code, such as -99
_LATEST = 2_932_897  # 1 January 10000
_DAY = 86_400


def kind_of_spss_date(variable_format: str) -> Kind | None:
    """Whether the format of an SPSS variable makes it a date or a time."""
    return "spss" if _SPSS.match(variable_format) else None


def kind_of_stata_date(variable_format: str) -> Kind | None:
    """Whether the format of a Stata variable makes it a date or a time."""
    if _STATA_TIME.match(variable_format):
        return "stata_time"
    return "stata_day" if _STATA_DAY.match(variable_format) else None


def as_dates(numbers: pl.Series, kind: Kind, marked: pl.Series | None = None) -> pl.Series:
    """Dates as ``Date``; as ``Datetime`` where any value has a time of day.

    Where a value is no date between 1600 and 9999 (a missing-value code, a damaged number), or is ``marked`` as
    missing by the file, the column is text: ISO dates among the codes as they are.
    """
    days = _days_since_1970(numbers, kind)
    is_date = days.is_between(_EARLIEST, _LATEST, closed="left")
    if marked is not None:
        is_date = is_date & ~marked
    if not is_date.all():
        dates = _dates(days.set(~is_date.fill_null(False), None)).cast(pl.String)
        return dates.fill_null(code_texts(numbers)).rename(numbers.name)
    return _dates(days).rename(numbers.name)


def _days_since_1970(numbers: pl.Series, kind: Kind) -> pl.Series:
    match kind:
        case "spss":
            return numbers / _DAY - _FROM_1582
        case "stata_time":
            return numbers / (_DAY * 1000) + _FROM_1960
        case "stata_day":
            return numbers + _FROM_1960


def _dates(days: pl.Series) -> pl.Series:
    if (days == days.floor()).all():
        return days.cast(pl.Int32).cast(pl.Date)
    milliseconds = (days * (_DAY * 1000)).round().cast(pl.Int64)
    return (milliseconds * 1000).cast(pl.Datetime("us"))
