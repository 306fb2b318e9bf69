"""Somebody withdraws: from later waves, or from everything; and that is proved by searching every byte."""

import datetime as dt
import os
import subprocess
import sys
from pathlib import Path

import polars as pl
import pyreadstat
import pytest
from erasing import take_out
from panel_study import ISSUED, STUDY, VALUE_LABELS, changed, clean, declare_wave, make_panel, raw, rebuild, write_sav
from shared import ROOT

from assets.commands.withdrawal import carry_out
from assets.engine.workspace import Workspace
from pipeline.errors import CohesionError
from pipeline.ingest import load_or_create_key, pseudonymise, read_deposit, traces
from pipeline.paths import Paths
from pipeline.specs import load_project

pytestmark = pytest.mark.thorough

PERSON = "P1010"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = make_panel(tmp_path / "root")
    write_sav(raw(root) / "clean_w2.sav", changed(pid={11: PERSON}, trust1={10: 9.0}))  # they are in quarantine too
    rebuild(root)
    write_sav(raw(root) / "clean_w3.sav", changed(clean("w03"), trust1={10: 5.0}))  # and in an older version
    assert not [report.message for report in rebuild(root).values() if report.message]
    return root


def withdraw(root: Path, scope: str) -> list[str]:
    workspace = Workspace(Paths(root), load_project(Paths(root)))

    def build_again(_: Workspace, study: str) -> dict[str, str]:
        return {node: report.message for node, report in rebuild(root).items() if report.message}

    return list(carry_out(workspace, workspace.project.studies[STUDY], PERSON, scope, dt.date(2020, 6, 1), build_again))


def pseudonym(root: Path) -> str:
    key = load_or_create_key(Paths(root).pseudonym_key)
    return pseudonymise(pl.Series([PERSON]), key, STUDY)[0]


def people(root: Path, wave: str) -> int:
    return pl.read_parquet(Paths(root).table("wave", STUDY, wave)).height


def test_from_later_waves_only(root):
    said = withdraw(root, "future")
    assert said == ["Noted: 1 person has withdrawn from panel.", "Built again."]
    assert [people(root, wave) for wave in ("w01", "w02", "w03")] == [60, 58, 59]


def test_from_everything_with_proof(root):
    assert traces(root / "data", [PERSON]).found
    assert traces(root / "data", [pseudonym(root)]).found

    said = withdraw(root, "erase")

    assert "Erased 10 rows from 8 files" in said[0]  # three deposits, their versions kept (one older), the list of ids
    assert said[-1].startswith("Proved: neither the id nor the pseudonym is in any of")
    found = traces(root, [PERSON, pseudonym(root)], id_columns=["pid"])
    assert (found.found, found.unopened) == ({}, ())
    assert [people(root, wave) for wave in ("w01", "w02", "w03")] == [59, 58, 59]
    assert not any(PERSON in line for line in said)


def test_from_the_field_report_too_whose_ids_have_a_column_of_their_own(root):
    about = root / "data" / "studies" / STUDY / "study.yaml"
    report = "outcomes: [{file: report.csv, id: case, waves: {w01: result, w02: result}, codes: {1: complete}}]\n"
    about.write_text(about.read_text() + report)
    lines = ["case,result", *(f"{person},1" for person in ISSUED)]
    (raw(root) / "report.csv").write_text("\n".join(lines) + "\n")
    assert not rebuild(root)["outcomes/panel"].message
    table = Paths(root).table("outcomes", STUDY)
    assert pl.read_parquet(table).filter(person_id=pseudonym(root)).height == 2

    said = withdraw(root, "erase")

    assert said[-1].startswith("Proved")
    assert PERSON not in (raw(root) / "report.csv").read_text()
    assert pl.read_parquet(table)["person_id"].n_unique() == len(ISSUED) - 1


def test_a_file_delivered_again_does_not_bring_them_back(root):
    delivered = (raw(root) / "clean_w3.sav").read_bytes()
    withdraw(root, "erase")
    (raw(root) / "clean_w3.sav").write_bytes(delivered)
    refused = rebuild(root, confirmed=False)["wave/panel/w03"].message
    assert "is not the file that was confirmed" in refused
    declare_wave(root, "w03", "clean_w3.sav")
    report = rebuild(root)["wave/panel/w03"]
    assert "quarantined, withdrawn: 1" in report.tables[0].metadata["accounting"]
    assert not traces(Paths(root).warehouse, [pseudonym(root)]).found
    assert not traces(Paths(root).quarantine, [PERSON, pseudonym(root)]).found


def test_a_confirmed_hash_follows_the_erasure(root):
    path = raw(root) / "clean_w3.sav"
    declare_wave(root, "w03", path.name, more=f"sha256: {read_deposit(path, 'sav').receipt['sha256']}, rows: 60")
    rebuild(root)
    withdraw(root, "erase")
    file = load_project(Paths(root)).studies[STUDY].waves["w03"].files[0]
    assert (file.sha256, file.rows) == (read_deposit(path, "sav").receipt["sha256"], 59)


def test_a_trace_that_is_left_is_not_passed_over(root):
    (root / "data" / "notes.txt").write_text(f"rang {PERSON}")
    with pytest.raises(CohesionError, match=r"traces are left in data/notes.txt"):
        withdraw(root, "erase")


