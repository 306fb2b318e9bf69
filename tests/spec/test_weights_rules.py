"""Weights: what each rule says, as small tables; and what cannot be met, said in words."""

import numpy as np
import polars as pl
import pytest

from pipeline.errors import CohesionError, ModelError
from pipeline.participation import participation
from pipeline.weights.calibration import calibrate
from pipeline.weights.checks import check_replicates, check_weights
from pipeline.weights.encoding import encode
from pipeline.weights.margins import margins_for
from pipeline.weights.people import people
from pipeline.weights.propensity import class_weights
from pipeline.weights.raking import poststratify, rake
from pipeline.weights.recipe import Recipe
from pipeline.weights.replicated import replicate_set
from pipeline.weights.replicates import rake_replicates, replicate_weights
from pipeline.weights.response import auc, response_model
from pipeline.weights.sets import weight_set
from pipeline.weights.trimming import trim, trim_to_margins

WAVES = ["w01", "w02", "w03"]


def shares(**variables: dict[str, float]) -> pl.DataFrame:
    rows = [(v, category, share) for v, of in variables.items() for category, share in of.items()]
    return pl.DataFrame(rows, schema=["variable", "category", "share"], orient="row")


SAMPLE = pl.DataFrame(
    {
        "person_id": [f"p{number}" for number in range(8)],
        "sex": ["f", "f", "f", "m", "m", "m", "f", "m"],
        "age": ["old", "old", "young", "young", "old", "young", "old", "young"],
    }
)


@pytest.fixture
def small_panel() -> tuple[pl.DataFrame, pl.DataFrame]:
    """Four people over three waves: all, a gap, leaves, joins late."""
    rows = [
        (person, "all", wave, trust)
        for person, pattern in {"a": "111", "b": "101", "c": "110", "d": "011"}.items()
        for trust, (wave, one) in enumerate(zip(WAVES, pattern, strict=True))
        if one == "1"
    ]
    panel = pl.DataFrame(rows, schema=["person_id", "arm", "wave", "trust"], orient="row")
    return panel, participation(panel, {"all": WAVES}, study="s")


@pytest.mark.parametrize(
    ("waves", "how", "reasons"),
    [
        (WAVES, {}, ["responded", "missed w02", "missed w03", "not asked: no answer at w01"]),
        (WAVES, {"rule": "any"}, ["responded"] * 3 + ["not asked: no answer at w01"]),
        (["w03"], {"origin": "w01"}, ["responded", "responded", "missed w03", "not asked: no answer at w01"]),
        (["w03"], {"origin": "latest"}, ["responded", "responded", "missed w03", "responded"]),
        (["w02"], {}, ["responded", "not asked: no answer at w02", "responded", "responded"]),
    ],
    ids=["every-wave", "any-wave", "first-to-last", "last-known-to-last", "one-wave"],
)
def test_everyone_stays_in_the_table_with_a_reason(small_panel, waves, how, reasons):
    table = people(*small_panel, waves, columns=["trust"], **how)
    assert table["person_id"].to_list() == ["a", "b", "c", "d"]
    assert table["reason"].to_list() == reasons
    assert table["responded"].to_list() == [reason == "responded" for reason in reasons]


def test_latest_answers_come_from_the_last_wave_before(small_panel):
    table = people(*small_panel, ["w03"], columns=["trust"], origin="latest")
    assert table["origin"].to_list() == ["w02", "w01", "w02", "w02"]
    assert table["trust"].to_list() == [1, 0, 1, 1]


def test_an_arm_without_the_wave_is_said_so():
    panel = pl.DataFrame({"person_id": ["a", "b"], "arm": ["long", "short"], "wave": ["w01", "w01"]})
    took_part = participation(panel, {"long": WAVES, "short": ["w01"]}, study="s")
    assert people(panel, took_part, ["w01", "w02"])["reason"].to_list() == [
        "missed w02",
        "no such wave in arm short: w02",
    ]


def test_raking_meets_both_margins_with_mean_one():
    raked = rake(SAMPLE, shares(sex={"f": 0.6, "m": 0.4}, age={"old": 0.3, "young": 0.7}))
    assert raked.weights.mean() == pytest.approx(1)
    assert raked.largest_difference < 1e-10
    assert raked.weights.min() > 0


def test_unanswered_margins_keep_their_share_of_the_base():
    frame = SAMPLE.with_columns(pl.when(pl.col("person_id") != "p0").then("sex").alias("sex"))
    targets = shares(sex={"f": 0.6, "m": 0.4})
    with pytest.raises(CohesionError, match="sex is unanswered by 1 persons"):
        rake(frame, targets)
    weights = rake(frame, targets, unanswered="keep").weights
    assert weights[0] == pytest.approx(1)
    assert weights.filter(frame["sex"] == "f").sum() / weights[1:].sum() == pytest.approx(0.6)


