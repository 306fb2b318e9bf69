"""A study that is not finished does not stop the build of another; its mistakes are named, and `check` still fails."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from layout_study import TRUST, accept_and_build, by_wave, declare_waves, make_root, run, write

from pipeline.errors import DeclarationErrors
from pipeline.paths import Paths
from pipeline.specs import load_studies

ROWS = "id,trust\n" + "\n".join(f"{person},{1 + person % 5}" for person in range(1, 31))
MODEL = "question: How much?\nstudy: {}\nfamily: design_means\noutcomes: [{}]\n"


def two_studies(tmp_path: Path) -> Path:
    root = make_root(tmp_path, {"a.csv": ROWS}, waves=1)
    declare_waves(root, {1: "files: [{arm: main, file: a.csv, format: csv}]\n"})
    shutil.copytree(root / "data/studies/_template", root / "data/studies/second")
    return root


def model(root: Path, name: str, study: str, outcome: str) -> None:
    folder = root / "reports/models"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.yaml").write_text(MODEL.format(study, outcome))


def test_mistakes_of_another_study_are_named_and_stop_nothing_of_this_one(tmp_path):
    root = two_studies(tmp_path)
    model(root, "of_second", "second", "nothing_like_it")
    assert "data/studies/second/study.yaml" in run(root, "check", fails=True)
    run(root, "wave", "accept", "lay", "w01", "--yes")
    said = " ".join(run(root, "build", "--study", "lay").split())
    assert "second: " in said
    assert "mistakes in its declarations; left out" in said
    assert "data/studies/second/study.yaml:" in said
    assert by_wave(root) == {"w01": 30}
    assert "still the template's" in run(root, "build", fails=True)
    assert "still the template's" in run(root, "build", "--study", "second", fails=True)


def test_a_file_that_cannot_be_read_is_its_studys(tmp_path):
    root = two_studies(tmp_path)
    model(root, "of_second", "second", "trust")
    file = root / "reports/models/of_second.yaml"
    file.write_text(file.read_text() + "unknown_key: 1\n")
    project, aside = load_studies(Paths(root), ["lay"])
    assert any("unknown_key" in problem for problem in aside["second"])
    assert set(project.studies) == {"lay"}
    assert not project.models


@pytest.mark.parametrize("study", ["lay", "no_study_at_all"])
def test_mistakes_of_the_study_itself_and_of_no_study_still_stop(tmp_path, study):
    root = two_studies(tmp_path)
    model(root, "mine", study, "nothing_like_it")
    with pytest.raises(DeclarationErrors) as error:
        load_studies(Paths(root), ["lay"])
    assert all("reports/models/mine.yaml" in problem for problem in error.value.problems)


def test_without_mistakes_nothing_is_left_out(tmp_path):
    root = two_studies(tmp_path)
    shutil.rmtree(root / "data/studies/second")
    write(root, "items.yaml", TRUST)
    project, aside = load_studies(Paths(root), ["lay"])
    assert aside == {}
    assert "left out" not in accept_and_build(root, waves=1)
    assert set(project.studies) == {"lay"}
