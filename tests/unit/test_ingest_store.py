"""Finding deposits and writing tables."""

from pathlib import Path

import polars as pl
import pytest

from pipeline.errors import DepositError
from pipeline.files import write_whole
from pipeline.ingest import check_file_name, differences, find_file, keep_deposit, receipt


def test_a_table_is_written_and_no_draft_is_left(tmp_path: Path) -> None:
    frame = pl.DataFrame({"a": [1.0, None], "b": ["x", "y"]})
    path = tmp_path / "wave" / "elsoc" / "w01.parquet"
    write_whole(path, frame.write_parquet)
    assert pl.read_parquet(path).equals(frame)
    assert list(path.parent.iterdir()) == [path]


def test_the_same_table_gives_the_same_bytes(tmp_path: Path) -> None:
    frame = pl.DataFrame({"a": [1.0, None], "b": ["x", "y"]})
    write_whole(tmp_path / "one.parquet", frame.write_parquet)
    write_whole(tmp_path / "two.parquet", frame.write_parquet)
    assert (tmp_path / "one.parquet").read_bytes() == (tmp_path / "two.parquet").read_bytes()


def test_a_deposit_is_kept_once_under_its_hash(tmp_path: Path) -> None:
    sent = tmp_path / "wave 2 (final).csv"
    sent.write_text("pid,a\nx,1\n")
    about = receipt(sent, "csv")
    kept = keep_deposit(sent, tmp_path / "raw", about)
    assert kept.name == f"{about['sha256']}.csv"
    assert kept.read_bytes() == sent.read_bytes()
    assert kept.stat().st_mode & 0o777 == 0o400
    assert keep_deposit(sent, tmp_path / "raw", about) == kept
    assert list((tmp_path / "raw").iterdir()) == [kept]


def test_a_deposit_that_changed_since_its_receipt_is_not_kept(tmp_path: Path) -> None:
    sent = tmp_path / "w.csv"
    sent.write_text("pid,a\nx,1\n")
    about = receipt(sent, "csv")
    sent.write_text("pid,a\nx,2\n")
    with pytest.raises(DepositError, match="is not the file that was confirmed"):
        keep_deposit(sent, tmp_path / "raw", about)
    assert list((tmp_path / "raw").iterdir()) == []


def test_two_versions_are_compared_in_counts() -> None:
    before = pl.DataFrame({"pid": ["a", "b", "c"], "x": [1.0, None, 3.0], "y": [1.0, 1.0, 1.0], "z": ["p", "q", "r"]})
    after = pl.DataFrame({"pid": ["c", "b", "d"], "x": [3.0, 2.0, 4.0], "y": [None, 5.0, 1.0], "new": [1, 2, 3]})
    found = differences(before, after, "pid")
    assert (found.people_in_both, found.people_new, found.people_gone) == (2, 1, 1)
    assert found.cells.rows() == [
        ("x", 0, 1, 0, "differs"),
        ("y", 1, 0, 1, "differs"),
        ("z", 0, 0, 0, "gone"),
        ("new", 0, 0, 0, "new"),
    ]
    assert found.words() == "3 answers of 2 people differ, in 4 variables; 1 people are new, 1 are gone"
    assert differences(before, before.reverse(), "pid").is_none()


def test_a_file_is_found_by_its_pattern(tmp_path: Path) -> None:
    (tmp_path / "W01_2016.sav").touch()
    (tmp_path / "W02_2017.sav").touch()
    (tmp_path / ".W01_2016.sav.part").touch()
    assert find_file(tmp_path, "W01_*.sav").name == "W01_2016.sav"


def test_no_file_names_pattern_folder_and_nearest(tmp_path: Path) -> None:
    (tmp_path / "W01_2016.SAV").touch()
    with pytest.raises(DepositError, match=r"W01_2016\.sav: no file in .* the nearest name is W01_2016\.SAV"):
        find_file(tmp_path, "W01_2016.sav")


def test_several_files_are_named(tmp_path: Path) -> None:
    (tmp_path / "W01_a.sav").write_bytes(b"one")
    (tmp_path / "W01_b.sav").write_bytes(b"another")
    with pytest.raises(DepositError, match=r"several files fit: W01_a\.sav, W01_b\.sav \(2\)"):
        find_file(tmp_path, "W01_*.sav")


def test_the_same_bytes_under_two_names_are_one_file(tmp_path: Path) -> None:
    for name in ("W01_a.sav", "W01_b.sav"):
        (tmp_path / name).write_bytes(b"one")
    assert find_file(tmp_path, "W01_*.sav").name == "W01_a.sav"


@pytest.mark.parametrize("pattern", ["../secret.sav", "/etc/*.sav"])
def test_a_pattern_stays_inside_the_folder(tmp_path: Path, pattern: str) -> None:
    with pytest.raises(DepositError, match="stays inside the deposits folder"):
        find_file(tmp_path, pattern)


def test_a_missing_folder_is_said(tmp_path: Path) -> None:
    with pytest.raises(DepositError, match="does not exist"):
        find_file(tmp_path / "nowhere", "*.sav")


@pytest.mark.parametrize("name", ["ELSOC_W01 (v2).sav", "Umfrage-Wölle,1.csv", "a.b.dta"])
def test_names_of_people_and_places_are_allowed(name: str) -> None:
    check_file_name(name)


@pytest.mark.parametrize(
    "name",
    [
        "..%2f..%2fetc_passwd.csv",
        "a;rm -rf.csv",
        "$(x).sav",
        "a\nb.csv",
        ".hidden.csv",
        "nosuffix",
        "<b>.sav",
        "a" * 300 + ".csv",
    ],
)
def test_hostile_names_are_refused(name: str) -> None:
    with pytest.raises(DepositError, match="characters that are not allowed"):
        check_file_name(name)
