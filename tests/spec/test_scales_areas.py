"""Measures of areas: joined by code, vintage and date, with the area that a person lived in then."""

from __future__ import annotations

import datetime as dt
from typing import Any

import polars as pl
import pytest

from pipeline.errors import CohesionError
from pipeline.scales.areas import with_area
from pipeline.specs.study import AreaMeasure

PANEL = pl.DataFrame(
    {
        "person_id": ["mover", "mover", "stayer", "stayer", "unknown"],
        "wave": ["w01", "w02", "w01", "w02", "w01"],
        "fieldwork_start": [dt.date(2011, 1, 1), dt.date(2016, 1, 1)] * 2 + [dt.date(2011, 1, 1)],
        "area_code": ["A", "B", "A", "A", None],
    }
)
TABLE = pl.DataFrame(
    [
        ("A", 1.0, "2011", "2010-01-01"), ("B", 2.0, "2011", "2010-01-01"),
        ("A", 3.0, "2011", "2015-01-01"), ("B", 4.0, "2011", "2015-01-01"),
        ("A", 9.0, "2021", "2021-01-01"),
    ],
    schema=["area_code", "share", "vintage", "date"],
    orient="row",
)  # fmt: skip


def joined(table: pl.DataFrame = TABLE, **declared: Any) -> list[float | None]:
    given = {"table": "t.csv", "column": "share", "vintage": "2011", "date": "2010-01-01", "source": "?"} | declared
    return with_area(PANEL, "share", AreaMeasure(**given), table)["share"].to_list()


def test_who_moves_has_the_measure_of_the_new_area() -> None:
    assert joined() == [1, 2, 1, 1, None]


def test_the_declared_date_counts() -> None:
    assert joined(date="2015-01-01") == [3, 4, 3, 3, None]


def test_over_time_each_wave_takes_the_latest_date_before_it() -> None:
    assert joined(over_time=True) == [1, 4, 1, 3, None]


@pytest.mark.parametrize(
    ("declared", "why"),
    [
        ({"vintage": "2001"}, "no rows of the vintage 2001"),
        ({"date": "2012-01-01"}, "no rows of the date 2012-01-01"),
        ({"vintage": "2021", "date": "2021-01-01"}, r"1 of 2 area codes, 1 of 4 answers \(waves w02\)"),
    ],
)
def test_what_does_not_match_is_refused_with_counts(declared: dict[str, str], why: str) -> None:
    with pytest.raises(CohesionError, match=why):
        joined(**declared)


def test_codes_that_are_known_to_be_missing_are_declared() -> None:
    assert joined(vintage="2021", date="2021-01-01", unmatched=1) == [9, None, 9, 9, None]


def test_a_table_without_vintage_and_date_is_taken_as_it_is() -> None:
    assert joined(TABLE.filter(date="2010-01-01").select("area_code", "share")) == [1, 2, 1, 1, None]
