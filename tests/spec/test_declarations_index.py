"""Mistakes in index.yaml are named with file and line."""

import json
import shutil
from pathlib import Path

import pytest
import yaml

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
    sets = made / "data" / "studies" / STUDY / "area_sets.yaml"
    sets.write_text(sets.read_text(encoding="utf-8").replace("rest: own", "rest: left_out"), encoding="utf-8")
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
    "a weight in quotation marks": (
        "base_wave: w01",
        'base_wave: w01\nweights:\n  method: declared\n  domains: {contact: "2"}',
        13,
        "`2` is text, no weight: give a number, without quotation marks",
    ),
    "points in quotation marks": (
        "base_wave: w01",
        'base_wave: w01\nweights:\n  method: budget\n  budget:\n    Ada: {contact: "2", place: 1}',
        14,
        "`2` is text, no weight",
    ),
    "an area to compare with that no label names": (
        "base_wave: w01",
        "base_wave: w01\nlabels: {SYN00001: North, SYN00002: South}\ncomparison: {areas: [SYN00003]}",
        12,
        "`SYN00003` is not named in `labels`, nor a tile of the study",
    ),
    "a base wave that the weight set lacks": (
        "base_wave: w01",
        "base_wave: w02\nuncertainty: {weights: first_and_last}",
        10,
        "`w02` is not among the waves of the weight set `first_and_last`",
    ),
    "choices of normalisation made of scores that do not keep their range": (
        "base_wave: w01",
        "normalisation: {method: percentile}\nuncertainty: {choices: {normalisation: [z_score]}}",
        11,
        "which `percentile` does not keep",
    ),
    "a choice of the own range that z-scores do not keep": (
        "base_wave: w01",
        "normalisation: {method: z_score}\nuncertainty: {choices: {normalisation: [own_range]}}",
        11,
        "`own_range` cannot be made of scores that are `z_score`",
    ),
    "draws of nothing": ("base_wave: w01", "uncertainty: {draws: 100}", 10, "`draws` are of `choices`"),
    "random weights that nobody draws": ("base_wave: w01", "uncertainty: {perturbed: 0.1}", 10, "`perturbed` is of"),
    "replicates beside those of a weight set": (
        "base_wave: w01",
        "uncertainty: {weights: all, replicates: 60}",
        10,
        "has its own replicates",
    ),
    "bounds of z-scores": ("base_wave: w01", "normalisation: {method: z_score, bounds: [1, 9]}", 10, "`bounds` is for"),
    "limits of outliers that are left": ("base_wave: w01", "outliers: {skew: 3}", 10, "limits of outliers are for"),
    "small areas of no method": (
        "base_wave: w01",
        "small_areas: {method: none, benchmarked: false}",
        10,
        "leave the rest",
    ),
    "waves of persons' scores, composed over areas": (
        "base_wave: w01",
        "composed: areas\nmonitor: {window: 2}",
        11,
        "`window` above 1 compares persons' scores",
    ),
    "goalposts of another method": (
        "openness: {direction: lower}",
        "openness: {goalposts: [1, 7]}",
        9,
        "`goalposts` is for `normalisation: {method: goalposts}`",
    ),
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
    "a list with more than names": ("[outgroup_friends]", "[[outgroup_friends]]", 4, "holds names of scores alone"),
    "a weight that is yes": (
        "base_wave: w01",
        "weights: {method: declared, domains: {place: yes}}",
        10,
        "number",
    ),
    "two areas of one name": ("base_wave: w01", "labels: {A1: North, B1: North}", 10, "are both called `North`"),
    "an area that is an indicator": ("area: area", "area: outgroup_friends", 2, "is an indicator of the index, too"),
    "an area that is a scale": ("area: area", "area: openness", 2, "`openness` is a scale"),
    "a label of no area of the set": (
        "area: area",
        "area: districts_2021\nlabels: {X1: Elsewhere}",
        3,
        "`X1` is not an area of `districts_2021`",
    ),
    "a comparison with an area of no set": (
        "area: area",
        "area: districts_2021\ncomparison: {areas: [X1]}",
        3,
        "`X1` is not an area of `districts_2021`",
    ),
    "a comparison with every area": (
        "area: area",
        "area: districts_2021\ncomparison: {areas: [riverside, hillside]}",
        3,
        "these are all areas",
    ),
    "a comparison with the only arm": ("base_wave: w01", "comparison: {arm: main}", 10, "is the only arm"),
    "an area to compare with, twice": ("base_wave: w01", "comparison: {areas: [A1, A1]}", 10, "`A1` is listed twice"),
    "a benchmark beyond the scale": (
        "base_wave: w01",
        "benchmarks: [{measure: place, value: 300, label: UK, source: x, wording: same, mode: same}]",
        10,
        "is not on the scale of the index, 0 to 100",
    ),
    "a benchmark twice": (
        "base_wave: w01",
        "benchmarks:\n" + 2 * "- {measure: place, value: 3, label: UK, source: x, wording: same, mode: same}\n",
        10,
        "`UK` is given twice of `place`",
    ),
    "a choice that no draw can make": (
        "base_wave: w01",
        "uncertainty: {choices: {normalisation: [borda]}}",
        10,
        "expected 'own_range', 'min_max', 'z_score' or 'percentile'",
    ),
    "a choice twice": (
        "base_wave: w01",
        "uncertainty: {choices: {aggregation: [geometric, geometric]}}",
        10,
        "`geometric` is listed twice",
    ),
    "a choice of points that nobody gave": (
        "base_wave: w01",
        "uncertainty: {choices: {weights: [budget]}}",
        10,
        "only where `weights` says `method: budget`",
    ),
    "a choice over areas of an index of persons": (
        "base_wave: w01",
        "uncertainty: {choices: {aggregation: [copeland]}}",
        10,
        "copeland is a step over areas",
    ),
    "a range narrower than the answers": (
        "openness: {direction: lower}",
        "openness: {range: [2, 3]}",
        9,
        "widen the range, or leave it out",
    ),
    "a reference at the worst end": (
        INDEX.split("domains:\n")[1],
        "  all: {label: All, indicators: {belonging: {reference: 3},\n    openness: {reference: -1}}}\n"
        "normalisation: {method: distance}\n",
        5,
        "the reference of `openness` must lie above",
    ),
    "an early sign twice": (
        "base_wave: w01",
        "monitor: {early: [openness, openness]}",
        10,
        "`openness` is listed twice",
    ),
    "boundaries that are not there": (
        "base_wave: w01",
        "profile: {boundaries: {file: a.geojson, code: x, source: ONS, licence: OGL, vintage: '2023'}}",
        10,
        "data/areas/a.geojson is missing",
    ),
    "words for no comparison": (
        "base_wave: w01",
        "profile: {compared_with: {everybody: all people}}",
        10,
        "`everybody` is not a comparison of the index",
    ),
    "an item that is no score": ("[outgroup_friends]", "[feels_belonging]", 4, "is an item and no score"),
    "a group that nobody answered": ("base_wave: w01", "monitor: {groups: [shoe_size]}", 10, "`shoe_size` is not an"),
    "groups without names": ("base_wave: w01", "monitor: {groups: [age]}", 10, "has no groups with a name"),
    "groups listed twice": ("base_wave: w01", "monitor: {groups: [town, town]}", 10, "twice"),
    "areas that may be judged of too few people": (
        "base_wave: w01",
        "monitor: {fewest_people: 9}",
        10,
        "greater than or equal to 10",
    ),
    "a rule that there is not": ("base_wave: w01", "monitor: {rule: bonferroni}", 10, "family_wise"),
    "too few areas to know how they differ": ("base_wave: w01", "monitor: {fewest_areas: 3}", 10, "equal to 4"),
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


