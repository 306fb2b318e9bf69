"""Rows that are no participants although they have an id: notes and totals of a table, test records, damaged ids."""

from __future__ import annotations

import polars as pl

from pipeline.errors import DepositError
from pipeline.ingest.formats.columns import some
from pipeline.ingest.formats.deposit import Deposit
from pipeline.ingest.formats.footers import WORD, forms
from pipeline.ingest.formats.numbers import answer_codes
from pipeline.specs.formats import FORMATS

_STATISTIC = (
    r"n|totals?|sub-?totals?|grand total|sum|summe|gesamt|insgesamt|suma|somme|mean|average|avg|median|mittelwert|"
    r"media|moyenne|std|std\.? ?dev\.?|sd|min|minimum|max|maximum|count|anzahl|base|notes?|nota|remarks?|sources?|"
    r"quelle|fuente|legend|footnote|end(?: of (?:file|data|table|report))?|eof"
)
_NOTE = rf"(?i)^[\W_]*(?:{_STATISTIC})\W*(?:$|[:=(]|\s)|^[\W_]*\d[\d,]*\s+rows?\b|^[*†‡©#]|^[-_=]{{2,}}"
"""What begins a line below a table: a statistic or a heading of notes, a count of rows, a sign of a footnote."""
_SENTENCE = r"\S+\s+\S+\s+\S+"
_TEST = (
    r"(?i)^[\W_]*(?:test|tester|testing|dummy|demo|preview|fake|asdf\w*|x{3,}|probe|prueba)"
    r"(?:[\W_]*(?:id|user|case|record|respondent|person|participant))?[\W_]*\d*[\W_]*$"
)
_EXPONENT = r"(?i)^-?\d(?:[.,]\d+)?e[+-]\d{1,3}$"
_EXCEL_DIGITS = 10**15
_ROUNDED = r"^[1-9]\d{14}\d*0$"
_FEW = 20
"""A mark that more than one id in so many bears is how ids are written in this study."""


def refuse_no_people(deposit: Deposit, column: str, pattern: str | None) -> None:
    """Raise ``DepositError`` for ids that a spreadsheet has written as rounded numbers, and for notes and totals.

    ``pattern``: what ids look like, where the study declares it; whatever fits is a participant's. Row numbers and
    counts only.
    """
    where = str(deposit.receipt["file"])
    ids = _participants(_texts(deposit, column), pattern)
    is_sheet = deposit.receipt["format"] == "xlsx" and deposit.frame[column].dtype.is_numeric()
    _refuse_rounded(ids, column, where, is_sheet=is_sheet)
    notes = _numbers(deposit, _notes(ids, _answered(deposit.frame, column)))
    if notes:
        raise _no_people(deposit, notes, where)


def footers_in(deposit: Deposit, column: str, pattern: str | None) -> int:
    """How many last rows of the file are notes and totals; 0 if there are none, or others stand among them."""
    ids = _participants(_texts(deposit, column), pattern)
    notes = _numbers(deposit, _notes(ids, _answered(deposit.frame, column)))
    return _footers(deposit, notes) if notes else 0


def test_ids(deposit: Deposit, column: str, pattern: str | None) -> list[str]:
    """In words, how many ids look like those of test records; nothing where none does."""
    ids = _texts(deposit, column)
    found = _participants(ids, pattern).str.contains(_TEST).fill_null(False)
    if not found.any() or int(found.sum()) * 2 > ids.count():
        return []
    marks = (
        "`columns: {test: " + column + "}` and under `paradata: {test: [...]}` these ids (`test*` for all of a kind)"
    )
    return [
        f"{column}: {int(found.sum()):,} ids look like those of test records (such as `TEST`), in "
        f"{_rows(_numbers(deposit, found))}; "
        f"unless it is declared, they count as people: {marks}"
    ]


def _participants(ids: pl.Series, pattern: str | None) -> pl.Series:
    """The ids without those that are as the study declares ids to be."""
    return ids if pattern is None else ids.set(ids.str.contains(f"^(?:{pattern})$").fill_null(False), None)


def _texts(deposit: Deposit, column: str) -> pl.Series:
    ids = deposit.frame[column]
    return ids.str.strip_chars() if ids.dtype == pl.String else answer_codes(ids)


