"""A declared weight set: who gets a weight and who a reason, arm by arm, with every step in every replicate."""

import numpy as np
import polars as pl
import pytest

from pipeline.errors import CohesionError
from pipeline.participation import participation
from pipeline.specs import Model, Study, Target, WeightSet
from pipeline.specs.study import StudyFile
from pipeline.specs.targets import category_name
from pipeline.tables import PanelWeights, shaped
from pipeline.weights.declared import declared_weights
from pipeline.weights.margins import category_text
from pipeline.weights.stored import read_replicates, replicate_tables

CALENDAR = {"long": ("w01", "w02", "w03"), "short": ("w01", "w02")}


def study(*targets: Target) -> Study:
    about = StudyFile.model_validate(
        {
            "title": "t", "short_title": "t", "population": "p", "citation": "c", "licence": "l",
            "arms": {arm: {"title": arm, "waves": waves} for arm, waves in CALENDAR.items()},
        }
    )  # fmt: skip
    return Study("example", about, {}, {}, {}, targets=targets)


@pytest.fixture(scope="module")
def panel() -> pl.DataFrame:
    """Four hundred people of two arms; the trusting answer again, women more than men."""
    rng = np.random.default_rng(5)
    rows = []
    for person in range(400):
        arm = "long" if person % 4 else "short"
        trust, woman = float(rng.normal(3, 1)), float(rng.integers(0, 2))
        for wave in CALENDAR[arm]:
            if wave == "w01" or rng.random() < 1 / (1 + np.exp(2.2 - trust - 0.5 * woman)):
                rows.append((f"p{person}", arm, wave, trust, woman, float(rng.uniform(0.5, 2))))
    columns = ["person_id", "arm", "wave", "trust", "is_woman", "design_weight"]
    return pl.DataFrame(rows, schema=columns, orient="row")


@pytest.fixture(scope="module")
def took_part(panel) -> pl.DataFrame:
    return participation(panel, CALENDAR, study="example")


def shares(arm: str | None, *amounts: float) -> list[Target]:
    return [
        Target(wave="w01", arm=arm, variable="is_woman", category=str(code), share=share, source="made up")
        for code, share in enumerate(amounts)
    ]


RAKED = {
    "label": "Both",
    "waves": ["w01", "w02"],
    "response": {"predictors": ["trust", "is_woman"]},
    "margins": {"variables": ["is_woman"]},
    "trim": {"lower": 0.2, "upper": 4},
    "replicates": {"number": 20, "seed": 1},
}


def made(panel, took_part, declared: dict, *targets: Target):
    return declared_weights("both", WeightSet.model_validate(declared), panel, took_part, study(*targets))


@pytest.mark.parametrize(
    "more", [{}, {"response": {"method": "none"}, "margins": None, "trim": None, "replicates": None}]
)
def test_without_base_weights_a_set_starts_from_equal_ones(panel, took_part, more):
    """The table keeps its column of delivered weights, without any: it is part of what every set reports."""
    found = made(panel.drop("design_weight"), took_part, {**RAKED, "base": "none", **more}, *shares(None, 0.4, 0.6))
    assert found.weights["design_weight"].is_null().all()
    assert found.steps.filter(step="base, all asked")["design_effect"].to_list() == [1.0, 1.0]
    assert PanelWeights.is_valid(shaped(found.weights, PanelWeights))


def test_each_arm_meets_its_own_margins_with_mean_one(panel, took_part):
    found = made(panel, took_part, RAKED, *shares("long", 0.4, 0.6), *shares("short", 0.3, 0.7))
    assert found.problems == []
    for arm, share in {"long": 0.6, "short": 0.7}.items():
        own = found.weights.filter(arm=arm)
        assert own["panel_weight"].mean() == pytest.approx(1)
        margin = found.margins.filter(arm=arm, category="1").row(0, named=True)
        assert (margin["target"], margin["achieved"]) == (share, pytest.approx(share))
        assert margin["before"] != pytest.approx(share)
    assert found.steps.filter(arm="short")["step"].to_list()[-2:] == ["margins", "trimmed"]


