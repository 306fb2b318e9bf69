"""Withdrawals under an id that a file writes otherwise: the person stayed in the data without a word."""

import datetime as dt
from pathlib import Path

import engine_runs
import polars as pl
import pytest
import small_study

from assets.commands.withdrawal import carry_out
from pipeline.ingest.people.id_forms import ids_in_other_writing

PADDED = [f"P{7 * k + 1003:05d}" for k in range(60)]
NUMBERS = [str(7 * k + 103) for k in range(200)]
FIXED = [f"{7 * k + 3:05d}" for k in range(60)]

OTHERWISE: dict[str, tuple[list[str], str]] = {
    "another case": (PADDED, "p01003"),
    "a space": (PADDED, "P01003 "),
    "a space within": (PADDED, "P 01003"),
    "a sign": (PADDED, "P-01003"),
    "a sign that nobody sees": (PADDED, "P01003\u200b"),
    "a space that breaks no line": (PADDED, "\u00a0P01003"),
    "digits of full width": (PADDED, "P\uff10\uff11\uff10\uff10\uff13"),
    "a prefix lost": (PADDED, "01003"),
    "a prefix and zeros lost": (PADDED, "1003"),
    "zeros lost": (FIXED, "3"),
    "zeros in front": (NUMBERS, "00103"),
    "a prefix in front": (NUMBERS, "ID103"),
}


@pytest.mark.parametrize("case", OTHERWISE)
def test_the_same_id_in_another_writing_is_counted(case: str) -> None:
    ids, written = OTHERWISE[case]
    assert ids_in_other_writing(pl.Series([written, ids[5]]), pl.Series(ids)) == 1


OTHERS: dict[str, tuple[list[str], list[str]]] = {
    "as the file has it": (PADDED, ["P01003"]),
    "somebody who is not in the file": (PADDED, ["P09999", "P00001"]),
    "an id of the same make, another prefix": ([f"A{k}" for k in range(9, 60)] + ["B8", "B7"], ["B12", "A8"]),
    "numbers of another length": (NUMBERS, ["10", "10300"]),
    "listed in both writings": (PADDED, ["P01003", "p01003"]),
    "ids that differ in case alone": (["aB", "Ab", "xy", "xz"], ["AB", "ab"]),
    "nobody": (PADDED, []),
}


@pytest.mark.parametrize("case", OTHERS)
def test_another_id_is_not(case: str) -> None:
    ids, listed = OTHERS[case]
    assert ids_in_other_writing(pl.Series(listed, dtype=pl.String), pl.Series(ids)) == 0


@pytest.mark.parametrize("written", ["p003", "P003 ", "003", "P 003"])
def test_a_build_stops_at_such_a_withdrawal_and_names_nobody(written: str, tmp_path: Path) -> None:
    root = small_study.make_root(tmp_path / "root")
    study = root / "data" / "studies" / "first" / "study.yaml"
    study.write_text(study.read_text() + "withdrawals: withdrawals.csv\n")
    listed = root / "data" / "raw" / "first" / "withdrawals.csv"
    listed.write_text(f"id,scope,date\n{written},erase,2020-01-01\n")
    said = small_study.build(root)["wave/first/w01"].error
    assert "another writing in `id`" in said
    assert "(1)" in said
    assert "003" not in said
    listed.write_text("id,scope,date\nP003,erase,2020-01-01\n")
    report = small_study.build(root)["wave/first/w01"]
    assert not report.error
    wave = pl.read_parquet(root / "data" / "warehouse" / "wave" / "first" / "w01.parquet")
    assert wave.height == small_study.ROWS - 1


@pytest.mark.parametrize(("written", "is_there"), [("P003", True), ("p003", False), ("003", False)])
def test_the_command_says_when_nobody_has_the_id(written: str, is_there: bool, tmp_path: Path) -> None:
    root = small_study.make_root(tmp_path / "root")
    small_study.build(root)
    workspace = engine_runs.workspace_of(root)
    study = workspace.project.studies["first"]
    said = " ".join(carry_out(workspace, study, written, "future", dt.date(2030, 1, 1), lambda *_: {}))
    assert ("Nobody in the waves that are built has this id" in said) is not is_there
    assert "003" not in said
