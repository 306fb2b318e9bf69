"""The annex of a paper lists every file that it was made from: those of people, and those that were joined to them."""

from __future__ import annotations

import polars as pl

from assets.engine.node import UNSTAMPED
from assets.nodes.stamps import provenance, received
from pipeline.papers.appendix.data import _rows
from pipeline.papers.appendix.made import made
from pipeline.papers.content import TableBlock, plain
from pipeline.papers.study_context import StudyContext

STUDY = StudyContext(title="T", labels={"w01": "2009", "w02": "2010"})
RECEIPTS = [
    pl.DataFrame({"wave": [wave], "arm": ["main"], "file": [f"{mark}_indresp.sav"], "sha256": [mark * 64],
                  "rows": [600], "loaded": [600]})
    for wave, mark in (("w01", "a"), ("w02", "b"))
]  # fmt: skip
JOINS = [
    pl.DataFrame({"wave": [wave] * 2, "arm": ["main"] * 2, "file": [f"{mark}_hhresp.sav", "xwavedat.sav"],
                  "sha256": [number * 64, "f" * 64]})
    for wave, mark, number in (("w01", "a", "1"), ("w02", "b", "2"))
]  # fmt: skip
TABLES = {"receipts": dict(zip("ab", RECEIPTS, strict=True)), "joins": dict(zip("ab", JOINS, strict=True))}


def test_joined_files_are_listed_each_once_with_its_waves() -> None:
    found = provenance(UNSTAMPED, {}, received(TABLES), ("w01", "w02"))
    assert "5 data files" in found.line()
    (table,) = [block for block in made(found, STUDY) if isinstance(block, TableBlock)]
    rows = {row[1]: row[0] for row in _texts(table)}
    assert set(rows) == {"a_indresp.sav", "b_indresp.sav", "a_hhresp.sav", "b_hhresp.sav", "xwavedat.sav"}
    assert rows["xwavedat.sav"] == "2009 and 2010"


def test_the_rows_are_those_of_the_files_of_people() -> None:
    (paragraph,) = _rows(pl.concat(RECEIPTS), STUDY, pl.concat(JOINS))
    said = plain(paragraph.runs)
    assert "All 1,200 rows of the 2 files with a row for each interview were used" in said
    assert "3 more files were joined to them" in said


def _texts(table: TableBlock) -> list[list[str]]:
    return [[plain(cell) for cell in row.cells] for row in table.rows]