def test_only_the_two_scopes(root):
    with pytest.raises(CohesionError, match="no scope `perhaps`"):
        withdraw(root, "perhaps")


def is_person(cells: pl.Series) -> pl.Series:
    return cells.cast(pl.String) == PERSON


def write_dta(frame: pl.DataFrame, path: Path) -> None:
    codes = {name: {int(code): label for code, label in found.items()} for name, found in VALUE_LABELS.items()}
    pyreadstat.write_dta(frame, path, column_labels={"pid": "Participant"}, variable_value_labels=codes)


WRITERS = {
    "sav": lambda frame, path: write_sav(path, frame),
    "zsav": lambda frame, path: pyreadstat.write_sav(frame, path, compress=True),
    "dta": write_dta,
    "csv": lambda frame, path: frame.write_csv(path),
    "parquet": lambda frame, path: frame.write_parquet(path),
    "xlsx": lambda frame, path: frame.drop("intdate").write_excel(path),
}


@pytest.mark.parametrize("format", WRITERS)
def test_a_person_is_taken_out_of_each_format_and_nothing_else_is(format, tmp_path):
    path = tmp_path / f"w.{format}"
    WRITERS[format](clean("w02"), path)
    before = read_deposit(path, format)
    assert take_out(path, is_person, "pid") == 1
    after = read_deposit(path, format)
    assert after.frame.equals(before.frame.filter(pl.col("pid") != PERSON))
    assert (after.labels, after.value_labels) == (before.labels, before.value_labels)
    assert not traces(tmp_path, [PERSON]).found
    assert take_out(path, is_person, "pid") == 0
    assert list(tmp_path.iterdir()) == [path]


def test_tagged_missing_values_of_stata_are_kept(tmp_path):
    path = tmp_path / "w.dta"
    answers = pl.Series("trust1", [["a", 1.0, 2.0, "b", None][k % 5] for k in range(60)], dtype=pl.Object)
    pyreadstat.write_dta(
        clean("w02").select("pid").with_columns(answers),
        path,
        variable_value_labels={"trust1": {1: "Low", "a": "Refused", "b": "Don't know"}},
        missing_user_values={"trust1": ["a", "b"]},
    )
    before = read_deposit(path, "dta")
    assert {".a", ".b"} <= set(before.frame["trust1"].drop_nulls())
    assert take_out(path, is_person, "pid") == 1
    after = read_deposit(path, "dta")
    assert after.frame.equals(before.frame.filter(pl.col("pid") != PERSON))
    assert after.value_labels == before.value_labels
    assert not traces(tmp_path, [PERSON]).found


def test_text_keeps_every_other_byte(tmp_path):
    path = tmp_path / "w.csv"
    path.write_bytes('pid;q\r\nP1009;"two\r\nlines"\r\nP1010;"more\r\nlines"\r\nP1011;Môn\r\n'.encode("windows-1252"))
    assert take_out(path, is_person, "pid", encoding="windows-1252", delimiter=";") == 1
    assert path.read_bytes() == 'pid;q\r\nP1009;"two\r\nlines"\r\nP1011;Môn\r\n'.encode("windows-1252")


@pytest.mark.slow
def test_the_command_itself(root):
    """Through the console, where Dagster builds again."""
    code = "from assets.commands.main import main; main()"
    command = [sys.executable, "-c", code, "withdraw", STUDY, PERSON, "--scope", "erase", "--date", "2020-06-01"]
    ended = subprocess.run(
        command, cwd=ROOT, env={**os.environ, "COHESION_ROOT": str(root)}, capture_output=True, text=True, timeout=300
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "Proved: neither the id nor the pseudonym is in any of" in ended.stdout
    assert not traces(root, [PERSON, pseudonym(root)], id_columns=["pid"]).found


def test_what_killed_writers_left_behind_is_cleared_away(root):
    deposits = raw(root)
    drafts = [Paths(root).warehouse / "wave" / STUDY / ".w02.parquet.1.aa.draft", deposits / ".erasing.clean_w2.sav"]
    for draft in drafts:
        draft.write_bytes((deposits / "clean_w2.sav").read_bytes())
    assert withdraw(root, "erase")[-1].startswith("Proved")
    assert not any(draft.exists() for draft in drafts)


def test_a_file_that_bears_their_name_is_told_without_it(root):
    (root / "data" / f"letter_to_{PERSON}.txt").write_text("Dear participant")
    with pytest.raises(CohesionError, match=r"traces are left in data/\(a name that bears the id\)") as raised:
        withdraw(root, "erase")
    assert PERSON not in str(raised.value)


def test_another_spelling_of_the_id_is_a_trace_too(root):
    """The study compares ids without regard to case."""
    (root / "data" / "instance").mkdir(exist_ok=True)
    (root / "data" / "instance" / "run.log").write_text(f"row of {PERSON.lower()}")
    with pytest.raises(CohesionError, match=r"traces are left in data/instance/run.log"):
        withdraw(root, "erase")


def test_links_that_were_told_by_row_are_told_again_without_them(root):
    folder = Paths(root).quarantine / STUDY
    (folder / "w03_links.parquet").write_bytes(b"rows of before")
    withdraw(root, "erase")
    assert not (folder / "w03_links.parquet").exists()
