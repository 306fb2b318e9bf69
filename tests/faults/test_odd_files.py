"""Odd files that were read with a value lost or changed."""

import datetime as dt
from pathlib import Path

import polars as pl
import pytest
import xlsxwriter
from small_study import make_root

from pipeline.errors import DepositError
from pipeline.ingest import read_deposit
from pipeline.paths import Paths
from pipeline.specs import load_project

ROWS = [("P1", 1, 2), ("P2", 3, 4), ("P3", 5, 1), ("P4", 2, 2)]


def workbook(path: Path, *merged: tuple[int, int, int, int], title: bool = False) -> Path:
    """A sheet of four people; ``merged``: first row, first column, last row, last column, counted from 0."""
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("Answers & more")
        if title:
            sheet.merge_range(0, 0, 1, 2, "The title")
        start = 2 if title else 0
        sheet.write_row(start, 0, ["pid", "a", "b"])
        for number, row in enumerate(ROWS, start=start + 1):
            sheet.write_row(number, 0, row)
        for area in merged:
            sheet.merge_range(*area, 7)
    return path


@pytest.mark.parametrize("area", [(1, 0, 2, 0), (2, 1, 4, 1), (1, 1, 2, 2)], ids=["ids", "answers", "both"])
def test_cells_merged_over_rows_are_refused(tmp_path: Path, area: tuple[int, int, int, int]) -> None:
    with pytest.raises(DepositError, match=r"merged over several rows.*\(1\).*unmerge"):
        read_deposit(workbook(tmp_path / "x.xlsx", area), "xlsx", isolate=False)


def test_a_merged_title_is_no_fault(tmp_path: Path) -> None:
    frame = read_deposit(workbook(tmp_path / "x.xlsx", title=True), "xlsx", header_row=3, isolate=False).frame
    assert frame.height == len(ROWS)


@pytest.mark.parametrize("zone", ["UTC", "America/Santiago", "Asia/Tokyo"])
@pytest.mark.parametrize("hour", [0, 9, 23])
def test_a_time_in_a_zone_stays_on_its_day(tmp_path: Path, zone: str, hour: int) -> None:
    """A late interview in Santiago was one of the next day, since its time was read as that of Greenwich."""
    times = pl.Series("when", [dt.datetime(2020, 1, day, hour, 30) for day in (1, 15, 31)]).dt.replace_time_zone(zone)
    path = tmp_path / "x.parquet"
    pl.DataFrame({"pid": ["a", "b", "c"], "when": times}).write_parquet(path)
    days = read_deposit(path, "parquet", isolate=False).frame["when"].cast(pl.Date)
    assert days.to_list() == [dt.date(2020, 1, day) for day in (1, 15, 31)]


@pytest.mark.parametrize(
    "place", ["waves/.w01.110.c1aa.draft.yaml", ".items.110.c1aa.draft.yaml", ".study.1.a.draft.yml"]
)
def test_a_draft_that_a_killed_writer_left_is_no_declaration(tmp_path: Path, place: str) -> None:
    """An erasure that was killed while it wrote a declaration could not go on: every command stopped at its draft."""
    root = make_root(tmp_path / "root")
    before = load_project(Paths(root)).studies["first"]
    (root / "data" / "studies" / "first" / place).write_text("title: half of a")
    assert load_project(Paths(root)).studies["first"] == before
