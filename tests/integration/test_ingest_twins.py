"""The same survey from every format: written here with the libraries that people write such files with."""

import datetime as dt
from pathlib import Path

import pandas as pd
import polars as pl
import pyreadstat
import pytest
import xlsxwriter

from pipeline.ingest import read_deposit

ROWS = 40
LABELS = {"pid": "Participant", "trust": "People here can be trusted", "income": "Income", "seen": "Interview date"}
TRUST = {1: "Disagree", 5: "Agree", -99: "Refused"}


@pytest.fixture(scope="module")
def survey() -> pl.DataFrame:
    return pl.DataFrame(
        {
            "pid": [1000.0 + k for k in range(ROWS)],
            "trust": [None if k % 7 == 0 else (-99.0 if k % 5 == 0 else 1.0 + k % 5) for k in range(ROWS)],
            "income": [k * 1234.5 for k in range(ROWS)],
            "region": ["Cymru" if k % 2 else "Ynys Môn, north" for k in range(ROWS)],
            "seen": [dt.date(2020, 2, 1) + dt.timedelta(days=k) for k in range(ROWS)],
        }
    )


@pytest.fixture(scope="module")
def folder(survey: pl.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The survey in all six formats."""
    folder = tmp_path_factory.mktemp("deposits")
    labels = {name: LABELS.get(name, name) for name in survey.columns}
    for suffix, compress in (("sav", False), ("zsav", True)):
        pyreadstat.write_sav(
            survey,
            folder / f"w.{suffix}",
            column_labels=labels,
            variable_value_labels={"trust": TRUST},
            missing_ranges={"trust": [{"lo": -99, "hi": -88}]},
            compress=compress,
        )
    pyreadstat.write_dta(
        survey, folder / "w.dta", column_labels=list(labels.values()), variable_value_labels={"trust": TRUST}
    )
    survey.write_csv(folder / "w.csv")
    survey.write_parquet(folder / "w.parquet")
    _write_xlsx(survey, folder / "w.xlsx")
    return folder


def _write_xlsx(survey: pl.DataFrame, path: Path) -> None:
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("Data")
        date = book.add_format({"num_format": "yyyy-mm-dd"})
        sheet.write_row(0, 0, survey.columns)
        for number, row in enumerate(survey.rows(), start=1):
            for column, value in enumerate(row):
                if isinstance(value, dt.date):
                    sheet.write_datetime(number, column, dt.datetime.combine(value, dt.time()), date)
                elif value is not None:
                    sheet.write(number, column, value)


@pytest.mark.parametrize("format", ["sav", "zsav", "dta", "parquet", "xlsx"])
@pytest.mark.parametrize("isolate", [True, False], ids=["own-process", "in-process"])
def test_every_format_gives_the_same_frame(folder: Path, survey: pl.DataFrame, format: str, isolate: bool) -> None:
    deposit = read_deposit(folder / f"w.{format}", format, isolate=isolate)
    assert deposit.frame.schema == survey.schema
    assert deposit.frame.equals(survey)
    assert (deposit.receipt["rows"], deposit.receipt["columns"]) == survey.shape


def test_csv_gives_the_same_but_for_dates_which_stay_text(folder: Path, survey: pl.DataFrame) -> None:
    expected = survey.with_columns(pl.col("seen").cast(pl.String))
    assert read_deposit(folder / "w.csv", "csv").frame.equals(expected)


@pytest.mark.parametrize("format", ["sav", "zsav", "dta"])
def test_labels_come_with_the_file(folder: Path, format: str) -> None:
    deposit = read_deposit(folder / f"w.{format}", format)
    assert deposit.labels["trust"] == LABELS["trust"]
    assert deposit.value_labels == {"trust": {"1": "Disagree", "5": "Agree", "-99": "Refused"}}


def test_declared_missing_codes_are_kept_with_their_range(folder: Path) -> None:
    deposit = read_deposit(folder / "w.sav", "sav")
    assert deposit.missing_ranges == {"trust": [(-99.0, -88.0)]}
    assert (deposit.frame["trust"] == -99).any()
    without = read_deposit(folder / "w.sav", "sav", user_missing=False).frame["trust"]
    assert without.null_count() > deposit.frame["trust"].null_count()


@pytest.mark.parametrize("format", ["sav", "dta", "csv", "xlsx", "parquet"])
def test_only_declared_columns_pass(folder: Path, format: str) -> None:
    deposit = read_deposit(folder / f"w.{format}", format, columns=["PID", "trust", "incomes"])
    assert deposit.frame.columns == ["PID", "trust"]
    assert deposit.undeclared == ("income", "region", "seen")
    assert deposit.absent == {"incomes": "income"}
    assert [notice.kind for notice in deposit.notices] == ["renamed_in_case"]
    assert deposit.receipt["columns"] == 5


def test_stata_tagged_missing_values_are_codes(tmp_path: Path) -> None:
    tagged = pd.DataFrame({"x": [1.0, 2.5, "a", None]}, dtype=object)  # polars holds no tags beside numbers
    path = tmp_path / "tagged.dta"
    pyreadstat.write_dta(tagged, path, missing_user_values={"x": ["a"]}, variable_value_labels={"x": {1: "yes"}})
    deposit = read_deposit(path, "dta")
    assert deposit.frame["x"].to_list() == ["1", "2.5", ".a", None]
    assert deposit.value_labels == {"x": {"1": "yes"}}


def test_excel_keeps_sheets_headers_and_text_apart(tmp_path: Path) -> None:
    path = tmp_path / "two.xlsx"
    with xlsxwriter.Workbook(path) as book:
        book.add_worksheet("Notes").write(0, 0, "read me")
        sheet = book.add_worksheet("Data")
        sheet.write(0, 0, "Export of wave 2")
        sheet.write_row(2, 0, ["pid", "a", "b"])
        sheet.write_row(3, 0, ["007", 1, "5"])
        sheet.write_row(4, 0, ["008", 2.5, 6])
    frame = read_deposit(path, "xlsx", sheet="Data", header_row=3).frame
    assert frame.to_dict(as_series=False) == {"pid": ["007", "008"], "a": [1.0, 2.5], "b": [5.0, 6.0]}
