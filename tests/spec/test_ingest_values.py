"""How a deposited cell is read: one rule per table."""

import datetime as dt

import polars as pl
import pytest

from pipeline.errors import DepositError
from pipeline.ingest import normalise_ids
from pipeline.ingest.formats.dates import as_dates, kind_of_spss_date, kind_of_stata_date
from pipeline.ingest.formats.numbers import Written, code_text, numbers_where_all_are


@pytest.mark.parametrize(
    ("cells", "read_as"),
    [
        (["1", "2", None], [1.0, 2.0, None]),
        (["-99", "1.5"], [-99.0, 1.5]),
        ([".5", "-.25"], [0.5, -0.25]),
        (["1e+05", "2.5e-03"], [100000.0, 0.0025]),
        (["007", "1"], ["007", "1"]),
        (["1E5", "2"], ["1E5", "2"]),
        (["+44", "1"], ["+44", "1"]),
        (["1 ", "2"], ["1 ", "2"]),
        (["1,5", "2"], ["1,5", "2"]),
        (["NaN", "1"], ["NaN", "1"]),
        (["1234567890123456"], ["1234567890123456"]),
        ([None, None], [None, None]),
    ],
    ids=[
        "whole",
        "negative-and-fraction",
        "no-zero-before-the-point",
        "as-R-writes",
        "leading-zeros-are-a-label",
        "spreadsheet-exponent-is-an-id",
        "plus-is-no-number",
        "spaces-are-kept",
        "comma-not-declared",
        "words-are-text",
        "too-long-to-be-exact",
        "no-answer-stays-text",
    ],
)
def test_text_column_becomes(cells: list[str | None], read_as: list[object]) -> None:
    frame = numbers_where_all_are(pl.DataFrame({"x": pl.Series(cells, dtype=pl.String)}))
    assert frame["x"].to_list() == read_as


def test_decimal_comma_is_read_where_declared() -> None:
    frame = pl.DataFrame({"x": ["1,5", "2"], "y": ["1.5", "2"]})
    assert numbers_where_all_are(frame, written=Written(",")).to_dict(as_series=False) == {
        "x": [1.5, 2.0],
        "y": ["1.5", "2"],
    }


@pytest.mark.parametrize(
    ("value", "code"),
    [(1.0, "1"), (1, "1"), (-99.0, "-99"), (0.0, "0"), (-0.0, "0"), (2.5, "2.5"), (".a", ".a"), (0.1, "0.1")],
)
def test_code_text(value: float | str, code: str) -> None:
    assert code_text(value) == code


@pytest.mark.parametrize(
    ("ids", "rule", "become"),
    [
        (pl.Series([1234.0, 5.0]), {}, ["1234", "5"]),
        (pl.Series([1234, 5]), {}, ["1234", "5"]),
        (pl.Series(["1234", "5"]), {}, ["1234", "5"]),
        (pl.Series(["1234.0", "5.00"]), {}, ["1234", "5"]),
        (pl.Series(["007", "P1"]), {}, ["007", "P1"]),
        (pl.Series([" p1 ", "P2"]), {}, [" p1 ", "P2"]),
        (pl.Series([" p1 ", "P2"]), {"strip": True, "case": "upper"}, ["P1", "P2"]),
        (pl.Series(["", "  ", None, "a"]), {}, [None, None, None, "a"]),
        (pl.Series([None, 3.0]), {}, [None, "3"]),
    ],
    ids=["float", "integer", "text", "text-of-a-float", "label", "as-it-is", "declared-rule", "blank", "null"],
)
def test_id_becomes(ids: pl.Series, rule: dict, become: list[str | None]) -> None:
    assert normalise_ids(ids, **rule).to_list() == become


def test_ids_too_large_for_a_number_are_refused() -> None:
    with pytest.raises(DepositError, match=r"too large to be exact \(1\)"):
        normalise_ids(pl.Series("pid", [float(2**53), 1.0]))


def test_ids_that_do_not_fit_their_pattern_are_counted_not_shown() -> None:
    with pytest.raises(DepositError) as raised:
        normalise_ids(pl.Series("pid", ["P1000", "1E5", "007"]), pattern=r"P\d{4}")
    assert raised.value.count == 2
    assert "1E5" not in raised.value.what


@pytest.mark.parametrize(
    ("file_format", "variable_format", "kind"),
    [
        ("sav", "ADATE10", "spss"),
        ("sav", "DATETIME20", "spss"),
        ("sav", "F8.2", None),
        ("sav", "TIME8", None),
        ("dta", "%td", "stata_day"),
        ("dta", "%tdNN/DD/CCYY", "stata_day"),
        ("dta", "%d", "stata_day"),
        ("dta", "%tc", "stata_time"),
        ("dta", "%tm", None),
        ("dta", "%9.0g", None),
    ],
)
def test_display_format_makes_a_date(file_format: str, variable_format: str, kind: str | None) -> None:
    kind_of_date = kind_of_stata_date if file_format == "dta" else kind_of_spss_date
    assert kind_of_date(variable_format) == kind


@pytest.mark.parametrize(
    ("kind", "number", "date"),
    [
        ("spss", 13_802_227_200.0, dt.date(2020, 2, 28)),
        ("stata_day", 21_973.0, dt.date(2020, 2, 28)),
        ("stata_time", 1_898_467_200_000.0, dt.date(2020, 2, 28)),
        ("spss", 13_802_227_200.0 + 3_661, dt.datetime(2020, 2, 28, 1, 1, 1)),
    ],
)
def test_number_becomes_a_date(kind, number: float, date: dt.date) -> None:
    assert as_dates(pl.Series([number, None]), kind).to_list() == [date, None]


def test_a_code_among_dates_stays_the_code_it_is() -> None:
    column = as_dates(pl.Series([21_973.0, -99_999_999.0, None]), "stata_day")
    assert column.to_list() == ["2020-02-28", "-99999999", None]
