"""A file is written whole or not at all, and what a killed writer left is cleared away."""

import os
from pathlib import Path

import pytest

from pipeline.files import write_bytes, write_whole


@pytest.mark.parametrize("stage", ["writing", "renaming"])
def test_a_write_that_fails_leaves_the_old_file_and_no_other(tmp_path, monkeypatch, stage):
    target = tmp_path / "table.parquet"
    target.write_bytes(b"old")

    def fail(*_: object) -> None:
        raise OSError("the disk is full")

    def half(draft: Path) -> None:
        draft.write_bytes(b"ne")
        if stage == "writing":
            fail()

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(OSError, match="full"):
        write_whole(target, half)
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]


def test_a_draft_has_the_suffix_by_which_writers_choose_a_format(tmp_path):
    write_whole(tmp_path / "a.png", lambda draft: draft.write_text(draft.suffix))
    assert (tmp_path / "a.png").read_text() == ".png"


def test_drafts_of_killed_processes_are_cleared_away_but_not_those_in_the_making(tmp_path):
    old, new, other = (tmp_path / f".{name}" for name in ("t.1.ab.draft.csv", "t.2.cd.draft.csv", "u.1.ab.draft.csv"))
    for draft in (old, new, other):
        draft.write_bytes(b"answers")
    for draft in (old, other):
        os.utime(draft, (0, 0))
    write_bytes(tmp_path / "t.csv", b"a\n")
    assert [old.exists(), new.exists(), other.exists()] == [False, True, True]


def test_who_may_read_a_file_is_said_and_nobody_reads_a_draft(tmp_path):
    seen = []
    write_whole(tmp_path / "a.csv", lambda draft: seen.append(draft.stat().st_mode & 0o777), mode=0o600)
    write_bytes(tmp_path / "b.csv", b"")
    assert seen == [0o600]
    assert [(tmp_path / name).stat().st_mode & 0o777 for name in ("a.csv", "b.csv")] == [0o600, 0o644]
