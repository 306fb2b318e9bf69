"""Where a file holds labels in place of codes, each label stands for one code; else `check` says so, with its line."""

import shutil
from pathlib import Path

import polars as pl
import pytest
from shared import shared

from pipeline.errors import DeclarationErrors
from pipeline.ingest.quarantine.answer_labels import NOT_A_LABEL, SEVERAL, codes_of
from pipeline.paths import REPOSITORY, Paths
from pipeline.specs import load_project

STUDY = "data/studies/example"
CODES = "codes: {1: Very strongly, 2: Fairly strongly, 3: Not very strongly, 4: Not at all strongly}"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    shutil.copytree(REPOSITORY / "data" / "studies" / "_template", tmp_path / STUDY)
    shutil.copy(REPOSITORY / "data" / "concepts.yaml", tmp_path / "data" / "concepts.yaml")
    about = tmp_path / STUDY / "study.yaml"
    for key in ("title", "short_title", "population", "citation", "licence"):
        lines = about.read_text().splitlines()
        about.write_text("\n".join(f"{key}: Own" if line.startswith(f"{key}:") else line for line in lines))
    return tmp_path


def edit(project: Path, name: str, old: str, new: str) -> None:
    file = project / STUDY / name
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, new, 1))


def mistakes(project: Path) -> list[str]:
    try:
        load_project(Paths(project))
    except DeclarationErrors as error:
        return error.problems
    return []


def line_of(project: Path, name: str, text: str) -> int:
    return next(n for n, line in enumerate((project / STUDY / name).read_text().splitlines(), 1) if text in line)


TWINS = {
    "the same": "Fairly strongly",
    "another case": "fairly STRONGLY",
    "spaces": "'  Fairly  strongly '",
}


@pytest.mark.parametrize("label", TWINS.values(), ids=TWINS)
def test_two_codes_with_one_label(project, label):
    edit(project, "items.yaml", "3: Not very strongly", f"3: {label}")
    assert not mistakes(project), "as codes they are two"
    edit(project, "waves/w01.yaml", "format: csv", "format: csv\n    answers: labels")
    (found,) = mistakes(project)
    line = line_of(project, "items.yaml", "2: Fairly strongly")
    assert found.startswith(f"{STUDY}/items.yaml:{line}: code `3` has the label of code `2`, “")
    assert "study_wave_1.csv (w01, `belong1`) holds labels in place of codes" in found


def test_two_codes_of_a_wave_of_its_own(project):
    edit(project, "waves/w01.yaml", "format: csv", "format: csv\n    answers: labels")
    text = "\nexceptions:\n  feels_belonging:\n    reason: other words\n    codes:\n      1: Yes\n      2: Other\n"
    text += "      3: Other\n"
    file = project / STUDY / "waves/w01.yaml"
    file.write_text(file.read_text() + text)
    (found,) = mistakes(project)
    assert found.startswith(f"{STUDY}/waves/w01.yaml:{line_of(project, 'waves/w01.yaml', '3: Other')}: code `3` has")


def test_two_items_of_one_variable(project):
    edit(project, "items.yaml", "variable: belong2", "variable: belong1")
    edit(project, "items.yaml", "1: Strongly agree", "1: Not at all strongly")
    edit(project, "waves/w01.yaml", "format: csv", "format: csv\n    answers: labels")
    (found,) = mistakes(project)
    assert "code `1` has the label of code `4` of `feels_belonging`, “Not at all strongly”" in found


def test_codes_with_their_label_can_share_it(project):
    edit(project, "items.yaml", "3: Not very strongly", "3: Fairly strongly")
    edit(project, "waves/w01.yaml", "format: csv", "format: csv\n    answers: code_and_label")
    assert not mistakes(project)


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("items.yaml", "4: Not at all strongly}", "4: Not at all strongly, 4.0: Never}"),
        ("study.yaml", "-9: no_answer", "-9: no_answer\n  -9.0: refused"),
    ],
)
def test_one_code_in_two_spellings(project, name, old, new):
    edit(project, name, old, new)
    (found,) = [problem for problem in mistakes(project) if "one code" in problem]
    assert "Keep one of the two" in found


@pytest.mark.parametrize(
    ("text", "how", "code", "reason"),
    [
        ("Other", "labels", None, SEVERAL),
        ("Never", "labels", "1", None),
        ("Nope", "labels", None, NOT_A_LABEL),
        ("3 - Other", "code_and_label", "3", None),
        ("5 - other", "code_and_label", "5", None),
    ],
)
def test_no_text_stands_for_two_codes(text, how, code, reason):
    codes, reasons = codes_of(pl.Series("q", [text]), {"1": "Never", "3": "Other", "5": "Other"}, how)
    assert (codes[0], reasons[0]) == (code, reason)


def test_c12_duplicate_labels(project):
    shared("faults", "waves", "c12_duplicate_labels.csv")
    edit(project, "items.yaml", CODES, "codes: {1: Never, 2: Rarely, 3: Other, 4: Often, 5: Other}")
    edit(project, "items.yaml", "variable: belong1", "variable: q1")
    edit(project, "waves/w01.yaml", "file: study_wave_1.csv", "file: c12_duplicate_labels.csv")
    edit(project, "waves/w01.yaml", "format: csv", "format: csv\n    answers: labels")
    (found,) = mistakes(project)
    line = line_of(project, "items.yaml", "5: Other")
    assert found.startswith(f"{STUDY}/items.yaml:{line}: code `5` has the label of code `3`, “Other”, and c12_")
