"""``cohesion export``: only what is built as declared, nowhere git would see it, and found by a withdrawal."""

import datetime as dt
import shutil
import subprocess
from pathlib import Path

import polars as pl
import pyreadstat
import pytest
from small_study import build, declare, make_root, rows
from typer.testing import CliRunner

from assets.commands.exported import remove_exports
from assets.commands.main import app
from assets.commands.withdrawal import carry_out
from assets.engine.workspace import Workspace
from pipeline.audit import note, read_audit
from pipeline.ingest import load_or_create_key, pseudonymise, traces
from pipeline.paths import Paths
from pipeline.specs import load_project


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = make_root(tmp_path_factory.mktemp("exported") / "root")
    build(root)
    return root


@pytest.fixture
def run(built: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("COHESION_ROOT", str(built))

    def run(*words: str) -> tuple[int, str]:
        found = CliRunner().invoke(app, ["export", *words])
        assert found.exception is None or isinstance(found.exception, SystemExit), found.exception
        return found.exit_code, " ".join(found.output.split())

    return run


def test_the_panel_of_a_study_with_its_wording_reasons_and_weights(built, run):
    code, said = run("first")
    assert (code, "readable by you alone" in said) == (0, True)
    folder = Paths(built).exports / "first"
    values, about = pyreadstat.read_sav(folder / "panel.sav", user_missing=True, output_format="dict")
    assert len(values["person_id"]) == len(rows())
    items = load_project(Paths(built)).studies["first"].items
    labels = about.column_names_to_labels
    assert all(labels[key] == " ".join(item.wording.split()) for key, item in items.items() if key in labels)
    belong = next(key for key, item in items.items() if item.variable == "belong2")
    kept = about.variable_value_labels[belong]
    missing = [kept[value] for value in values[belong] if value < 0]
    assert len(missing) == sum(answer < 0 for answer in rows()["belong2"])
    assert len(set(missing)) == 1
    assert any("Weight: design_weight" in note for note in about.notes)
    entry = read_audit(Paths(built)).entries[-1]
    assert (entry.action, entry.about, entry.details["to"]) == ("export", "first", str(folder))


@pytest.mark.skipif(shutil.which("Rscript") is None, reason="R is not installed")
def test_the_script_of_a_study_without_models_compares_nothing_and_ends_well(built, run):
    assert run("first", "--format", "csv")[0] == 0
    folder = Paths(built).exports / "first"
    done = subprocess.run(["Rscript", "reproduce.R"], cwd=folder, capture_output=True, text=True)
    assert (done.returncode, "0 numbers compared" in done.stdout) == (0, True), done.stderr


def test_what_is_not_built_as_declared_now_is_not_exported(tmp_path, monkeypatch):
    root = make_root(tmp_path / "root")
    monkeypatch.setenv("COHESION_ROOT", str(root))
    never = CliRunner().invoke(app, ["export", "first"])
    assert (never.exit_code, "cohesion build --study first" in never.output) == (1, True)
    assert not Paths(root).exports.exists()


@pytest.mark.parametrize("place", ["root", "repository"])
def test_rows_are_not_written_where_git_would_see_them(built, run, tmp_path, place):
    folder = built / "reports" if place == "root" else tmp_path / "work" / "here"
    (tmp_path / "work" / ".git").mkdir(parents=True)
    code, said = run("first", "--to", str(folder))
    assert (code, "could be committed" in said) == (1, True)
    assert not (folder / "first").exists()


def test_a_withdrawal_removes_exports_wherever_they_were_written(tmp_path, monkeypatch):
    root = make_root(tmp_path / "root")
    build(root)
    monkeypatch.setenv("COHESION_ROOT", str(root))
    paths = Paths(root)
    away, gone = tmp_path / "away", tmp_path / "gone"
    for words in ([], ["--to", str(away)], ["--to", str(gone)]):
        assert CliRunner().invoke(app, ["export", "first", "--format", "parquet,csv", *words]).exit_code == 0
    gone.rename(tmp_path / "moved")
    key = load_or_create_key(paths.pseudonym_key)
    pseudonym = pseudonymise(pl.Series(["P003"]), key, "first")[0]
    assert traces(paths.exports, [pseudonym]).found
    assert traces(away, [pseudonym]).found
    workspace = Workspace(paths, load_project(paths))

    def again(*_: object) -> dict[str, str]:
        return {node: report.message for node, report in build(root).items() if report.message}

    said = list(carry_out(workspace, workspace.project.studies["first"], "P003", "erase", dt.date(2024, 1, 1), again))
    assert not paths.exports.joinpath("first").exists()
    assert not (away / "first").exists()
    assert any("written to" in line and str(gone) in line for line in said)
    assert not any("P003" in line or pseudonym in line for line in said)
    assert CliRunner().invoke(app, ["export", "first", "--format", "csv"]).exit_code == 0
    assert not traces(paths.exports, [pseudonym]).found
    assert pl.read_csv(paths.exports / "first" / "panel.csv").height == len(rows()) - 1


def test_a_changed_declaration_asks_for_a_build_first(tmp_path, monkeypatch):
    root = make_root(tmp_path / "root")
    build(root)
    declare(root, "first", "items.yaml", "recode: {1: 0, 2: 1}", "recode: {1: 1, 2: 0}")
    monkeypatch.setenv("COHESION_ROOT", str(root))
    found = CliRunner().invoke(app, ["export", "first"])
    assert (found.exit_code, "is not built from what is declared" in found.output) == (1, True)


def test_an_item_called_like_a_score_keeps_a_name_of_its_own(tmp_path, monkeypatch):
    root = make_root(tmp_path / "root")
    for file in ("items.yaml", "scales.yaml"):
        path = root / "data" / "studies" / "first" / file
        path.write_text(
            path.read_text().replace("feels_belonging", "belonging").replace("life_satisfied", "life_satisfaction")
        )
    build(root)
    monkeypatch.setenv("COHESION_ROOT", str(root))
    assert CliRunner().invoke(app, ["export", "first", "--format", "csv"]).exit_code == 0
    made = pl.read_csv(Paths(root).exports / "first" / "panel.csv")
    assert {"belonging", "belonging_answer", "belonging_answer_reason", "life_satisfaction"} <= set(made.columns)
    assert "life_satisfaction_answer" not in made.columns
    assert made["belonging_answer"].drop_nulls().to_list() != made["belonging"].drop_nulls().to_list()


def test_a_withdrawal_tells_of_bundles_with_rows_of_people(tmp_path):
    paths = Paths(tmp_path)
    note(paths, "bundle", "first", {"file": "/away/first.bundle.zip", "rows": "panel"})
    note(paths, "bundle", "first", {"file": "/away/other.bundle.zip", "rows": "none"})
    note(paths, "bundle", "second", {"file": "/away/second.bundle.zip", "rows": "panel"})
    said = list(remove_exports(paths, "first"))
    assert len(said) == 1
    assert "/away/first.bundle.zip" in said[0]
