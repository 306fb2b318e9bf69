"""A wave that is delivered again: the same bytes are no news; a corrected file is a new version, told in counts."""

import os
import time
from pathlib import Path

import polars as pl
import pytest
from confirmed import confirm_all
from panel_study import ISSUED, STUDY, changed, clean, make_panel, raw, rebuild, write_sav
from shared import SHARED
from typer.testing import CliRunner

from assets.commands.main import app
from assets.deposits import draft_undeclared, look
from assets.engine.workspace import Workspace
from pipeline.ingest import read_deposit
from pipeline.ingest.arrival.at_rest import SETTLED_SECONDS
from pipeline.paths import Paths
from pipeline.specs import load_project

pytestmark = pytest.mark.thorough

LATER = 3600


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = make_panel(tmp_path / "root")
    assert not [report.message for report in rebuild(root).values() if report.message]
    return root


def seen(root: Path):
    return look(Workspace(Paths(root), load_project(Paths(root))), time.time() + LATER)


def test_41_a_corrected_file_is_a_new_version_and_the_old_one_is_kept(root):
    before = clean("w02")["trust2"]
    corrected = {k: 1.0 + before[k] % 5 for k in range(60) if before[k] > 0}
    corrected = dict(list(corrected.items())[:5])
    first_run = {arrival.wave: arrival.run_key for arrival in seen(root).arrivals}
    write_sav(raw(root) / "clean_w2.sav", changed(trust2=corrected))

    assert {wave for wave in first_run if wave not in {arrival.wave for arrival in seen(root).arrivals}} == {"w02"}
    assert seen(root).awaiting == ("panel/w02: `cohesion wave accept panel w02` confirms its receipt",)
    confirm_all(root)
    assert {wave for wave, key in first_run.items() if key not in {a.run_key for a in seen(root).arrivals}} == {"w02"}
    reports = rebuild(root)

    made = {"wave/panel/w02", "redelivery/panel/w02", "links/panel", "findings/panel", "answers/panel"}
    assert set(reports) == made, "outputs are rebuilt"
    told = reports["wave/panel/w02"].tables[0].metadata["redelivery"]
    assert "5 answers of 60 people differ, in 1 variables; 0 people are new, 0 are gone: trust2 (5)" in told
    kept = sorted(Paths(root).kept(STUDY).glob("*.sav"))
    assert len(kept) == 4, "three waves, and the corrected one beside the first"
    versions = [read_deposit(path, "sav").frame for path in kept]
    assert any(version["trust2"].equals(before) for version in versions if version["wave"][0] == 2)
    assert not rebuild(root), "nothing is due any more"


def test_41_the_corrected_file_of_the_collection(tmp_path):
    if not (SHARED / "badwaves").exists():
        pytest.skip("needs the shared collection of bad waves")
    root = make_panel(tmp_path / "root", collection=True)
    rebuild(root)
    (raw(root) / "clean_w2.sav").write_bytes((SHARED / "badwaves" / "41_redelivered_w2.sav").read_bytes())
    told = rebuild(root)["wave/panel/w02"].tables[0].metadata["redelivery"]
    assert "4 answers of 60 people differ" in told  # of the five corrections one changes nothing


def test_41_an_old_version_can_be_built_again(root):
    answers = Paths(root).table("answers", STUDY)
    before = answers.read_bytes()
    (old,) = [path for path in Paths(root).kept(STUDY).glob("*.sav") if read_deposit(path, "sav").frame["wave"][0] == 2]
    write_sav(raw(root) / "clean_w2.sav", changed(trust2={0: 3.0, 1: 2.0, 2: 1.0}))
    rebuild(root)
    (raw(root) / "clean_w2.sav").write_bytes(old.read_bytes())
    rebuild(root)
    assert answers.read_bytes() == before


def test_42_the_same_bytes_under_another_name_are_no_news(root):
    (raw(root) / "w2 final.sav").write_bytes((raw(root) / "clean_w2.sav").read_bytes())
    assert not rebuild(root)
    (words,) = seen(root).repeated
    assert words.startswith("panel: w2 final.sav is already loaded as w02, since ")
    assert not seen(root).undeclared