@pytest.mark.parametrize(
    ("targets", "says"),
    [
        (shares(sex={"f": 0.5, "m": 0.4, "x": 0.1}), "nobody is in sex = x"),
        (shares(sex={"f": 1.0}), "sex has persons in m, for which there is no target"),
        (shares(sex={"f": 0.5, "m": 0.4}), "the shares of sex sum to 0.9"),
        (shares(region={"n": 1.0}), "region is not a column"),
        (shares(sex={"f": 1.5, "m": -0.5}), "negative"),
    ],
    ids=["empty-category", "no-target", "shares-do-not-add-up", "no-column", "negative"],
)
def test_margins_that_cannot_be_met_are_named(targets, says):
    with pytest.raises(CohesionError, match=says):
        rake(SAMPLE, targets)


def test_two_margins_that_contradict_are_named_with_their_categories():
    frame = pl.DataFrame({"sex": ["f", "f", "m", "m"], "age": ["old", "old", "old", "young"]})
    with pytest.raises(CohesionError, match=r"everyone in sex = f is in age = old.*70.0%.*50.0%"):
        rake(frame, shares(sex={"f": 0.7, "m": 0.3}, age={"old": 0.5, "young": 0.5}))
    totals = pl.DataFrame(
        {"variable": ["sex", "sex", "age", "age"], "category": ["f", "m", "old", "young"], "total": [1, 2, 2, 2]}
    )
    with pytest.raises(CohesionError, match="sex sums to 3 and age to 4: the totals contradict"):
        rake(frame, totals)


def test_three_margins_that_contradict_only_together():
    """Each pair has room, but the three ask for more of the combinations that occur than there are."""
    frame = pl.DataFrame({"a": ["x", "x", "y", "y"], "b": ["x", "y", "x", "y"], "c": ["x", "y", "y", "x"]})
    half = {"x": 0.9, "y": 0.1}
    with pytest.raises(CohesionError, match="not all of them together"):
        rake(frame, shares(a=half, b=half, c={"x": 0.1, "y": 0.9}))


def test_post_stratification_takes_one_variable():
    with pytest.raises(CohesionError, match="one variable"):
        poststratify(SAMPLE, shares(sex={"f": 0.5, "m": 0.5}, age={"old": 0.5, "young": 0.5}))


@pytest.mark.parametrize("method", ["linear", "raking", "logit"])
def test_bounds_are_kept_not_only_checked(method):
    targets = shares(sex={"f": 0.6, "m": 0.4}, age={"old": 0.55, "young": 0.45})
    found = calibrate(SAMPLE, targets, method=method, bounds=(0.6, 1.6))
    assert found.largest_difference < 1e-9
    assert 0.6 <= found.weights.min() <= found.weights.max() <= 1.6


def test_bounds_too_tight_say_which_would_do():
    targets = shares(sex={"f": 0.6, "m": 0.4})
    with pytest.raises(CohesionError, match=r"no weights within 0.9 to 1.1.*0.80 to 1.20"):
        calibrate(SAMPLE, targets, bounds=(0.9, 1.1))
    assert calibrate(SAMPLE, targets, bounds=(0.79, 1.21)).largest_difference < 1e-9


def test_trimming_keeps_the_sum_and_both_limits():
    weights = np.array([0.2, 0.5, 1.0, 1.0, 5.0])
    cut = trim(weights, lower=0.4, upper=2.5)
    assert cut.sum() == pytest.approx(weights.sum())
    assert cut.min() >= 0.4
    assert cut.max() <= 2.5
    with pytest.raises(CohesionError, match="do not enclose the mean"):
        trim(weights, upper=1.0)


def test_trimming_checks_the_margins_again():
    frame = SAMPLE.with_columns(weight=pl.Series([4.0, 0.2, 1, 1, 1, 1, 1, 1]))
    targets = shares(sex={"f": 0.5, "m": 0.5}, age={"old": 0.5, "young": 0.5})
    found = trim_to_margins(frame, targets, weight="weight", lower=0.3, upper=1.8)
    assert found.largest_difference < 1e-8
    assert found.weights.max() <= 1.8 * (1 + 1e-9)
    with pytest.raises(CohesionError, match=r"sex = m stays at .* instead of 10.0%"):
        trim_to_margins(frame, shares(sex={"f": 0.9, "m": 0.1}), weight="weight", upper=1.2)


