"""The day a wave arrives, at the command line: a draft with its evidence, and a confirmation that keeps comments."""

import datetime as dt
import hashlib
import os
from pathlib import Path

import polars as pl
import pytest
from panel_study import ISSUED, ITEMS, LABELS, STUDY, clean, make_panel, raw, rebuild, write_sav
from typer.testing import CliRunner

from assets.commands.main import app
from assets.engine import store
from pipeline.paths import Paths
from pipeline.specs import load_project


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = make_panel(tmp_path / "root")
    monkeypatch.setenv("COHESION_ROOT", str(root))
    return root


def run(*arguments: str, fails: bool = False) -> str:
    found = CliRunner().invoke(app, list(arguments))
    assert found.exit_code == int(fails), found.output
    assert not any(identity in found.output for identity in ISSUED)
    return found.output


def fourth() -> pl.DataFrame:
    """Answers of two waves, since those of one alone would be that wave once more."""
    return clean("w03").with_columns(clean("w02").select("trust1", "trust2"), wave=pl.lit(4.0))


def test_a_draft_proposes_each_item_with_its_evidence_and_builds(root):
    labels = {**LABELS, "belong_one": ITEMS["belong1"]}
    write_sav(raw(root) / "fourth.sav", fourth().rename({"belong1": "belong_one"}), labels=labels)
    run("wave", "draft", STUDY, str(raw(root) / "fourth.sav"))
    text = (root / "data/studies/panel/waves/w04.yaml").read_text()
    proposed = '  # belong1: "belong_one"  # 9'
    assert proposed in text, "a name that differs is a comment"
    assert "label 100% alike" in text
    assert "#   region" in text, "columns that no item is read from are listed"
    (root / "data/studies/panel/waves/w04.yaml").write_text(text.replace(proposed, proposed.replace("# ", "", 1)))
    wave = load_project(Paths(root)).studies[STUDY].waves["w04"]
    assert set(wave.variables) == {*ITEMS, "sex"}
    assert not wave.not_asked
    assert not [report.message for report in rebuild(root).values() if report.message]


def test_what_is_not_sure_is_not_proposed(root):
    frame = fourth().select("pid", "wave", "intdate", "wt", "trust1", "sex", q17=pl.col("belong1"))
    write_sav(raw(root) / "fourth.sav", frame)
    run("wave", "draft", STUDY, str(raw(root) / "fourth.sav"))
    wave = load_project(Paths(root)).studies[STUDY].waves["w04"]
    assert set(wave.variables) == {"trust1", "sex"}
    assert not wave.not_asked, "q17 has their codes, no label, and nothing reads it: a person decides"
    text = (Paths(root).study(STUDY) / "waves" / "w04.yaml").read_text()
    for key in ("trust2", "belong1", "belong2"):
        assert f'  # {key}: "q17"  # no variable like `{key}`' in text
    assert "#   q17" in (root / "data/studies/panel/waves/w04.yaml").read_text()


def test_the_next_question_of_a_battery_is_not_taken_for_one_that_is_gone(root):
    labels = {**LABELS, "trust3": "People here can be trusted with money"}
    write_sav(raw(root) / "fourth.sav", fourth().rename({"trust1": "trust3"}), labels=labels)
    run("wave", "draft", STUDY, str(raw(root) / "fourth.sav"))
    assert "trust1" in load_project(Paths(root)).studies[STUDY].waves["w04"].not_asked


def test_names_under_a_wave_prefix(root):
    frame = fourth().rename({name: f"d_{name}" for name in fourth().columns if name != "pid"})
    write_sav(raw(root) / "fourth.sav", frame, labels={}, value_labels={})
    run("wave", "draft", STUDY, str(raw(root) / "fourth.sav"))
    wave = load_project(Paths(root)).studies[STUDY].waves["w04"]
    assert wave.files[0].columns.weight == "d_wt"
    assert wave.variables["trust1"] == "d_trust1"


@pytest.mark.thorough
@pytest.mark.parametrize("mark", ["{}_w04", "{}w4", "{}_4", "{}_t4", "w4_{}", "b4_{}", "bd_{}"])
def test_names_that_hold_the_wave(root, mark):
    names = {name: mark.format(name) for name in fourth().columns if name != "pid"}
    write_sav(raw(root) / "fourth.sav", fourth().rename(names), labels={}, value_labels={})
    run("wave", "draft", STUDY, str(raw(root) / "fourth.sav"))
    text = (root / "data/studies/panel/waves/w04.yaml").read_text()
    wave = load_project(Paths(root)).studies[STUDY].waves["w04"]
    assert dict(wave.variables) == {item: mark.format(item) for item in (*ITEMS, "sex")}
    assert f"`{mark.format('...')}`" in text
    assert "ATTENTION" not in text
    run("wave", "accept", STUDY, "w04")
    assert rebuild(root, confirmed=False)["wave/panel/w04"].message == ""


def test_names_that_hold_another_wave_are_pointed_out(root):
    names = {name: f"{name}_w05" for name in fourth().columns if name != "pid"}
    write_sav(raw(root) / "fourth.sav", fourth().rename(names))
    run("wave", "draft", STUDY, str(raw(root) / "fourth.sav"))
    text = (root / "data/studies/panel/waves/w04.yaml").read_text()
    assert "ATTENTION: `..._w05` says wave 5, but this is drafted as w04" in text


