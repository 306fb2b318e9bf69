"""The toolkit of a local project: spread, stability and likeness as they were planted, and answers in words."""

import numpy as np
import polars as pl
import pytest

from pipeline.errors import CohesionError
from pipeline.index import Measure, minimum_n, power_of, toolkit
from pipeline.index.programmes.toolkit_pages import answers, measures_of, plan_words, told, toolkit_html
from pipeline.paths import REPOSITORY, Paths
from pipeline.specs import load_project

ICC, STABLE = 0.06, 0.5
PLAN = {
    "effect": 0.2,
    "areas": 6,
    "people": 50,
    "power": 0.8,
    "alpha": 0.05,
    "area_correlation": 0.8,
    "least_icc": 0.01,
}


def panel(areas: int = 200, people: int = 25) -> pl.DataFrame:
    """Two waves of people in areas, with planted likeness within areas and stability over time; a yes or no."""
    random = np.random.default_rng(2)
    area = np.repeat(np.arange(areas), people)
    place = random.normal(0, np.sqrt(ICC), areas)[area]
    first = random.normal(size=len(area))
    second = STABLE * first + np.sqrt(1 - STABLE**2) * random.normal(size=len(area))
    waves = []
    for wave, own in [("w01", first), ("w02", second)]:
        waves.append(pl.DataFrame({
            "person_id": [f"p{one}" for one in range(len(area))], "arm": "main", "wave": wave,
            "place": [f"a{one}" for one in area], "belonging": 3 + 0.8 * (place + np.sqrt(1 - ICC) * own),
            "volunteered": (random.random(len(area)) < 0.3).astype(float),
        }))  # fmt: skip
    return pl.concat(waves)


MEASURES = {
    "belonging": Measure("Belonging", ("I belong here.", "I feel at home."), 1, 5, "higher means more", 0.8),
    "volunteered": Measure("Volunteered", ("Did you volunteer?",), 0, 1),
}


def rows(**options):
    table = toolkit(panel(), MEASURES, **{"area": "place", **PLAN, **options})
    return {row["measure"]: row for row in table.rows(named=True)}


def test_spread_stability_and_likeness_are_as_planted():
    found = rows()["belonging"]
    assert found["sd"] == pytest.approx(0.8, rel=0.03)
    assert found["icc"] == pytest.approx(ICC, abs=0.015)
    assert found["correlation"] == pytest.approx(ICC + (1 - ICC) * STABLE, abs=0.03)
    assert (found["n_persons"], found["n_areas"], found["n_items"]) == (5000, 200, 2)


def test_numbers_are_those_of_the_functions():
    found = rows()["belonging"]
    once = {"areas": 6, "icc": found["icc"]}
    assert found["n_two_groups"] == minimum_n(0.2)
    assert found["n_before_after"] == minimum_n(0.2, design="before_after", correlation=found["correlation"])
    assert found["power_in_areas"] == power_of(0.2, 50, **once)
    twice = {"design": "with_comparison", "correlation": found["correlation"], "area_correlation": 0.8}
    assert found["power_in_areas_with_comparison"] == power_of(0.2, 50, **once, **twice)
    assert found["n_in_areas"] is None  # six areas that differ so much are too few, however many are asked


def test_shares_are_planned_as_shares():
    found = rows()["volunteered"]
    shares = (found["mean"], found["mean"] + found["raw_effect"])
    assert found["n_two_groups"] == minimum_n(0, shares=shares)


def test_few_areas_that_look_alike_are_planned_with_some_likeness():
    found = rows(least_icc=0.05)["volunteered"]
    assert found["icc"] < 0.05
    assert found["power_in_areas"] == power_of(0.2, 50, areas=6, icc=0.05)


def test_order_of_rows_does_not_matter():
    shuffled = panel().sample(fraction=1, shuffle=True, seed=4)
    table = toolkit(shuffled, MEASURES, area="place")
    other = toolkit(panel(), MEASURES, area="place")
    numbers = [name for name, kind in table.schema.items() if kind.is_float()]
    for name in numbers:
        assert table[name].fill_null(-1).to_list() == pytest.approx(other[name].fill_null(-1).to_list(), rel=1e-9)


def test_few_people_are_withheld_and_a_constant_is_said():
    few = panel().filter(pl.col("person_id").is_in([f"p{one}" for one in range(9)]))
    assert toolkit(few, MEASURES)["note"].to_list() == ["withheld: fewer than 10 people answered"] * 2
    same = panel().with_columns(belonging=pl.lit(3.0))
    assert toolkit(same, {"belonging": MEASURES["belonging"]})["note"].to_list() == ["everybody answers the same"]


@pytest.mark.parametrize(
    ("measures", "options", "words"),
    [
        ({"hope": Measure("Hope")}, {}, "no score `hope`"),
        ({}, {}, "no measure is named"),
        (MEASURES, {"area": "nowhere"}, "no column `nowhere`"),
        (MEASURES, {"effect": 0}, "nothing to look for"),
        (MEASURES, {"areas": 1}, "two areas or more"),
        (MEASURES, {"people": 0}, "number of people"),
    ],
)
def test_refuses(measures, options, words):
    with pytest.raises(CohesionError, match=words):
        toolkit(panel(20, 10), measures, **options)


def test_what_is_said():
    table = toolkit(panel(), MEASURES, area="place")
    lines = told(table, "A study", PLAN)
    assert lines[0] == "A study: how to measure what a project changes"
    assert any("no number of people in each area is enough" in line for line in lines)
    assert dict(answers(table.row(1, named=True), PLAN))["Asked once"].endswith(
        "with and as many without the programme"
    )
    template = (REPOSITORY / "reports" / "templates" / "toolkit.html.j2").read_bytes()
    page = toolkit_html(table, "A <study>", PLAN, True, template).decode()
    assert "A &lt;study&gt;" in page
    assert "Synthetic data" in page
    assert all(sentence in page for sentence in plan_words(PLAN))


def test_measures_of_a_study_are_what_a_project_may_change():
    project = load_project(Paths(REPOSITORY))
    study = project.studies["beyond_us_and_them"]
    reliability = pl.DataFrame({"scale": ["neighbourliness"] * 2, "alpha": [0.8, 0.7]})
    found = measures_of(study, project.concepts, reliability)
    assert "neighbourliness" in found
    assert not {"age", "is_woman", "place", "invested_area"} & set(found)
    one = found["neighbourliness"]
    assert one.alpha == 0.7
    assert one.wordings[3].endswith("(counts highest: Strongly disagree)")
    with pytest.raises(CohesionError, match="`hope` is no score"):
        measures_of(study, project.concepts, reliability, ["hope"])
    with pytest.raises(CohesionError, match="without an order"):
        measures_of(study, project.concepts, reliability, ["place"])
