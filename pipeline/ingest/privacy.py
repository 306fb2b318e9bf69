"""Personal data in a deposit: counted and reported per column, never shown and, unless declared, never stored."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

import polars as pl

from pipeline.options import known_options

_PLATFORM = re.compile(
    r"^(?:"
    r"ip|ipaddress|macaddress|recipient(?:email|firstname|lastname|name)|external(?:data)?reference"
    r"|location(?:latitude|longitude|accuracy)?|latitude|longitude|useragent|deviceid|prolificp?id"
    r"|(?:home|work|contact|participant|respondent|your)?(?:"
    r"e?mail(?:address)?|(?:first|last|full|sur|given|family|middle|fore)?names?|nombre|apellidos?"
    r"|(?:mobile|tele)?phone(?:no|number)?|mobile(?:no|number)?|address(?:line\w*)?|street|postcode|zip(?:code)?"
    r"|dateofbirth|birthdate|dob"
    r")|postcodehome|nhs(?:number|no)|nationalinsurance(?:number|no)?|nino"
    r")$"
)
"""Names under which survey platforms and field agencies deliver who and where a participant is, without marks."""

_BYTE = r"(?:25[0-5]|2[0-4]\d|[01]?\d?\d)"
_IPV4 = rf"(?:{_BYTE}\.){{3}}{_BYTE}"
VALUE_PATTERNS: dict[str, str] = {
    "e-mail address": r"(?i)[\w.%+'\-]+\s?(?:@|[(\[]\s?at\s?[)\]])\s?[\w\-]+(?:\.[\w\-]+)*\s?\.\s?[a-z]{2,}",
    "UK phone number": r"(?:^|[^\d.,])"
    r"(?:\(?\+\s?44\)?[\s\-]?(?:\(0\)\s?)?|\(?0044\)?[\s\-]?|44\s?(?:7)|\(?0)[1-9][\s\-()]{0,2}"
    r"(?:\d[\s\-()]{0,2}){7,9}(?:$|[^\d])|(?:^|[^\d.])0[1-9]\d{1,3}(?:[./]\d{3,4}){2}(?:$|[^\d./])",
    "UK postcode": r"(?i)(?:^|[^a-z0-9])(?:gir[\s\-]{0,2}0aa|bfpo\s?\d{1,4}"
    r"|[a-z]{1,2}\d[a-z\d]?[\s\-]{0,2}\d[abd-hjlnp-uw-z]{2})(?:$|[^a-z0-9])",
    "IP address": rf"(?:^|[^\d.]){_IPV4}(?:$|[^\d.]|\.(?:$|\s))"
    r"|(?i:(?:^|[^0-9a-f:])(?:[23][0-9a-f]{3}|f[cd][0-9a-f]{2}|fe[89ab][0-9a-f])"
    r"(?::[0-9a-f]{1,4}){0,6}::(?:[0-9a-f]{1,4}(?::[0-9a-f]{1,4}){0,5})?(?:$|[^0-9a-f:]))"
    r"|(?i:(?:^|[^0-9a-f:])(?:[0-9a-f]{1,4}:){7}[0-9a-f]{1,4}(?:$|[^0-9a-f:]))",
}
"""Kind → what it looks like, once signs are plain (see ``_plain``). Of IPv6 addresses in short form those that lead to
somebody: public, private and local to a network."""

NHS_NUMBER = "NHS number"
PLATFORM_COLUMN = "platform column"

PERSONAL = "personal data"
"""What stands in place of a text that looks personal, in a column that may pass."""

_MAY_BE_PERSONAL = (pl.col("value").str.len_chars() >= 5) & pl.col("value").str.contains(r"[\d@:]|[(\[]\s?(?i:at)")
"""No text without these signs, or shorter, fits a pattern above or holds an NHS number: most texts end here."""
_TEN_DIGITS = r"(?:^|[^\d.,])(\d{3}[ .\-]?\d{3}[ .\-]?\d{4})(?:$|[^\d])"
_MOBILES = ((7_100_000_000, 8_000_000_000), (447_100_000_000, 448_000_000_000))
_PATTERNS = tuple(VALUE_PATTERNS.values())
_DIGITS = {chr(code): str(unicodedata.digit(chr(code))) for code in range(128, 0x1FBFA) if chr(code).isdecimal()}
_DASHES = dict.fromkeys("‐‑‒–—―−﹘﹣－", "-")


@known_options
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
    return _PLATFORM.match(re.sub(r"[\W_]", "", name).lower()) is not None


def without_personal_data(column: pl.Series) -> pl.Series:
    """The column with ``PERSONAL`` in place of each text that looks personal; numbers are left as they are."""
    if column.dtype != pl.String:
        return column
    distinct = column.drop_nulls().unique()
    plain = _plain(distinct)
    may_be = plain.to_frame("value").select(_MAY_BE_PERSONAL).to_series()
    if not may_be.any():
        return column
    distinct, plain = distinct.filter(may_be), plain.filter(may_be)
    looks = plain.to_frame("text").select(pl.any_horizontal(pl.col("text").str.contains(p) for p in _PATTERNS))
    personal = distinct.filter(looks.to_series() | _holds_nhs_number(plain))
    return column.set(column.is_in(personal.implode()).fill_null(False), PERSONAL) if personal.len() else column


def _findings(column: pl.Series) -> Iterable[tuple[str, int]]:
    if is_platform_column(column.name):
        yield PLATFORM_COLUMN, column.len() - column.null_count()
    if column.dtype == pl.String:
        yield from _in_text(column.rename("value"))
    elif column.dtype.is_numeric() and _may_be_numbers_of_people(column):
        yield NHS_NUMBER, _nhs_numbers(column)
        yield "UK phone number", _mobiles(column)


def _in_text(column: pl.Series) -> Iterable[tuple[str, int]]:
    distinct = column.drop_nulls().value_counts()
    distinct = distinct.with_columns(_plain(distinct["value"])).filter(_MAY_BE_PERSONAL)
    if not distinct.height:
        return
    value, count = pl.col("value"), pl.col("count")
    found = distinct.select(
        count.filter(value.str.contains(pattern)).sum().alias(kind) for kind, pattern in VALUE_PATTERNS.items()
    )
    yield from found.row(0, named=True).items()
    yield NHS_NUMBER, int(distinct["count"].filter(_holds_nhs_number(distinct["value"])).sum())


def _plain(texts: pl.Series) -> pl.Series:
    """Digits of every script as 0 to 9, dashes as hyphens, wide and unbreakable signs as usual ones."""
    if not texts.str.contains(r"[^\x00-\x7F]").any():
        return texts
    return texts.str.normalize("NFKC").str.replace_many({**_DIGITS, **_DASHES})


def _holds_nhs_number(texts: pl.Series) -> pl.Series:
    digits = texts.str.extract(_TEN_DIGITS).str.replace_all(r"\D", "")
    return digits.map_elements(is_nhs_number, return_dtype=pl.Boolean).fill_null(False)


def _may_be_numbers_of_people(column: pl.Series) -> bool:
    """Whether no number of the column is shorter than ten digits, as those of people are not."""
    return not (column < 10**9).any()


def _nhs_numbers(column: pl.Series) -> int:
    """How many cells of a numeric column are NHS numbers: all of them, or none."""
    answered = column.drop_nulls()
    if not answered.len() or not answered.is_between(10**9, 10**10, closed="left").all():
        return 0
    digits = answered.cast(pl.Int64).cast(pl.String)
    return answered.len() if digits.map_elements(is_nhs_number, return_dtype=pl.Boolean).all() else 0


def _mobiles(column: pl.Series) -> int:
    """How many cells of a numeric column are UK mobile numbers that lost their zero: all of them, or none."""
    answered = column.drop_nulls()
    found = any(answered.is_between(low, high, closed="left").all() for low, high in _MOBILES)
    return answered.len() if found else 0


def is_nhs_number(digits: str) -> bool:
    """Whether ten digits end in the check digit of an NHS number (modulus 11; NHS Data Dictionary)."""
    weighted = sum(int(digit) * weight for digit, weight in zip(digits, range(10, 1, -1), strict=False))
    check = (11 - weighted % 11) % 11
    return len(digits) == 10 and check == int(digits[9]) and len(set(digits)) > 1