def test_a_qualtrics_export_is_bound_on_import_ids(root):
    header = '"Finished","ExternalReference","Q1"\n"Finished","Reference","People here can be trusted"\n'
    ids = '"{""ImportId"":""finished""}","{""ImportId"":""externalReference""}","{""ImportId"":""QID1""}"\n'
    rows = "".join(f'"True","{identity}","4"\n' for identity in ISSUED)
    (raw(root) / "export.csv").write_text(header + ids + rows)
    run("wave", "draft", STUDY, str(raw(root) / "export.csv"))
    text = (root / "data/studies/panel/waves/w04.yaml").read_text()
    assert 'layout: "qualtrics"' in text
    assert '  # trust1: "QID1"' in text, "a name that differs is a comment"
    assert "person_id: there is no column `pid`; say which it is" in text
    assert "assumed: true" in text, "fieldwork that no date shows is marked"


def test_what_is_loaded_already_is_not_drafted(root):
    rebuild(root)
    (raw(root) / "again.sav").write_bytes((raw(root) / "clean_w2.sav").read_bytes())
    assert "is already loaded as w02, since" in run("wave", "draft", STUDY, str(raw(root) / "again.sav"), fails=True)


BLOCK = """# The second wave.
title: Second   # as in the report
fieldwork: {start: 2020-01-01, end: 2020-02-29}
files:
  - arm: main
    file: clean_w2.sav   # by courier
    format: sav
    columns: {person_id: pid, weight: wt, wave: wave, interview_date: intdate}
"""


@pytest.mark.thorough
@pytest.mark.parametrize("style", ["block", "flow"])
def test_accepting_writes_hash_and_rows_and_keeps_the_rest(root, style):
    path = root / "data/studies/panel/waves/w02.yaml"
    if style == "block":
        path.write_text(BLOCK)
    before = path.read_text()
    for _ in range(2):  # accepting twice is accepting once
        run("wave", "accept", STUDY, "w02")
        file = load_project(Paths(root)).studies[STUDY].waves["w02"].files[0]
        data = (raw(root) / "clean_w2.sav").read_bytes()
        assert (file.sha256, file.rows) == (hashlib.sha256(data).hexdigest(), 60)
    if style == "block":
        assert [line for line in path.read_text().splitlines() if "sha256" not in line and "rows:" not in line] == (
            before.splitlines()
        )
    write_sav(raw(root) / "clean_w2.sav", clean("w02").head(59))
    refused = rebuild(root, confirmed=False)["wave/panel/w02"].message
    assert "is not the file that was confirmed" in refused
    assert "`cohesion wave accept panel w02` makes it the wave's new version" in refused
    run("wave", "accept", STUDY, "w02")
    assert rebuild(root, confirmed=False)["wave/panel/w02"].message == ""


def test_a_file_that_nobody_confirmed_is_held_not_loaded(root):
    rebuild(root)
    answers = Paths(root).table("answers", STUDY)
    before = answers.read_bytes()
    data = (raw(root) / "clean_w2.sav").read_bytes()
    path = root / "data/studies/panel/waves/w02.yaml"
    path.write_text(BLOCK)
    for wave, message in {name: report.message for name, report in rebuild(root, confirmed=False).items()}.items():
        assert bool(message) == (wave == "wave/panel/w02"), "nothing else stops, and nothing is made from it"
    (held,) = [report.message for report in rebuild(root, confirmed=False).values()]
    assert held.startswith("panel w02, clean_w2.sav: is awaiting confirmation and was not loaded: nobody has confirmed")
    assert f"({len(data):,} bytes, 60 rows, 11 columns, SHA-256 {hashlib.sha256(data).hexdigest()})" in held
    assert "`cohesion wave accept panel w02`" in held
    assert answers.read_bytes() == before
    run("wave", "accept", STUDY, "w02")
    assert not [report.message for report in rebuild(root, confirmed=False).values() if report.message]


def test_the_receipt_says_what_came_when_and_about_which_weeks(root):
    os.utime(raw(root) / "clean_w2.sav", (1_600_000_000, 1_600_000_000))
    rebuild(root)
    receipt = store.load(Paths(root), ("receipt", STUDY, "w02")).row(0, named=True)
    dates = clean("w02")["intdate"]
    assert (receipt["first_interview"], receipt["last_interview"]) == (dates.min(), dates.max())
    assert receipt["received_at"] == dt.datetime(2020, 9, 13, 12, 26, 40, tzinfo=dt.UTC)
    assert (receipt["fieldwork_start"], receipt["fieldwork_end"]) == (dt.date(2020, 1, 1), dt.date(2020, 2, 29))
    assert (receipt["rows"], receipt["format"], receipt["first_bytes"], receipt["warnings"]) == (60, "sav", "sav", 0)


def test_mistakes_are_said_plainly(root):
    assert "has no wave `w09`" in run("wave", "accept", STUDY, "w09", fails=True)
    assert "there is no study `nobody`" in run("wave", "draft", "nobody", "x.sav", fails=True)
    assert "there is no such file" in run("wave", "draft", STUDY, "absent.sav", fails=True)
    (raw(root) / "empty.sav").write_bytes(b"")
    assert "absent" not in run("wave", "draft", STUDY, str(raw(root) / "empty.sav"), fails=True)
