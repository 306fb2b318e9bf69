"""Each file of a study folder has one record; a further file takes one record and one declaration class."""

import shutil
from pathlib import Path

import pytest

from pipeline.errors import DeclarationErrors
from pipeline.paths import REPOSITORY, Paths
from pipeline.specs import Project, load_project
from pipeline.specs.base import Assumable
from pipeline.specs.reader import load, load_each
from pipeline.specs.study_files import STUDY_FILES, StudyPart

STUDIES = REPOSITORY / "data" / "studies"
NOTES = "first_visit:\n  label: The first visit\n  minutes: 40\n  assumed: true\n  reason: nobody timed it\n"


class Visit(Assumable):
    """One entry of the toy file visits.yaml."""

    label: str
    minutes: int


VISITS = StudyPart("visits", "visits.yaml", "how long a visit takes", Visit, load_each, entry="visit")
SITES = StudyPart("sites", "sites/*.yaml", "one file for each site", Visit, load, entry="site")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The template as a study, which declares visits."""
    folder = tmp_path / "data" / "studies" / "example"
    shutil.copytree(STUDIES / "_template", folder)
    shutil.copy(REPOSITORY / "data" / "concepts.yaml", tmp_path / "data")
    (folder / "visits.yaml").write_text(NOTES)
    return folder


def project_with(folder: Path, *parts: StudyPart) -> Project:
    with STUDY_FILES.registered(*parts):
        return load_project(Paths(folder.parents[2]))


def problems_with(folder: Path, *parts: StudyPart) -> list[str]:
    with pytest.raises(DeclarationErrors) as caught:
        project_with(folder, *parts)
    return caught.value.problems


def test_a_further_file_is_an_attribute_of_the_study(folder: Path) -> None:
    study = project_with(folder, VISITS).studies["example"]
    assert study.visits["first_visit"].minutes == 40  # type: ignore[attr-defined]


def test_its_assumptions_and_its_hash_are_those_of_any_file(folder: Path) -> None:
    with STUDY_FILES.registered(VISITS):
        study = load_project(Paths(folder.parents[2])).studies["example"]
        assert ("visit “The first visit”", "nobody timed it") in [(it.what, it.reason) for it in study.assumptions]
        before = study.digest_of("visits")
        (folder / "visits.yaml").write_text(NOTES.replace("40", "50"))
        after = load_project(Paths(folder.parents[2])).studies["example"]
        assert after.digest_of("visits") != before
        assert after.digest_of("items") == study.digest_of("items")


def test_its_mistakes_have_file_and_line(folder: Path) -> None:
    (folder / "visits.yaml").write_text(NOTES.replace("minutes", "minuts"))
    assert problems_with(folder, VISITS) == [
        "data/studies/example/visits.yaml:1: the key `minutes` is missing from `first_visit`.",
        "data/studies/example/visits.yaml:3: `first_visit.minuts` is not a valid key; did you mean `minutes`?",
    ]


def test_without_the_file_the_study_declares_none(folder: Path) -> None:
    (folder / "visits.yaml").unlink()
    assert project_with(folder, VISITS).studies["example"].visits == {}  # type: ignore[attr-defined]


def test_a_folder_of_files_is_one_entry_each(folder: Path) -> None:
    (folder / "sites").mkdir()
    (folder / "sites" / "north.yaml").write_text("label: North\nminutes: 5\n")
    study = project_with(folder, VISITS, SITES).studies["example"]
    assert {name: site.minutes for name, site in study.sites.items()} == {"north": 5}  # type: ignore[attr-defined]


def test_a_file_without_a_record_is_named(folder: Path) -> None:
    (folder / "visits.yaml").rename(folder / "weight.yaml")
    assert problems_with(folder) == [
        "data/studies/example/weight.yaml:1: is not a file of a study; did you mean `weights.yaml`?"
    ]


def test_the_table_of_files_is_that_of_the_records() -> None:
    rows = [f"| `{part.path.replace('*', 'w01')}` | {part.holds} |" for part in STUDY_FILES.values()]
    lines = (STUDIES / "README.md").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if line.startswith("| `")] == rows


def test_the_template_has_every_file() -> None:
    assert all(list((STUDIES / "_template").glob(part.path)) for part in STUDY_FILES.values())