def _answered(frame: pl.DataFrame, column: str) -> pl.Series:
    """The share of the other columns in which a row holds anything."""
    others = [name for name in frame.columns if name != column]
    if not others:
        return pl.repeat(0.0, frame.height, eager=True)
    return frame.select(pl.mean_horizontal(pl.col(name).is_not_null().cast(pl.Float64) for name in others)).to_series()


def _numbers(deposit: Deposit, chosen: pl.Series) -> list[int]:
    """The numbers of some rows, counted from 1 below the header."""
    numbers = pl.Series(deposit.row_numbers or range(1, deposit.frame.height + 1), dtype=pl.Int64)
    return numbers.filter(chosen).to_list()


def _rows(numbers: list[int]) -> str:
    return f"row{'s' if len(numbers) > 1 else ''} {some(numbers, 5)} below the header"


def _refuse_rounded(ids: pl.Series, column: str, where: str, *, is_sheet: bool) -> None:
    """Ids as 1.23E+05 have lost their last digits; so have those of sixteen digits in a spreadsheet."""
    exponents = int(ids.str.contains(_EXPONENT).sum())
    long = ids.filter(ids.str.len_chars() > len(str(_EXCEL_DIGITS)) - 1)
    rounded = long.str.contains(_ROUNDED).sum() if is_sheet or long.len() >= _FEW else 0
    if exponents or (rounded and rounded == long.len()):
        what = "in exponential notation (such as 1.23E+05)" if exponents else "of 16 digits or more that end in 0"
        raise DepositError(
            f"ids in `{column}` are {what}: a spreadsheet has rounded or rewritten them, and several people may "
            "share one",
            where=where,
            count=exponents or int(rounded),
            todo="Ask for the file with the ids as text.",
        )


def _notes(ids: pl.Series, answered: pl.Series) -> pl.Series:
    """Which rows are notes or totals: ids that read so, and are built as hardly any other is."""
    built = forms(ids)
    counts = built.drop_nulls().value_counts()
    is_usual = (pl.col("count") * _FEW > ids.count()) & (pl.col("count") * 3 >= pl.col("count").max())
    phrased = ids.str.contains(r"\S[\s=:(]").fill_null(False)
    odd = ~built.is_in(counts.filter(is_usual)["form"].implode()) | (
        phrased & (int(phrased.sum()) * _FEW <= len(ids) + _FEW)
    )
    has_digits = ids.str.contains(r"\d").fill_null(False)
    mostly_digits = int(has_digits.sum()) * _FEW >= ids.count() * (_FEW - 1)
    reads = ids.str.contains(_NOTE) | ids.str.contains(_SENTENCE)
    is_word = (built == WORD) & mostly_digits & (answered < 0.5) & _last(ids)
    return (odd & ~ids.str.contains(_TEST) & (reads | is_word)).fill_null(False)


def _last(ids: pl.Series) -> pl.Series:
    """Whether a row is one of the last few."""
    return pl.int_range(len(ids), eager=True) >= len(ids) - _FEW // 2


def _footers(deposit: Deposit, numbers: list[int]) -> int:
    """The rows from the first of these to the end of the file; 0 if they are not its last, or its format has none."""
    rows = int(deposit.receipt["rows"]) - min(numbers) + 1
    takes = "footer_rows" in FORMATS[str(deposit.receipt["format"])].takes
    return rows if takes and rows - len(numbers) <= min(len(numbers), 3) else 0


def _no_people(deposit: Deposit, numbers: list[int], where: str) -> DepositError:
    footers = _footers(deposit, numbers)
    already = deposit.set_aside.get("footer", 0)
    ask = "ask for the file without them"
    todo = f"declare `footer_rows: {footers}` for the file" if footers else ask
    if already and not footers:
        todo = f"correct `footer_rows`, or {ask}"
    return DepositError(
        f"notes or totals of the table stand where ids are, in {_rows(numbers)}, and would be loaded as people",
        where=where,
        count=len(numbers),
        todo=f"If they are none, {todo}; if they are people, declare how ids look, `ids: {{pattern: ...}}`, in "
        "study.yaml.",
    )
