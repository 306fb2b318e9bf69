"""programme.yaml: every mistake is named with file and line, and the table is that of the plain functions."""

import datetime as dt
import shutil
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from pipeline.errors import DeclarationErrors, ModelError
from pipeline.index import pooled_effects, programme_effects
from pipeline.index.programmes.declared import programme_table
from pipeline.paths import REPOSITORY, Paths
from pipeline.specs import load_project
from pipeline.specs.programme import Programme
from pipeline.tables import Programmes, shaped

FILE = "data/studies/beyond_us_and_them/programme.yaml"


@pytest.fixture(scope="module")
def declared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("programme")
    for name in ("data/studies/beyond_us_and_them", "data/studies/_template", "data/areas"):
        shutil.copytree(REPOSITORY / name, root / name)
    shutil.copy(REPOSITORY / "data" / "concepts.yaml", root / "data")
    return root


# what is written in the file, the mistake in its place, text on the line that is named, what is said
MISTAKES = {
    "an outcome that no score is": (
        "volunteered, optimism]",
        "volunteerd, optimism]",
        "outcomes:",
        "`volunteerd` is not a score",
    ),
    "an outcome twice": ("volunteered, optimism]", "volunteered, volunteered]", "outcomes:", "listed twice"),
    "an arm that is not there": ("arms: [invested]", "arms: [investd]", "arms: [investd]", "did you mean `invested`?"),
    "a comparison that is not there": (
        "arms: [regions]",
        "arms: [region]",
        "arms: [region]",
        "did you mean `regions`?",
    ),
    "a score that is not there": ("by: place", "by: plase", "by:", "`plase` is not a score"),
    "a code that no place has": ("code: 4,", "code: 44,", "code: 44", "`44` is not a code of `place`"),
    "one code twice": ("code: 5,", "code: 4,", "invested_in_cohesion:", "two areas have the code `4`"),
    "no wave before the start": (
        "design: difference",
        "design: before_after",
        "invested_in_cohesion:",
        "started before the study",
    ),
    "a start that is no wave of the arm": (
        "code: 4, start: before",
        "code: 4, start: w08",
        "w08}",
        "`w08` is no wave of the arm",
    ),
    "waves months apart": ("w03: w04,", "w03: w03,", "waves: {", "same time: `w03` and `w03` began 63 days apart."),
    "waves by their names alone": (
        "    waves: {w01: w01, w02: w02, w03: w04, w04: w06, w05: w07, w06: w08}",
        "    within_days: 20",
        "comparison:",
        "days apart",
    ),
    "a weight that is not there": ("weights: design_weight", "weights: stayrs", "stayrs", "did you mean `stayers`?"),
    "a set of other waves": ("weights: design_weight", "weights: three_waves", "three_waves", "`w04` is compared, too"),
    "a set of another arm": (
        "weights: design_weight",
        "weights: stayers",
        "stayers",
        "has no weights of the arm `invested`",
    ),
    "a smallest effect below zero": ("smallest_effect: 0.1", "smallest_effect: -0.1", "-0.1", "greater than 0"),
    "a method that is not there": ("smallest_effect: 0.1", "method: {test: wald}", "method:", "wald"),
    "a moderator without an area": (
        "smallest_effect: 0.1",
        "moderators: {size: {bradford: 1, walsall: 2}}",
        "invested_in_cohesion:",
        "no value of `blackburn_with_darwen`",
    ),
    "all people of a difference": (
        "smallest_effect: 0.1",
        "people: all",
        "invested_in_cohesion:",
        "is for `design: before_after`",
    ),
    "places that are a scale": (
        "by: place",
        "by: belonging",
        "by:",
        "is a scale: places are the codes",
    ),
    "a code of the comparison twice": (
        "arms: [regions]",
        "arms: [regions]\n    codes: [1, 1]",
        "invested_in_cohesion:",
        "the code `1` of the comparison is listed twice",
    ),
    "a moderator of numbers and texts": (
        "smallest_effect: 0.1",
        "moderators: {size: {blackburn_with_darwen: 1, bradford: many, calderdale: 2, peterborough: 2, walsall: 3, "
        "waltham_forest: 4}}",
        "invested_in_cohesion:",
        "has numbers and texts",
    ),
    "one wave of the comparison for two": ("w05: w07", "w05: w08", "comparison:", "compared with two waves"),
}


