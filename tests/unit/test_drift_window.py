"""Interviews outside the declared fieldwork are a finding, with both windows."""

import datetime as dt

import polars as pl

from pipeline.harmonise.drift.window import window_findings
from pipeline.specs.base import Period
from pipeline.specs.deposits import WaveFile

FILE = WaveFile(arm="main", file="w2.sav", format="sav")
DECLARED = Period(start=dt.date(2020, 1, 1), end=dt.date(2020, 2, 29))


def test_dates_within_the_fieldwork_and_cells_that_are_no_dates_are_no_finding():
    dates = pl.Series(["2020-01-01", "2020-02-29", "2020-02-29 18:30:00", None, "-99"])
    assert not list(window_findings(FILE, "intdate", dates, DECLARED, {}))


def test_dates_before_and_after_are_counted_and_the_window_in_the_file_is_told():
    dates = pl.Series(["2019-12-31", "2020-01-15", "2020-03-01", "2020-03-02"])
    (found,) = window_findings(FILE, "intdate", dates, DECLARED, {})
    assert (found.kind, found.severity, found.count) == ("fieldwork", "warns", 3)
    assert "2020-01-01 to 2020-02-29; in the file they run from 2019-12-31 to 2020-03-02" in found.what
