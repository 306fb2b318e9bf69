"""Where an erasure looks: the folder of the last build, the shared cases, and files that no declaration names."""

import datetime as dt
import shutil
from pathlib import Path

import polars as pl
import pytest
from erased_studies import ABOUT, ITEMS, STUDY, WAVE, bytes_below, check, make
from shared import ROOT, SHARED

from assets.commands.remembered import remember_deposits
from assets.commands.withdrawal import carry_out
from assets.engine.workspace import Workspace
from pipeline.errors import CohesionError
from pipeline.ingest.withdrawal.needles import Needles, is_distinctive
from pipeline.paths import Paths
from pipeline.specs import load_project


def erase(workspace: Workspace, person: str) -> list[str]:
    study = workspace.project.studies[STUDY]
    return list(carry_out(workspace, study, person, "erase", dt.date(2020, 6, 1), lambda *_: {}))


def workspace_of(root: Path, deposits: Path | None = None) -> Workspace:
    return Workspace(Paths(root), load_project(Paths(root)), {} if deposits is None else {STUDY: deposits})


@pytest.mark.parametrize("way", ["given", "remembered"])
def test_deposits_are_where_the_last_build_read_them(tmp_path: Path, way: str) -> None:
    study = make(tmp_path / "root", 5)
    elsewhere = tmp_path / "far"
    study.raw.resolve().rename(elsewhere)
    if study.raw.is_symlink():
        study.raw.unlink()
    for file in study.files:
        file.path = elsewhere / file.path.name
    study.beside = {elsewhere / path.name: content for path, content in study.beside.items()}
    with pytest.raises(CohesionError, match="--deposits DIR"):
        erase(workspace_of(study.root), study.person)
    remember_deposits(workspace_of(study.root, elsewhere), {STUDY})
    said = erase(workspace_of(study.root, elsewhere if way == "given" else None), study.person)
    check(study)
    assert said[-1].startswith("Proved")


def root_with(root: Path, *files: Path) -> Path:
    """A study whose first wave is the first file; the others lie beside it."""
    raw, declared = root / "data" / "raw" / STUDY, root / "data" / "studies" / STUDY
    raw.mkdir(parents=True)
    (declared / "waves").mkdir(parents=True)
    shutil.copy(ROOT / "data" / "concepts.yaml", root / "data")
    for file in files:
        shutil.copy(file, raw)
    (declared / "study.yaml").write_text(ABOUT.format(ids="", issued="").replace("[w01, w02]", "[w01]"))
    (declared / "items.yaml").write_text(ITEMS)
    (declared / "waves" / "w01.yaml").write_text(WAVE.format(year=2019, file=f"file: {files[0].name}, format: csv"))
    return root


@pytest.mark.skipif(not (SHARED / "faults").exists(), reason="the shared collection is not here")
def test_one_of_sixty_numbers_is_one_row(tmp_path: Path) -> None:
    given = SHARED / "faults" / "waves"
    root = root_with(tmp_path / "root", given / "e1_numeric_ids.csv", given / "e2_mac_roman.csv")
    raw = root / "data" / "raw" / STUDY
    (raw / "codebook.csv").write_text("code,label\n3,Neither\n")
    before = bytes_below(raw)
    said = erase(workspace_of(root), "3")
    lines = (given / "e1_numeric_ids.csv").read_bytes().splitlines(keepends=True)
    after = bytes_below(raw)
    assert after.pop("e1_numeric_ids.csv") == b"".join(line for line in lines if not line.startswith(b"3,"))
    assert after == {name: content for name, content in before.items() if name != "e1_numeric_ids.csv"}
    assert said[0].startswith("Erased 1 rows from 1 files")
    assert "Not decided" in said[-1]
    assert "codebook.csv" in said[-1]


def test_a_list_that_no_declaration_names_is_reported_and_not_cut(tmp_path: Path) -> None:
    wave = tmp_path / "wave.csv"
    wave.write_text("pid,q1,q2\nP0003,1,2\nP0004,2,3\n")
    contacts = tmp_path / "contacts.csv"
    contacts.write_text("pid,phone\nP0003,1\n")
    root = root_with(tmp_path / "root", wave, contacts)
    with pytest.raises(CohesionError, match=r"traces are left in data/raw/erased/contacts.csv") as raised:
        erase(workspace_of(root), "P0003")
    assert "P0003" not in str(raised.value)
    raw = root / "data" / "raw" / STUDY
    assert (raw / "contacts.csv").read_text() == contacts.read_text()
    assert Paths(root).erasing(STUDY).exists(), "the originals are kept until the proof holds"
    (raw / "contacts.csv").unlink()
    assert erase(workspace_of(root), "P0003")[-1].startswith("Proved")
    assert not Paths(root).erasing(STUDY).exists()


def test_a_hard_link_outside_is_refused_before_anything_changes(tmp_path: Path) -> None:
    wave = tmp_path / "wave.csv"
    wave.write_text("pid,q1,q2\nP0003,1,2\nP0004,2,3\n")
    root = root_with(tmp_path / "root", wave)
    (tmp_path / "outside.csv").hardlink_to(root / "data" / "raw" / STUDY / "wave.csv")
    before = bytes_below(root / "data" / "raw")
    with pytest.raises(CohesionError, match="further names"):
        erase(workspace_of(root), "P0003")
    assert bytes_below(root / "data" / "raw") == before


@pytest.mark.parametrize(
    ("identity", "means_the_person"),
    [("3", False), ("1010", False), ("12-1", False), ("P1", False), ("P0003", True), ("94347659", True)],
)
def test_which_ids_mean_the_person_wherever_they_stand(identity: str, means_the_person: bool) -> None:
    assert is_distinctive(identity) == means_the_person


@pytest.mark.parametrize(
    ("text", "is_there"),
    [("12", True), ("of 12.", True), ("12-1", False), ("12-1 and 12", True), ("123", False), ("a12", False)],
)
def test_part_of_another_id_is_not_the_id(text: str, is_there: bool) -> None:
    needles = Needles(frozenset({"12"}), others=frozenset({"12-1"}))
    assert bool(needles.in_text(text)) == is_there
    assert bool(needles.in_bytes(text.encode())) == is_there
    assert bool(needles.in_bytes(text.encode("utf-16-le"))) == is_there
    assert bool(needles.in_frame(pl.DataFrame({"said": [text]}))) == is_there
