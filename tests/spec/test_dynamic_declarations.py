"""A dynamic model that cannot be estimated is refused as it is declared, with its file and line."""

import shutil

import pytest

from pipeline.errors import DeclarationErrors
from pipeline.paths import REPOSITORY, Paths
from pipeline.specs import load_project

STUDY = "data/studies/example"
MODEL = """question: Does satisfaction carry over?
study: example
family: difference_gmm
outcome: life_satisfaction
exposures: [belonging]
"""
FILE = "reports/models/carries_over.yaml"


def problems(tmp_path, text, waves=()):
    shutil.copytree(REPOSITORY / "data" / "studies" / "_template", tmp_path / STUDY)
    shutil.copy(REPOSITORY / "data" / "concepts.yaml", tmp_path / "data" / "concepts.yaml")
    for wave in waves:
        shutil.copy(tmp_path / STUDY / "waves" / "w01.yaml", tmp_path / STUDY / "waves" / f"{wave}.yaml")
    about = tmp_path / STUDY / "study.yaml"
    about.write_text(about.read_text().replace("    waves: [w01]", f"    waves: [{', '.join(('w01', *waves))}]"))
    file = tmp_path / FILE
    file.parent.mkdir(parents=True)
    file.write_text(text)
    with pytest.raises(DeclarationErrors) as caught:
        load_project(Paths(tmp_path))
    return [problem for problem in caught.value.problems if FILE in problem]


@pytest.mark.parametrize(
    ("added", "says"),
    [
        ("", ":3: a `difference_gmm` model with 1 `outcome_lags` needs 3 waves or more, and has 1."),
        ("waves: [w01]\n", ":6: a `difference_gmm` model with 1 `outcome_lags` needs 3 waves or more, and has 1."),
        ("predetermined: [is_woman]\n", "`predetermined` names `is_woman`, which is none of the `exposures`"),
        ("endogenous: [belonging]\npredetermined: [belonging]\n", "`belonging` is `predetermined` and `endogenous`"),
        ("instruments: [belonging]\n", "`instruments` are outside the model; `belonging` is in it"),
        ("lags: {belonging: 0}\n", "`lags` are waves back: 1 or more"),
        ("instrument_lags: {life_satisfaction: [1, 3]}\n", "its instruments begin at lag 2"),
        ("instrument_lags: {life_satisfaction: [3, 2]}\n", "run from the first to the last"),
        ("instrument_lags: {belonging: [1, 2]}\n", "other terms are their own instruments"),
        ("steps: three\n", "`steps` is `three`; expected 'one' or 'two'"),
        ("level_instruments: false\n", "takes no `level_instruments`"),
        ("weights: design_weight\n", "takes no `weights`"),
    ],
)
def test_is_refused(tmp_path, added, says):
    assert any(says in problem for problem in problems(tmp_path, MODEL + added))


def test_two_lags_need_four_waves_and_instruments_are_concepts(tmp_path):
    found = problems(tmp_path, MODEL + "outcome_lags: 2\ninstruments: [weather]\n", ("w02", "w03"))
    assert any("needs 4 waves or more, and has 3" in problem for problem in found)
    assert any("`weather`" in problem and ":7:" in problem for problem in found)