def test_a_missed_wave_is_a_reason_and_never_a_weight_of_zero(panel, took_part):
    found = made(panel, took_part, {**RAKED, "waves": ["w01", "w02", "w03"]}, *shares(None, 0.5, 0.5)).weights
    assert found["arm"].unique().to_list() == ["long"]
    assert found.height == took_part.filter(arm="long")["person_id"].n_unique()
    assert found.filter(pl.col("panel_weight").is_null())["reason"].unique().sort().to_list() == [
        "missed w02",
        "missed w02, w03",
        "missed w03",
    ]
    assert found["panel_weight"].drop_nulls().min() > 0


def test_any_of_the_waves(panel, took_part):
    declared = {
        "label": "Any",
        "waves": ["w02", "w03"],
        "who": "any",
        "response": {**RAKED["response"], "source": "w01"},
    }
    found = made(panel, took_part, declared).weights
    answered = panel.filter(pl.col("arm") == "long", pl.col("wave").is_in(["w02", "w03"]))["person_id"].n_unique()
    assert found["panel_weight"].count() == answered


def test_replicates_repeat_every_step_and_survive_being_stored(panel, took_part):
    found = made(panel, took_part, RAKED, *shares(None, 0.4, 0.6))
    given = found.weights.drop_nulls("panel_weight")
    np.testing.assert_allclose(found.replicates.full, given["panel_weight"], rtol=1e-9)
    scales, weights = replicate_tables(given["person_id"], found.replicates)
    again = read_replicates(scales, weights)
    values = np.arange(given.height) % 7.0
    assert again.ratio(values) == pytest.approx(found.replicates.ratio(values), rel=1e-12)
    first = found.weights.join(panel.filter(wave="w01").select("person_id", "is_woman"), on="person_id", how="left")
    women = first.drop_nulls("panel_weight").filter(arm="long")["is_woman"].to_numpy()
    rows = (given["arm"] == "long").to_numpy()
    np.testing.assert_allclose(women @ again.weights[rows] / again.weights[rows].sum(axis=0), 0.6, atol=1e-7)


def test_the_dead_are_no_longer_spoken_for(panel, took_part):
    absent = ~pl.col("is_present") & (pl.col("wave") == "w02") & (pl.col("arm") == "short")
    dead = took_part.with_columns(outcome=pl.when(absent).then(pl.lit("dead")))
    found = made(panel, dead, {**RAKED, "response": {"method": "none"}}, *shares(None, 0.5, 0.5)).weights
    gone = found.filter(reason="no longer of the population: dead by w02")
    assert gone.height == took_part.filter(absent).height
    assert not gone["is_asked"].any()


@pytest.mark.parametrize(
    ("targets", "says"),
    [
        ([*shares(None, 0.5, 0.3), Target(variable="is_woman", category="2", share=0.2, source="s")], "is_woman = 2"),
        (shares("long", 0.5, 0.5), "no population margins are declared"),
    ],
    ids=["empty-category", "no-targets"],
)
def test_what_cannot_be_met_names_set_and_arm(panel, took_part, targets, says):
    with pytest.raises(CohesionError, match=says) as error:
        made(panel, took_part, RAKED, *targets)
    assert "weights both" in str(error.value) or "wave w01, arm short" in str(error.value)


@pytest.mark.parametrize(("given", "name"), [("1.0", "1"), ("1", "1"), ("1.5", "1.5"), ("north", "north")])
def test_categories_that_are_the_same_number_are_the_same(given, name):
    assert category_name(given) == name


def test_numbers_and_text_become_categories():
    assert category_text(pl.Series([1.0, None, 2.5])).to_list() == ["1", None, "2.5"]
    assert category_text(pl.Series(["01", "1"])).to_list() == ["01", "1"]


def test_a_model_takes_weights_or_is_told_why_not():
    with pytest.raises(ValueError, match="takes no `weights`"):
        Model(question="?", study="s", family="between", outcome="y", exposures=("x",), weights="both")


def test_predictors_whose_codes_are_names_are_categories_in_their_order(panel, took_part):
    coded = panel.with_columns(school=(pl.int_range(pl.len()) % 11).cast(pl.Float64))
    declared = {"label": "b", "waves": ["w01", "w02"], "arms": ["long"]}
    declared |= {"response": {"predictors": ["school"], "categorical": ["school"]}}
    found = made(coded, took_part, declared).balance
    assert found["category"].to_list() == [str(code) for code in range(11)]