@pytest.mark.parametrize("case", MISTAKES)
def test_mistake(case: str, declared: Path) -> None:
    old, new, marked, words = MISTAKES[case]
    file = declared / FILE
    right = (REPOSITORY / FILE).read_text()
    assert right.count(old) == 1, old
    file.write_text(right.replace(old, new))
    try:
        with pytest.raises(DeclarationErrors) as caught:
            load_project(Paths(declared))
    finally:
        file.write_text(right)
    lines = right.replace(old, new).splitlines()
    assert len(caught.value.problems) == 1, caught.value.problems
    told = caught.value.problems[0]
    assert words in told
    name, line, _ = told.split(":", 2)
    assert name == FILE
    assert marked in lines[int(line) - 1], told


def panel() -> pl.DataFrame:
    """Three areas, two with a programme from the second wave on; the comparison has a calendar of its own."""
    random = np.random.default_rng(5)
    parts = []
    for code, arm, waves in [
        (1.0, "with", ("w01", "w02")),
        (2.0, "with", ("w01", "w02")),
        (7.0, "without", ("w01", "w03")),
    ]:
        lasting = random.normal(size=60)
        for at, wave in enumerate(waves):
            answers = 3 + lasting + random.normal(0, 0.5, 60) + 0.4 * at * (arm == "with")
            parts.append(pl.DataFrame({
                "person_id": [f"{code}{one}" for one in range(60)], "arm": arm, "wave": wave, "place": code,
                "fieldwork_start": dt.date(2020, 1, 1), "design_weight": random.uniform(0.5, 2, 60), "trust": answers,
            }))  # fmt: skip
    return pl.concat(parts)


def programme(**changed: object) -> Programme:
    declared = {
        "label": "Events", "by": "place", "arms": ["with"], "outcomes": ["trust"],
        "areas": {name: {"label": name, "code": code, "start": "w02"} for name, code in [("north", 1), ("south", 2)]},
        "comparison": {"arms": ["without"], "waves": {"w01": "w01", "w02": "w03"}}, "weights": "design_weight",
    }  # fmt: skip
    return Programme.model_validate({**declared, **changed})


def test_the_table_is_that_of_the_functions() -> None:
    found = programme_table({"events": programme(smallest_effect=0.1)}, panel(), {}, 10)
    rows = panel().with_columns(
        area=pl.col("place").replace_strict({1.0: "north", 2.0: "south", 7.0: "none"}),
        wave=pl.col("wave").replace({"w03": "w02"}),
    )
    effects = programme_effects(rows, "trust", {"north": "w02", "south": "w02"}, ["none"], weights="design_weight")
    expected = pooled_effects(effects, programme="events", outcome="trust")
    assert found.drop("note").equals(expected.drop("note"))
    assert "smallest effect of interest" in found.filter(row="pooled")["note"][0] or "leaves open" in found["note"][2]
    Programmes.validate(shaped(found, Programmes))


def test_a_weight_set_leaves_out_whom_it_does_not_weight() -> None:
    people = panel()["person_id"].unique(maintain_order=True)
    weights = pl.DataFrame({"person_id": people, "panel_weight": [None if at % 4 == 0 else 1.0 for at in range(180)]})
    found = programme_table({"events": programme(weights="stayers")}, panel(), {"stayers": weights}, 10)
    assert found.filter(row="area")["n_persons"].to_list() == [45, 45]


def test_an_area_without_answers_is_named_with_its_programme() -> None:
    areas = {name: {"label": name, "code": code, "start": "w02"} for name, code in [("north", 1), ("east", 3)]}
    with pytest.raises(ModelError, match="programme `events`, trust: no row with an answer is of `east`"):
        programme_table({"events": programme(areas=areas)}, panel(), {}, 10)


def test_one_area_is_shown_and_not_pooled() -> None:
    areas = {"north": {"label": "North", "code": 1, "start": "w02"}}
    found = programme_table({"events": programme(areas=areas)}, panel(), {}, 10)
    pooled = found.filter(row="pooled").row(0, named=True)
    assert pooled["estimate"] is None
    assert pooled["note"] == "withheld: 1 area with an effect cannot be pooled"
    assert found.filter(row="area")["estimate"].null_count() == 0


def test_a_study_without_a_programme_has_none() -> None:
    assert programme_table({}, panel(), {}, 10).is_empty()


def test_waves_before_every_start_have_no_effect():
    with pytest.raises(ValueError, match="all before the programme started anywhere"):
        programme(waves=["w01"])