BOUNDED = INDEX.replace("area: area", "area: SET") + (
    "profile: {boundaries: {file: a.geojson, code: x, source: ONS, licence: OGL, vintage: '2023'}}\n"
)


@pytest.mark.parametrize("case", ["no JSON", "no code", "one is missing", "all are there"])
def test_a_file_of_boundaries_is_geojson_with_every_area(root, case):
    sets = yaml.safe_load((root / "data" / "studies" / STUDY / "area_sets.yaml").read_text(encoding="utf-8"))
    name, areas = next((name, list(said["areas"])) for name, said in sets.items() if said.get("rest") == "left_out")
    square = [[[0, 50], [1, 50], [1, 51], [0, 50]]]
    key, geometry = "y" if case == "no code" else "x", {"type": "Polygon", "coordinates": square}
    features = [
        {"type": "Feature", "properties": {key: area}, "geometry": geometry}
        for area in (areas[1:] if case == "one is missing" else areas)
    ]
    text = "{" if case == "no JSON" else json.dumps({"type": "FeatureCollection", "features": features})
    (root / "data" / "areas" / "a.geojson").write_text(text, encoding="utf-8")
    index = BOUNDED.replace("SET", name)
    try:
        if case == "all are there":
            assert read(root, index).profile.boundaries is not None
            return
        with pytest.raises(DeclarationErrors) as caught:
            read(root, index)
    finally:
        (root / "data" / "areas" / "a.geojson").unlink()
    said = {
        "no JSON": "is no JSON",
        "no code": "a feature has no property `x`",
        "one is missing": f"data/areas/a.geojson has no boundary of the area `{areas[0]}`",
    }[case]
    assert any("index.yaml:11:" in one and said in one for one in caught.value.problems), caught.value.problems


def test_a_problem_of_a_whole_file_is_told_with_the_others(root):
    """Caveats without their table have no line of their own; they come with every other mistake."""
    file = root / "data" / "studies" / STUDY / "caveats.md"
    before = file.read_text(encoding="utf-8")
    file.write_text("Nothing is assumed.\n", encoding="utf-8")
    try:
        with pytest.raises(DeclarationErrors) as caught:
            read(root, INDEX.replace("w01", "w09"))
    finally:
        file.write_text(before, encoding="utf-8")
    assert any("caveats.md:1: has no table" in one for one in caught.value.problems)
    assert any("index.yaml:10: `w09`" in one for one in caught.value.problems)
