"""The real deposit: five waves in four formats, and the SPSS twins of three of them."""

import time

import polars as pl
import pytest
from shared import shared

from pipeline.ingest import Deposit, Request, read_deposit, read_deposits

WAVES = shared("real", "elsoc", "waves")
FILES = [
    ("ELSOC_W01_2016.sav", "sav", 2927, 156),
    ("ELSOC_W02_2017.sav", "sav", 2473, 134),
    ("ELSOC_W03_2018.dta", "dta", 2229, 156),
    ("ELSOC_W04_2019.csv", "csv", 2153, 160),
    ("ELSOC_W05_2021.xlsx", "xlsx", 1739, 109),
]
ROUNDED_IN_EXPORT = ("ponderador01", "ponderador02")  # written to 15 digits in .csv and .xlsx


def test_five_waves_side_by_side() -> None:
    deposits = read_deposits([Request(str(WAVES / file), format) for file, format, _, _ in FILES])
    for deposit, (file, _, rows, columns) in zip(deposits, FILES, strict=True):
        assert isinstance(deposit, Deposit), deposit
        assert (deposit.receipt["file"], deposit.receipt["rows"], deposit.receipt["columns"]) == (file, rows, columns)
        assert deposit.notices == ()
        assert deposit.findings == ()


@pytest.mark.parametrize(("file", "format"), [(file, format) for file, format, _, _ in FILES[2:]])
def test_the_spss_twin_holds_the_same_values(file: str, format: str) -> None:
    frame = read_deposit(WAVES / file, format).frame
    twin = read_deposit((WAVES / file).with_suffix(".sav"), "sav").frame
    assert frame.columns == twin.columns
    assert frame.schema == twin.schema
    exact = [name for name in frame.columns if name not in ROUNDED_IN_EXPORT]
    assert frame.select(exact).equals(twin.select(exact))
    for name in ROUNDED_IN_EXPORT:
        assert (frame[name] - twin[name]).abs().max() < 1e-12


def test_labels_and_missing_ranges_of_a_real_spss_file() -> None:
    deposit = read_deposit(WAVES / "ELSOC_W01_2016.sav", "sav")
    assert deposit.missing_ranges["c02"] == [(-999.0, -666.0)]
    assert set(deposit.value_labels["c02"]) >= {"1", "2", "3"}
    assert deposit.frame["idencuesta"].dtype == pl.Float64


def test_a_file_in_the_warm_reader_takes_a_moment() -> None:
    path = WAVES / "ELSOC_W02_2017.sav"
    read_deposit(path, "sav")
    start = time.perf_counter()
    read_deposit(path, "sav")
    assert time.perf_counter() - start < 5  # a hang or a cold start per file, not a benchmark
