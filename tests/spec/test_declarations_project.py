"""The project's own declarations, and the template that new studies start from."""

import shutil
from pathlib import Path

import pytest

from pipeline.paths import REPOSITORY, Paths
from pipeline.specs import Project, load_project

TEMPLATE = REPOSITORY / "data" / "studies" / "_template"


@pytest.fixture(scope="module")
def project() -> Project:
    return load_project(Paths())


def test_the_template_loads_when_copied(tmp_path: Path) -> None:
    shutil.copytree(TEMPLATE, tmp_path / "data" / "studies" / "my_study")
    shutil.copy(REPOSITORY / "data" / "concepts.yaml", tmp_path / "data")
    study = load_project(Paths(tmp_path)).studies["my_study"]
    assert study.scores == ("belonging", "life_satisfaction", "is_woman")
    assert [assumption.what for assumption in study.assumptions] == ["item “Plans to stay in the neighbourhood”"]
    assert study.caveats.startswith("Each assumption is rated")


def test_the_template_loads_with_each_commented_line_put_in(tmp_path: Path) -> None:
    """What the template's comments offer is valid too: every `# key: value` line is tried at once."""
    folder = tmp_path / "data" / "studies" / "my_study"
    shutil.copytree(TEMPLATE, folder)
    shutil.copy(REPOSITORY / "data" / "concepts.yaml", tmp_path / "data")
    for name in ("study.yaml", "waves/w01.yaml"):
        lines = (folder / name).read_text().splitlines()
        offered = [offer(line) for line in lines]
        assert offered != lines
        (folder / name).write_text("\n".join(offered))
    study = load_project(Paths(tmp_path)).studies["my_study"]
    assert study.about.events
    assert study.waves["w01"].exceptions["feels_belonging"].reverse is False


def offer(line: str) -> str:
    """A commented-out declaration (``# key: value``, maybe indented) without its mark; prose is kept as it is."""
    bare = line.replace("# ", "", 1)
    key = bare.split(":")[0].strip(" -{")
    is_declaration = line.lstrip().startswith("#") and ":" in bare and key.isidentifier() and key.islower()
    if is_declaration and key == "sha256":
        return bare.replace("the file's SHA-256", "a" * 64)
    return bare if is_declaration else line


def test_the_template_is_not_a_study(project: Project) -> None:
    assert "_template" not in project.studies


def test_elsoc_holds_what_its_deposit_holds(project: Project) -> None:
    study = project.studies["elsoc"]
    assert study.calendar == {"main": ("w01", "w02", "w03", "w04", "w05")}
    assert [(file.format, file.rows) for _, _, file in study.files()] == [
        ("sav", 2927),
        ("sav", 2473),
        ("dta", 2229),
        ("csv", 2153),
        ("xlsx", 1739),
    ]
    assert all(file.sha256 for _, _, file in study.files())


def test_what_is_assumed_says_why(project: Project) -> None:
    for study in project.studies.values():
        assert all(assumption.reason for assumption in study.assumptions)
    reasons = {assumption.reason for assumption in project.studies["elsoc"].assumptions}
    assert any("holds labels, not the questionnaire" in reason for reason in reasons)
