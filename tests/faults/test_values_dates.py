"""One reader of dates for drafts and builds: the same cells are dates in both, the same are none, all are counted."""

import datetime as dt
from pathlib import Path

import polars as pl
import pytest
from confirmed import confirm_all
from engine_runs import build, is_early
from shared import shared
from small_study import declare, make_root

from assets.engine import store
from pipeline.ingest.arrival.draft import draft_wave
from pipeline.ingest.quarantine.declared_dates import found_format, read_dates
from pipeline.paths import Paths
from pipeline.specs import load_project
from pipeline.specs.strict_yaml import parse

DAY = dt.date(2021, 1, 13)
ISO_TEXTS = [
    "2021-01-13",
    "2021-01-13T11:26:30Z",
    "2021-01-13T23:59:59+05:30",
    "2021-01-13 11:26",
    "2021-01-13T11:26:30.123456-0800",
    " 2021-01-13 ",
]
NO_DATES = ["2021-02-30", "2021-13-01", "201416-05-01", "13166064000", "2021-01", "2021-01-13x", "soon", "0021-01-13T"]


@pytest.mark.parametrize("text", ISO_TEXTS)
def test_iso_dates_and_date_times_are_their_day_as_written(text):
    column = pl.Series("d", [text])
    for declared in (None, "%Y-%m-%d"):
        made = read_dates(column, declared)
        assert (made.dates.to_list(), made.reasons.to_list(), made.ambiguous) == ([DAY], [None], 0)


@pytest.mark.parametrize("text", NO_DATES)
def test_what_is_no_date_is_none_and_counted(text):
    made = read_dates(pl.Series("d", ["2021-01-02", text]))
    assert made.dates.to_list() == [dt.date(2021, 1, 2), None]
    assert made.reasons.count() == 1


@pytest.mark.parametrize(
    ("texts", "declared", "found"),
    [
        (["01/02/2021", "13/02/2021"], "%d/%m/%Y", "%d/%m/%Y"),
        (["02/01/2021", "02/13/2021"], "%m/%d/%Y", "%m/%d/%Y"),
        (["01/02/2021 10:30", "13/02/2021 09:00"], "%d/%m/%Y %H:%M", "%d/%m/%Y %H:%M"),
        (["20210201", "20210213"], "%Y%m%d", "%Y%m%d"),
        (["01 Feb 2021", "02 Feb 2021"], "%d %b %Y", "%d %b %Y"),
    ],
)
def test_the_order_of_day_and_month_is_proven_where_another_could_not_be_read(texts, declared, found):
    made = read_dates(pl.Series("d", texts), declared)
    assert made.dates.null_count() == 0
    assert made.is_proven
    guess = found_format(pl.Series("d", texts))
    assert guess is not None
    assert guess[0] == found
    assert guess[1].dates.to_list() == made.dates.to_list()


def test_an_order_that_nothing_proves_is_said_and_never_guessed():
    column = pl.Series("d", ["01/02/2021", "03/04/2021"])
    assert not read_dates(column, "%d/%m/%Y").is_proven
    assert found_format(column) is None
    mixed = pl.Series("d", ["01/02/2021", "13/02/2021", "02/13/2021"])
    assert not read_dates(mixed, "%d/%m/%Y").is_proven, "one cell can only be read the other way"


def test_numbers_that_spell_dates_are_no_day_counts():
    column = pl.Series("d", [20210113.0, 20210114.0, -99.0])
    guess = found_format(column, ["-99"])
    assert guess is not None
    assert guess[1].dates.to_list() == [DAY, dt.date(2021, 1, 14), None]
    assert read_dates(column).dates.to_list() == [None, None, None], "undeclared they are no dates"


def with_dates(root: Path, dates: list[str], **more: str) -> Path:
    made = make_root(root)
    folder = made / "data" / "raw" / "first"
    frame = pl.read_csv(folder / "study_wave_1.csv")
    texts = (dates * frame.height)[: frame.height]
    frame.with_columns(start_date=pl.Series(texts)).write_csv(folder / "study_wave_1.csv")
    declare(made, "first", "study.yaml", "  weight: weight", "  weight: weight\n  interview_date: start_date")
    for old, new in more.items():
        declare(made, "first", "waves/w01.yaml", old, new)
    return made


def built(root: Path):
    confirm_all(root)
    return build(root, is_early)


def drafted(root: Path, file: Path) -> str:
    return draft_wave(load_project(Paths(root)).studies["first"], "w02", "main", file)


@pytest.mark.parametrize("text", ISO_TEXTS[:5])
def test_the_draft_finds_the_dates_that_the_build_does(tmp_path, text):
    root = with_dates(tmp_path / "root", [text.replace("2021-01-13", "2024-05-13")])
    draft = drafted(root, root / "data" / "raw" / "first" / "study_wave_1.csv")
    assert "start: 2024-05-13  # the first and the last of 40 dates in `start_date`" in draft
    reports = built(root)
    assert not reports["wave/first/w01"].message
    assert store.load(Paths(root), ("wave", "first", "w01"))["start_date"].unique().to_list() == ["2024-05-13"]
    assert store.load(Paths(root), ("answers", "first"))["interview_date"].unique().to_list() == [dt.date(2024, 5, 13)]


def test_a_form_that_is_not_declared_is_named(tmp_path):
    root = with_dates(tmp_path / "root", ["13/05/2024", "02/06/2024"])
    message = built(root)["wave/first/w01"].message
    assert "interview dates that are not written as 2020-05-31" in message
    assert "40 of 40 cannot be read; they are written as `%d/%m/%Y` (40)" in message
    assert 'Declare `date_format: "%d/%m/%Y"`' in message
    draft = drafted(root, root / "data" / "raw" / "first" / "study_wave_1.csv")
    assert parse(draft, Path("x"), "x").data["files"][0]["date_format"] == "%d/%m/%Y"


def test_c06_one_impossible_date(tmp_path):
    path = shared("faults", "waves", "c06_year_201416.sav")
    root = make_root(tmp_path / "root")
    declare(root, "first", "study.yaml", "  person_id: id", "  person_id: pid\n  interview_date: idate")
    declare(root, "first", "study.yaml", "  weight: weight", "")
    declare(root, "first", "weights.yaml", "  waves: [w01]", "  waves: [w01]\n  base: none")
    draft = drafted(root, path)
    assert "the first and the last of 39 dates in `idate`; 1 cells are no date" in draft
    (root / "data" / "raw" / "first" / path.name).write_bytes(path.read_bytes())
    declare(root, "first", "waves/w01.yaml", "file: study_wave_1.csv", f"file: {path.name}")
    declare(root, "first", "waves/w01.yaml", "format: csv", "format: sav")
    declare(root, "first", "waves/w01.yaml", "encoding: utf-8", "")
    declare(root, "first", "waves/w01.yaml", 'delimiter: ","', "")
    message = built(root)["wave/first/w01"].message
    assert "in `idate`: 1 of 40 cannot be read (1)" in message


def test_07_iso_date_times(tmp_path):
    path = shared("faults", "drift", "07_dates.csv")
    root = make_root(tmp_path / "root")
    declare(root, "first", "study.yaml", "  weight: weight", "  interview_date: start_date")
    declare(root, "first", "weights.yaml", "  waves: [w01]", "  waves: [w01]\n  base: none")
    assert "start: 2021-01-13  # the first and the last of 2 dates in `start_date`\n  end: 2021-01-14" in drafted(
        root, path
    )