def test_weighting_classes_carry_the_whole_class():
    frame = pl.DataFrame(
        {"sex": ["f"] * 4 + ["m"] * 4, "responded": [True, True, True, False] + [True] * 2 + [False] * 2}
    )
    table = class_weights(frame, "responded", by=["sex"], smallest=2)
    assert table["response_weight"].to_list() == pytest.approx([4 / 3] * 3 + [None] + [2.0] * 2 + [None] * 2)
    with pytest.raises(CohesionError, match="fewer than 3 responders are in m"):
        class_weights(frame, "responded", by=["sex"], smallest=3)


def test_a_class_too_small_is_merged_with_its_neighbour():
    chance = np.repeat([0.1, 0.5, 0.9], 10)
    answered = np.array([True] + [False] * 9 + [True] * 5 + [False] * 5 + [True] * 9 + [False])
    table = class_weights(pl.DataFrame({"responded": answered}), "responded", probability=chance, classes=3, smallest=4)
    assert table["response_class"].n_unique() == 2
    assert table["response_weight"].sum() == pytest.approx(30)


def test_reference_levels_and_unanswered_predictors():
    frame = pl.DataFrame({"edu": ["low", "high", None, "mid"], "trust": [1.0, None, 3.0, 5.0]})
    kept = encode(frame, ["edu", "trust"], reference={"edu": "mid"}, missing="indicator")
    assert kept.terms == ["(constant)", "edu: high", "edu: low", "edu: unknown", "trust", "trust: unknown"]
    assert kept.matrix[:, 4].tolist() == [1.0, 3.0, 3.0, 5.0]
    assert encode(frame, ["edu", "trust"]).used.tolist() == [True, False, False, True]
    with pytest.raises(ModelError, match="not a category that occurs"):
        encode(frame, ["edu"], reference={"edu": "none"})


@pytest.mark.parametrize(
    ("column", "says"),
    [
        (["a"] * 5 + ["b"] * 5, "separates responders from non-responders perfectly"),
        ([1.0] * 10, "is a combination"),
    ],
    ids=["separation", "constant"],
)
def test_response_models_that_have_no_answer(column, says):
    frame = pl.DataFrame({"responded": [True] * 5 + [False] * 5, "x": column})
    with pytest.raises(ModelError, match=says):
        response_model(frame, "responded", ["x"])


def test_auc_counts_ties_half():
    assert auc(np.array([1.0, 1.0, 1.0, 1.0]), np.array([1, 0, 1, 0])) == 0.5
    assert auc(np.array([1.0, 2.0, 3.0, 4.0]), np.array([0, 0, 1, 1])) == 1.0


@pytest.fixture(scope="module")
def asked() -> pl.DataFrame:
    rng = np.random.default_rng(7)
    sex = rng.choice(["f", "m"], 300)
    trust = rng.normal(3, 1, 300)
    return pl.DataFrame(
        {
            "person_id": [f"p{number}" for number in range(300)],
            "sex": sex,
            "trust": trust,
            "design_weight": rng.uniform(0.5, 2, 300),
            "is_asked": [True] * 290 + [False] * 10,
            "responded": (rng.random(300) < 1 / (1 + np.exp(2 - trust))) & (np.arange(300) < 290),
            "reason": ["asked"] * 290 + ["not asked: no answer at w01"] * 10,
        }
    )


RECIPE = Recipe(predictors=("sex", "trust"), targets=shares(sex={"f": 0.52, "m": 0.48}), lower=0.2, upper=3.0)


def test_a_weight_set_meets_its_margins_inside_its_limits(asked):
    made = weight_set(asked, RECIPE, base_weight="design_weight")
    assert made.table.height == asked.height
    given = made.table["panel_weight"].drop_nulls()
    assert given.len() == asked["responded"].sum()
    assert given.mean() == pytest.approx(1)
    assert given.min() >= 0.2
    assert given.max() <= 3.0 * (1 + 1e-8)
    assert made.margins["difference"].abs().max() < 1e-8
    assert made.steps["step"].to_list() == ["base, all asked", "base, responders", "response", "margins", "trimmed"]
    trust = made.balance.filter(variable="trust").row(0, named=True)
    assert abs(trust["difference_after"]) < abs(trust["difference_before"])


@pytest.mark.parametrize("recipe", [RECIPE, Recipe(predictors=("trust",), response="classes"), Recipe(response="none")])
def test_replicates_repeat_every_step(asked, recipe):
    """The full-sample column of the replicates is the weight set itself."""
    base = replicate_weights(asked.filter("is_asked"), "jk1", weight="design_weight")
    made = weight_set(asked, recipe, base_weight="design_weight")
    few = replicate_weights(asked.filter("is_asked"), "bootstrap", weight="design_weight", replicates=5, seed=1)
    again = replicate_set(asked, recipe, few)
    np.testing.assert_allclose(again.full, made.table["panel_weight"].drop_nulls(), rtol=1e-9)
    assert again.weights.shape == (asked["responded"].sum(), 5)
    assert base.weights.shape == (290, 290)
    np.testing.assert_allclose(again.weights.mean(axis=0), 1)


