"""Mistakes in index.yaml are named with file and line."""

import shutil
from pathlib import Path

import pytest

from pipeline.errors import DeclarationErrors
from pipeline.paths import REPOSITORY, Paths
from pipeline.specs import load_project

STUDY = "parallel_lives"
INDEX = """title: An index
area: area
domains:
  contact: {label: Contact, indicators: [outgroup_friends]}
  place:
    label: Belonging
    indicators:
      belonging:
      openness: {direction: lower}
base_wave: w01
"""


@pytest.fixture(scope="module")
def root(tmp_path_factory) -> Path:
    made = tmp_path_factory.mktemp("declared")
    shutil.copytree(REPOSITORY / "data" / "studies" / STUDY, made / "data" / "studies" / STUDY)
    (made / "data" / "studies" / STUDY / "plan.yaml").unlink()
    shutil.copytree(REPOSITORY / "data" / "areas", made / "data" / "areas")
    shutil.copy(REPOSITORY / "data" / "concepts.yaml", made / "data")
    return made


def read(root: Path, text: str):
    (root / "data" / "studies" / STUDY / "index.yaml").write_text(text, encoding="utf-8")
    return load_project(Paths(root)).studies[STUDY].index


def test_an_index_is_read_with_its_measures_and_their_levels(root):
    index = read(root, INDEX)
    assert index.structure == {"contact": ("outgroup_friends",), "place": ("belonging", "openness")}
    assert index.measures["index"] == "index"
    assert index.measures["openness"] == "indicator"
    assert index.indicators["openness"].direction == "lower"


def test_a_file_of_comments_declares_no_index(root):
    assert read(root, "# title: none\n") is None


MISTAKES = {
    "a score that is not there": ("[outgroup_friends]", "[outgroup_friend]", 4, "`outgroup_friend` is not a score"),
    "an indicator in two domains": ("openness:", "outgroup_friends:", 3, "is in `contact` and in `place`"),
    "an indicator twice": ("[outgroup_friends]", "[outgroup_friends, outgroup_friends]", 4, "is listed twice"),
    "a domain called as an indicator": ("  place:", "  belonging:", 3, "`belonging` names two measures"),
    "a base wave that is not there": ("w01", "w09", 10, "`w09` is not a wave"),
    "an area that is no score": ("area: area", "area: town", 2, "`town` is not a score"),
    "a weight for something absent": (
        "base_wave: w01",
        "weights: {method: declared, domains: {trust: 2}}",
        10,
        "`trust` is not a domain of the index",
    ),
    "weights of another method": ("base_wave: w01", "weights: {domains: {place: 2}}", 10, "`method: declared`"),
    "points to some domains alone": (
        "base_wave: w01",
        "weights: {method: budget, budget: {Ada: {place: 2}}}",
        10,
        "`Ada` gave no points to `contact`",
    ),
    "a geometric mean with zeros": ("base_wave: w01", "aggregation: {index: geometric}", 10, "bounds: [1, 100]"),
    "copeland over persons": ("base_wave: w01", "aggregation: {index: copeland}", 10, "say `composed: areas`"),
    "imputed over areas, as no replicate is": (
        "base_wave: w01",
        "composed: areas\nimputation: mean",
        11,
        "are not imputed in replicates",
    ),
    "outliers of persons": ("base_wave: w01", "outliers: {method: winsorise}", 10, "is a step over areas"),
    "a benchmark with another wording": (
        "base_wave: w01",
        "benchmarks: [{measure: place, value: 3, label: UK, source: x, wording: different, mode: same}]",
        10,
        "has another wording",
    ),
    "a benchmark of another mode, of nothing": (
        "base_wave: w01",
        "benchmarks: [{measure: town, value: 3, label: UK, source: x, wording: same, mode: same}]",
        10,
        "`town` is not a measure of the index",
    ),
    "goalposts without posts": ("base_wave: w01", "normalisation: {method: goalposts}", 10, "needs the `goalposts` of"),
    "fewer people than may be shown": ("base_wave: w01", "smallest_shown: 5", 10, "greater than or equal to 10"),
    "an arm that is not there": ("base_wave: w01", "comparison: {arm: boost}", 10, "`boost` is not an arm"),
    "a weight set that is not there": (
        "base_wave: w01",
        "uncertainty: {weights: all}",
        10,
        "`all` is not a weight set",
    ),
    "a covariate that is no area measure": (
        "base_wave: w01",
        "small_areas: {covariates: [age]}",
        10,
        "`age` is not an area measure",
    ),
    "a measure to monitor": ("base_wave: w01", "monitor: {measures: [town]}", 10, "`town` is not a measure"),
    "a method that there is not": ("base_wave: w01", "normalisation: {method: softmax}", 10, "softmax"),
}


@pytest.mark.parametrize("case", MISTAKES)
def test_a_mistake_has_its_line(root, case):
    before, after, line, said = MISTAKES[case]
    assert before in INDEX
    with pytest.raises(DeclarationErrors) as caught:
        read(root, INDEX.replace(before, after, 1))
    found = [one for one in caught.value.problems if "index.yaml" in one]
    assert any(f"index.yaml:{line}:" in one and said in one for one in found), found
    assert caught.value.problems == found
