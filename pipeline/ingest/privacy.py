"""Personal data in a deposit: counted and reported per column, never shown and, unless declared, never stored."""

from __future__ import annotations

import re
from collections.abc import Iterable

import polars as pl

_PLATFORM = re.compile(
    r"(?i)^(?:"
    r"ip_?address|ip|recipient(?:email|firstname|lastname|_?name)|external(?:data)?reference|location(?:latitude|longitude|\w*)"
    r"|latitude|longitude|e_?mail(?:_?address)?|(?:first|last|full|sur|given|family)_?name|name|nombre|apellidos?"
    r"|(?:mobile|tele)?_?phone(?:_?number)?|mobile|address(?:_?line\w*)?|street|post_?code|zip(?:_?code)?"
    r"|date_?of_?birth|dob|nhs_?(?:number|no)|national_?insurance(?:_?number)?|nino|user_?agent|device_?id"
    r")$"
)
"""Names under which survey platforms and field agencies deliver who and where a participant is."""

VALUE_PATTERNS: dict[str, str] = {
    "e-mail address": r"(?i)[a-z0-9._%+\-]+@[a-z0-9\-]+(?:\.[a-z0-9\-]+)*\.[a-z]{2,}",
    "UK phone number": r"(?:^|[^\d])(?:\+44\s?(?:\(0\)\s?)?|0044\s?|\(?0)(?:\d[\s\-()]{0,2}){9,10}(?:$|[^\d])",
    "UK postcode": r"(?i)(?:^|[^a-z0-9])(?:gir\s?0aa|[a-z]{1,2}\d[a-z\d]?\s?\d[abd-hjlnp-uw-z]{2})(?:$|[^a-z0-9])",
    "IP address": r"(?:^|[^\d.])(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:$|[^\d.])"
    r"|(?i:(?:^|[^0-9a-f:])(?:[0-9a-f]{1,4}:){7}[0-9a-f]{1,4})|(?i:\b(?:[0-9a-f]{1,4}:){1,6}:[0-9a-f]{1,4})",
}
NHS_NUMBER = "NHS number"
PLATFORM_COLUMN = "platform column"

_TEN_DIGITS = r"(?:^|[^\d])(\d{3}[ \-]?\d{3}[ \-]?\d{4})(?:$|[^\d])"


def scan(frame: pl.DataFrame) -> tuple[dict[str, str | int], ...]:
    """One entry per column and kind of personal data found: ``column``, ``kind``, ``count`` of cells.

    A column with the name of a platform's personal column counts its answered cells; text is searched for e-mail
    addresses, UK phone numbers, UK postcodes and IP addresses, and text or numbers for NHS numbers with a valid
    check digit (in numbers only where all are: one in eleven numbers of ten digits passes).
    """
    return tuple(
        {"column": column.name, "kind": kind, "count": count}
        for column in frame.iter_columns()
        for kind, count in _findings(column)
        if count
    )


def is_platform_column(name: str) -> bool:
    """Whether a column's name is one under which platforms deliver personal data."""
    return _PLATFORM.match(name.strip()) is not None


def _findings(column: pl.Series) -> Iterable[tuple[str, int]]:
    if is_platform_column(column.name):
        yield PLATFORM_COLUMN, column.len() - column.null_count()
    if column.dtype == pl.String:
        yield from _in_text(column.rename("value"))
    elif column.dtype.is_numeric():
        yield NHS_NUMBER, _nhs_numbers(column)


def _in_text(column: pl.Series) -> Iterable[tuple[str, int]]:
    distinct = column.drop_nulls().value_counts()
    for kind, pattern in VALUE_PATTERNS.items():
        yield kind, _sum(distinct.filter(pl.col("value").str.contains(pattern)))
    candidates = distinct.filter(pl.col("value").str.contains(_TEN_DIGITS))
    if candidates.height:
        digits = pl.col("value").str.extract(_TEN_DIGITS).str.replace_all(r"\D", "")
        valid = candidates.filter(digits.map_elements(is_nhs_number, return_dtype=pl.Boolean))
        yield NHS_NUMBER, _sum(valid)


def _sum(counted: pl.DataFrame) -> int:
    return int(counted["count"].sum())


def _nhs_numbers(column: pl.Series) -> int:
    """How many cells of a numeric column are NHS numbers: all of them, or none."""
    answered = column.drop_nulls()
    if not answered.len() or not answered.is_between(10**9, 10**10, closed="left").all():
        return 0
    digits = answered.cast(pl.Int64).cast(pl.String)
    return answered.len() if digits.map_elements(is_nhs_number, return_dtype=pl.Boolean).all() else 0


def is_nhs_number(digits: str) -> bool:
    """Whether ten digits end in the check digit of an NHS number (modulus 11; NHS Data Dictionary)."""
    weighted = sum(int(digit) * weight for digit, weight in zip(digits, range(10, 1, -1), strict=False))
    check = (11 - weighted % 11) % 11
    return len(digits) == 10 and check == int(digits[9]) and len(set(digits)) > 1