def test_42_a_pattern_that_fits_both_names_is_no_news_either(root):
    wave = root / "data/studies/panel/waves/w02.yaml"
    wave.write_text(wave.read_text().replace("clean_w2.sav", "*w2*.sav"))
    rebuild(root)
    (raw(root) / "again_w2.sav").write_bytes((raw(root) / "clean_w2.sav").read_bytes())
    assert not rebuild(root)
    write_sav(raw(root) / "other_w2.sav", changed(trust2={0: 3.0, 1: 2.0, 2: 1.0}))
    assert "several files fit" in rebuild(root)["wave/panel/w02"].message


def test_a_file_that_no_wave_declares_is_named(root):
    write_sav(raw(root) / "wave5.sav", changed(trust2={0: 3.0, 1: 2.0, 2: 1.0}))
    assert seen(root).undeclared == {STUDY: ("wave5.sav",)}
    assert not seen(root).repeated


def test_a_file_that_no_wave_declares_is_drafted_once_among_the_output(root):
    path = raw(root) / "wave5.sav"
    write_sav(path, changed(trust2={0: 3.0, 1: 2.0, 2: 1.0}))
    (raw(root) / "broken.sav").write_bytes(b"")
    for file in (path, raw(root) / "broken.sav"):
        os.utime(file, (time.time() - 2 * SETTLED_SECONDS,) * 2)
    workspace = Workspace(Paths(root), load_project(Paths(root)))
    said = draft_undeclared(workspace, look(workspace))
    assert said[0].startswith("panel: broken.sav: ")
    assert said[1] == "panel: a declaration of wave5.sav is proposed in reports/build/drafts/panel/wave5.sav.yaml"
    assert 'trust2: "trust2"  # 100%' in Paths(root).draft_file(STUDY, "wave5.sav").read_text()
    assert not [words for words in draft_undeclared(workspace, look(workspace)) if "wave5" in words]
    assert set(load_project(Paths(root)).studies[STUDY].waves) == {"w01", "w02", "w03"}


