"""A file that nobody has confirmed is held: said clearly, nothing of it loaded, nothing lost, nothing else stopped."""

from pathlib import Path

import pytest
from confirmed import confirm_all, sha256_of
from engine_runs import in_dagster
from panel_study import STUDY, changed, declare_wave, make_panel, raw, rebuild, write_sav
from typer.testing import CliRunner

from assets.commands.main import app
from pipeline.paths import Paths


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = make_panel(tmp_path / "root")
    monkeypatch.setenv("COHESION_ROOT", str(root))
    return root


def tables(root: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(Paths(root).warehouse.rglob("*.parquet"))}


def test_without_a_confirmed_receipt_a_file_is_held_and_the_other_waves_are_built(root):
    confirm_all(root)
    declare_wave(root, "w02", "clean_w2.sav")
    reports = rebuild(root, confirmed=False)
    held = reports["wave/panel/w02"]
    path = raw(root) / "clean_w2.sav"
    assert held.awaits
    assert held.message == (
        "panel w02, clean_w2.sav: is awaiting confirmation and was not loaded: nobody has confirmed its receipt "
        f"({path.stat().st_size:,} bytes, 60 rows, 11 columns, SHA-256 {sha256_of(path)}). "
        "What was loaded before stays as it was. If that is the file you expect, "
        "`cohesion wave accept panel w02` writes it into the wave's declaration."
    )
    assert [(check.name, check.passed) for check in held.checks] == [("confirmed", False)]
    assert [reports[f"wave/panel/{wave}"].message for wave in ("w01", "w03")] == ["", ""]
    assert not Paths(root).table("wave", STUDY, "w02").exists()


def test_accepting_loads_it(root):
    confirm_all(root)
    declare_wave(root, "w02", "clean_w2.sav")
    rebuild(root, confirmed=False)
    said = CliRunner().invoke(app, ["wave", "accept", STUDY, "w02"])
    assert said.exit_code == 0, said.output
    assert not [report.message for report in rebuild(root, confirmed=False).values() if report.message]
    assert not rebuild(root, confirmed=False), "nothing is due any more"


@pytest.mark.thorough
def test_other_bytes_than_the_confirmed_are_held_and_what_was_loaded_stays(root):
    rebuild(root)
    before, path = tables(root), raw(root) / "clean_w2.sav"
    confirmed = sha256_of(path)
    write_sav(path, changed(trust2={0: 3.0, 1: 2.0, 2: 1.0}))
    reports = rebuild(root, confirmed=False)
    message = reports["wave/panel/w02"].message
    assert reports["wave/panel/w02"].awaits
    assert f"its SHA-256 is {sha256_of(path)}, confirmed is {confirmed}" in message
    assert "`cohesion wave accept panel w02` makes it the wave's new version, and the one before is kept" in message
    assert tables(root) == before
    assert CliRunner().invoke(app, ["wave", "accept", STUDY, "w02"]).exit_code == 0
    assert "a corrected delivery" in rebuild(root, confirmed=False)["wave/panel/w02"].tables[0].metadata["redelivery"]
    kept = {file.stem for file in Paths(root).kept(STUDY).iterdir()}
    assert {confirmed, sha256_of(path)} <= kept


def test_dagster_shows_a_held_wave_as_a_check_that_did_not_pass(root, monkeypatch):
    declare_wave(root, "w02", "clean_w2.sav")
    result = in_dagster(root, "wave/panel/w02")
    (check,) = result.get_asset_check_evaluations()
    assert (check.check_name, check.passed) == ("confirmed", False)
    assert "cohesion wave accept panel w02" in check.description
    assert not result.success
