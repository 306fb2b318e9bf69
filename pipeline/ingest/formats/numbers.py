"""How numbers are written as codes, and when text in a file is a number."""

from __future__ import annotations

import re
from dataclasses import dataclass

import polars as pl

LARGEST_EXACT = 2**53
"""Above this a floating-point number no longer holds every integer."""

NUMBER = r"^-?(?:(?:0|[1-9]\d{0,14})(?:\.\d+)?|\.\d+)(?:e[+-]\d{2,3})?$"
"""A cell is a number if nothing is lost by reading it as one: no leading zeros (007 is a label), no ``1E5`` as
spreadsheets write into ids, no plus sign, at most 15 digits before the point. ``1e+05`` is how R writes a number."""


def code_text(value: float | int | str) -> str:
    """The text of an answer code, the same from every format: ``1.0``, ``1`` → ``"1"``; ``2.5`` → ``"2.5"``."""
    if isinstance(value, str):
        return value
    if float(value).is_integer() and abs(value) < LARGEST_EXACT:
        return str(int(value))
    return repr(float(value))


def code_texts(numbers: pl.Series) -> pl.Series:
    """``code_text`` of a numeric column, nulls kept."""
    if numbers.dtype.is_integer():
        return _each_text(numbers) if _holds_inexact(numbers) else numbers.cast(pl.String)
    is_whole = numbers.to_frame().select(_is_whole(pl.col(numbers.name))).to_series()
    whole = numbers.set(~is_whole, None).cast(pl.Int64).cast(pl.String)
    return whole if is_whole.all() else whole.fill_null(_each_text(numbers.set(is_whole, None)))


def _is_whole(number: pl.Expr) -> pl.Expr:
    return (number == number.floor()) & (number.abs() < LARGEST_EXACT)


def _holds_inexact(integers: pl.Series) -> bool:
    extremes = (integers.min(), integers.max())
    return any(value is not None and abs(int(value)) >= LARGEST_EXACT for value in extremes)  # type: ignore[arg-type]


def _each_text(numbers: pl.Series) -> pl.Series:
    """The same value by value: for the few columns of fractions, and numbers that are not exact."""
    distinct = numbers.unique().drop_nulls()
    texts = pl.Series([code_text(value) for value in distinct], dtype=pl.String)
    return numbers.replace_strict(distinct, texts, default=None, return_dtype=pl.String).rename(numbers.name)


def numbers_among(texts: pl.Series) -> pl.Series:
    """Texts of which those that are numbers are written as codes: next to a remark ``4.0`` is still the code ``4``."""
    distinct = texts.unique().drop_nulls()
    numbers = distinct.filter(distinct.str.contains(NUMBER))
    codes = code_texts(numbers.cast(pl.Float64))
    differs = codes != numbers
    return texts.replace(numbers.filter(differs), codes.filter(differs)) if differs.any() else texts


@dataclass(frozen=True)
class Written:
    """How a text file writes numbers: the mark before the decimals, and the mark between thousands, if any."""

    decimal: str = "."
    thousands: str | None = None

    def as_usual(self, texts: pl.Series) -> pl.Series:
        """Texts with numbers as programs write them, ``1234.5``; a number written otherwise becomes none."""
        if self.thousands is not None:
            mark = r"[ \x{a0}\x{202f}\x{2009}]" if self.thousands == " " else re.escape(self.thousands)
            grouped = rf"^-?\d{{1,3}}(?:{mark}\d{{3}})+(?:{re.escape(self.decimal)}\d+)?$"
            whole = texts.str.replace_all(mark, "")
            texts = pl.select(pl.when(texts.str.contains(grouped)).then(whole).otherwise(texts)).to_series()
        if self.decimal == ".":
            return texts
        return texts.str.replace_all(".", "x", literal=True).str.replace_all(self.decimal, ".", literal=True)


USUAL = Written()


def numbers_where_all_are(
    frame: pl.DataFrame, *, written: Written = USUAL, keep_text: tuple[str, ...] = ()
) -> pl.DataFrame:
    """Text columns of which every answered cell is a number, as Float64; all others, and ``keep_text``, as they are.

    The rule looks at the whole column and at nothing else, so the same file always gives the same types. An empty
    cell is null; a column without any answer stays text. In a column of numbers and words without any digit (``NA``)
    the numbers are written as usual, the words as they are.
    """
    texts = [name for name, dtype in frame.schema.items() if dtype == pl.String and name not in keep_text]
    if written != USUAL or not texts:
        return frame.with_columns(_numbers(frame[name], written) for name in texts)
    is_number = pl.col(texts).unique().drop_nulls().str.contains(NUMBER).all() & pl.col(texts).is_not_null().any()
    numbers = [name for name, every in frame.select(is_number).row(0, named=True).items() if every]
    return frame.with_columns(pl.col(numbers).cast(pl.Float64)) if numbers else frame


def all_numbers(column: pl.Series, written: Written = USUAL) -> bool:
    """Whether every answered cell of a text column is a number, written so."""
    distinct = column.unique().drop_nulls()
    return distinct.len() > 0 and bool(written.as_usual(distinct).str.contains(NUMBER).all())


def _numbers(column: pl.Series, written: Written) -> pl.Series:
    distinct = column.unique().drop_nulls()
    usual = written.as_usual(distinct)
    is_number = usual.str.contains(NUMBER)
    if distinct.len() and is_number.all():
        return written.as_usual(column).cast(pl.Float64).rename(column.name)
    if written == USUAL or not is_number.any() or distinct.filter(~is_number).str.contains(r"\d").any():
        return column
    return column.replace(distinct.filter(is_number), usual.filter(is_number))


def answer_codes(values: pl.Series) -> pl.Series:
    """Codes as text, the same for every file format: whole numbers without a point, others in shortest form."""
    if values.dtype.is_numeric():
        return code_texts(values)
    if values.dtype == pl.String:
        stripped = values.str.strip_chars()
        return numbers_among(stripped.set(stripped == "", None))
    return values.cast(pl.String)


def codes_of_columns(frame: pl.DataFrame) -> pl.DataFrame:
    """``answer_codes`` of every column; those of whole numbers, which most are, all at once."""
    floats = [name for name, dtype in frame.schema.items() if dtype.is_float()]
    is_whole = frame.select(_is_whole(pl.col(name)).all() for name in floats).row(0, named=True) if floats else {}
    return frame.select(
        pl.col(name).cast(pl.Int64).cast(pl.String) if is_whole.get(name) else answer_codes(frame[name])
        for name in frame.columns
    )