def test_every_replicate_meets_the_margins():
    rng = np.random.default_rng(3)
    frame = pl.DataFrame({"sex": rng.choice(["f", "m"], 200), "age": rng.choice(["a", "b", "c"], 200)})
    drawn = replicate_weights(frame, "bootstrap", replicates=20, seed=5)
    raked = rake_replicates(drawn, frame, shares(sex={"f": 0.6, "m": 0.4}, age={"a": 0.2, "b": 0.3, "c": 0.5}))
    women = (frame["sex"] == "f").to_numpy().astype(float)
    np.testing.assert_allclose(women @ raked.weights / raked.weights.sum(axis=0), 0.6, atol=1e-9)
    np.testing.assert_allclose(raked.weights.sum(axis=0), 200)


def test_half_samples_are_balanced():
    """The variance of a total is that of the stratified design with replacement, exactly: Σ (y1 - y2)²."""
    frame = pl.DataFrame({"stratum": ["a", "a", "b", "b", "c", "c"], "y": [1.0, 4.0, 2.0, 2.5, 7.0, 3.0]})
    expected = np.sqrt(3.0**2 + 0.5**2 + 4.0**2)
    for fay in (0.0, 0.5):
        made = replicate_weights(frame, "brr", stratum="stratum", fay=fay)
        assert made.total(frame["y"].to_numpy()) == pytest.approx((19.5, expected))


@pytest.mark.parametrize(
    ("kind", "strata", "says"),
    [
        ("jkn", ["a", "a", "b"], "single primary unit"),
        ("brr", ["a", "a", "a"], "do not have the two primary units"),
        ("jk1", ["a", "a", "b"], "without strata"),
        ("bootstrap", ["a", "a", "a"], "seed"),
    ],
)
def test_replicates_that_cannot_be_made(kind, strata, says):
    with pytest.raises(CohesionError, match=says):
        replicate_weights(pl.DataFrame({"stratum": strata}), kind, stratum="stratum")


def test_a_lonely_unit_may_stay_by_declaration():
    made = replicate_weights(pl.DataFrame({"s": ["a", "a", "b"]}), "jkn", stratum="s", lonely="certainty")
    assert made.weights[2].tolist() == [1.0, 1.0]


def test_a_made_set_passes_its_checks_and_a_broken_one_says_how_often(asked):
    made = weight_set(asked, RECIPE, base_weight="design_weight")
    assert not any(check_weights(made.table, margins=made.margins).values())
    worse = made.table.with_columns(panel_weight=pl.col("panel_weight").fill_null(0.0))
    failed = check_weights(worse)
    assert failed["weights are positive"] == failed["responders, and only they, have a weight"]
    assert failed["weights are positive"] == made.table["panel_weight"].null_count()
    drawn = replicate_weights(asked.filter("is_asked"), "bootstrap", weight="design_weight", replicates=4, seed=1)
    assert not any(check_replicates(replicate_set(asked, RECIPE, drawn)).values())


def test_declared_margins_hold_for_their_wave_and_arm():
    declared = pl.DataFrame(
        {
            "wave": ["w01", "w02", None, "w01"],
            "arm": [None, None, None, "short"],
            "variable": ["sex", "sex", "age", "edu"],
            "category": ["f", "f", "old", "low"],
            "share": [1.0] * 4,
        }
    )
    assert margins_for(declared, wave="w01")["variable"].to_list() == ["sex", "age"]
    assert margins_for(declared, wave="w01", arm="short")["variable"].to_list() == ["sex", "age", "edu"]
    with pytest.raises(CohesionError, match="no population margins are declared"):
        margins_for(declared.drop_nulls("wave"), wave="w05")


def test_a_weighted_response_model_counts_people_as_often_as_they_weigh():
    frame = pl.DataFrame(
        {"x": [0.0, 1.0, 2.0, 3.0, 4.0, 5.0], "responded": [1, 0, 1, 0, 1, 1], "times": [1, 2, 3, 1, 2, 1]}
    )
    repeated = frame.select(pl.all().repeat_by("times").explode())
    weighted = response_model(frame, "responded", ["x"], base_weight="times").logit.coefficients
    np.testing.assert_allclose(weighted, response_model(repeated, "responded", ["x"]).logit.coefficients, rtol=1e-9)