def run(root: Path, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> str:
    monkeypatch.setenv("COHESION_ROOT", str(root))
    found = CliRunner().invoke(app, list(arguments))
    assert found.exit_code == 0, found.output
    assert not any(identity in found.output for identity in ISSUED)
    return found.output


def corrected() -> pl.DataFrame:
    """The second wave again: two people gone, two answers to one item changed, a column added."""
    return changed(trust2={5: 5.0, 6: 1.0}).head(58).with_columns(extra=pl.lit(1.0))


def test_before_a_delivery_is_accepted_it_is_said_what_it_changes(root, monkeypatch):
    write_sav(raw(root) / "clean_w2.sav", corrected())
    compared = run(root, monkeypatch, "wave", "compare", STUDY, "w02")
    accepted = run(root, monkeypatch, "wave", "accept", STUDY, "w02")
    for output in (compared, accepted):
        assert "People: 58 in both, 0 added, 2 gone." in output
        assert "Columns: 1 (`extra`) added, none gone." in output
        assert "trust2: 2 changed, 0 filled, 0 emptied" in output
        assert "n 60" in output or "n 5" in output
    (file,) = load_project(Paths(root)).studies[STUDY].waves["w02"].files
    assert len(file.earlier) == 1
    assert file.sha256 != file.earlier[0]
    assert {path.stem for path in Paths(root).kept(STUDY).iterdir()} >= {file.sha256, file.earlier[0]}
    assert "Nothing differs" in run(root, monkeypatch, "wave", "compare", STUDY, "w02")


def test_an_earlier_delivery_is_built_again_by_its_number_and_by_its_hash(root, monkeypatch):
    answers = Paths(root).table("answers", STUDY)
    before = answers.read_bytes()
    write_sav(raw(root) / "clean_w2.sav", corrected())
    run(root, monkeypatch, "wave", "accept", STUDY, "w02")
    run(root, monkeypatch, "build", "--workers", "0", "-q", "--select", f"answers/{STUDY}")
    after = answers.read_bytes()
    assert after != before
    (file,) = load_project(Paths(root)).studies[STUDY].waves["w02"].files
    for version in ("w02=1", f"w02={file.earlier[0][:12]}"):
        run(root, monkeypatch, "build", "--workers", "0", "-q", "--select", f"answers/{STUDY}", "--as-of", version)
        assert answers.read_bytes() == before
        run(root, monkeypatch, "build", "--workers", "0", "-q", "--select", f"answers/{STUDY}")
        assert answers.read_bytes() == after


MODEL = """
question: How much do people trust?
study: panel
family: design_means
outcomes: [generalised_trust]
weights: design_weight
lonely_psu: certainty
"""


def test_the_drift_report_holds_what_a_correction_changed_against_the_delivery_before(root, monkeypatch):
    paths = Paths(root)
    paths.models.mkdir(parents=True, exist_ok=True)
    (paths.models / "printed.yaml").write_text(MODEL)
    items = paths.study(STUDY) / "items.yaml"
    items.write_text(items.read_text().replace("trust2: {", "trust2: {concept: generalised_trust, "))
    reweighted = corrected().with_columns(wt=pl.when(pl.col("pid") == ISSUED[5]).then(9.0).otherwise("wt"))
    write_sav(raw(root) / "clean_w2.sav", reweighted)
    accepted = run(root, monkeypatch, "wave", "accept", STUDY, "w02")
    select = ("--select", f"findings/{STUDY}")
    run(root, monkeypatch, "build", "--workers", "0", "-q", *select)
    page = paths.drift_file(STUDY).read_text()
    for said in ("Delivered again", "People: 58 in both, 0 added, 2 gone.", "Columns: 1 (`extra`) added, none gone."):
        assert said in page
    table = pl.read_parquet(paths.table("redelivery", STUDY, "w02"))
    cells = table.filter(pl.col("part") == "cells").select("name", "changed", "filled", "emptied").rows()
    assert ("trust2", 2, 0, 0) in cells
    (moved,) = table.filter(part="means", name="trust2").to_dicts()
    assert moved["printed"] == "weights as delivered"
    for when, frame in (("before", clean("w02")), ("after", reweighted)):
        valid = frame.filter(pl.col("trust2") > 0)
        weighted = (valid["trust2"] * valid["wt"]).sum() / valid["wt"].sum()
        assert moved[f"answers_{when}"] == valid.height
        assert moved[f"mean_{when}"] == pytest.approx(valid["trust2"].mean())
        assert moved[f"weighted_{when}"] == pytest.approx(weighted)
    assert f"weighted {moved['weighted_before']:.3f} → {moved['weighted_after']:.3f}" in accepted
    assert f"{moved['weighted_after'] - moved['weighted_before']:+.3f}" in page
    assert not any(identity in page for identity in ISSUED)

    again = table_and_page(root)
    run(root, monkeypatch, "build", "--workers", "0", "-q", "--force", *select)
    assert table_and_page(root) == again, "same inputs, same bytes"
    run(root, monkeypatch, "build", "--workers", "0", "-q", *select, "--as-of", "w02=1")
    assert "Delivered again" not in paths.drift_file(STUDY).read_text(), "the first delivery corrects nothing"


def table_and_page(root: Path) -> tuple[bytes, bytes]:
    paths = Paths(root)
    return paths.table("redelivery", STUDY, "w02").read_bytes(), paths.drift_file(STUDY).read_bytes()


def test_an_earlier_delivery_that_is_not_kept_is_said_to_be_missing_and_stops_nothing(root):
    write_sav(raw(root) / "clean_w2.sav", corrected())
    confirm_all(root)
    paths = Paths(root)
    (file,) = load_project(paths).studies[STUDY].waves["w02"].files
    (kept,) = paths.kept(STUDY).glob(f"{file.earlier[0]}.*")
    kept.unlink()
    reports = rebuild(root)
    assert not [report.message for report in reports.values() if report.message]
    page = paths.drift_file(STUDY).read_text()
    assert "is not kept here" in page
    assert "Means that move" not in page


def test_a_delivery_that_is_not_there_is_named(root, monkeypatch):
    monkeypatch.setenv("COHESION_ROOT", str(root))
    found = CliRunner().invoke(app, ["build", "--as-of", "w02=7"])
    assert found.exit_code == 1
    assert "panel w02: has no delivery `7`" in " ".join(found.output.split())
