"""Mixed models refuse what cannot be estimated, before they are fitted, and note what needs caution."""

import warnings

import numpy as np
import polars as pl
import pytest

from pipeline.errors import ModelError
from pipeline.models import mixed, mixed_growth, mixed_logit, mixed_ordinal, within_between

RNG = np.random.default_rng(5)
PEOPLE, WAVES = 60, 4
PERSON = np.repeat(np.arange(PEOPLE), WAVES)
LEVEL = RNG.normal(size=PEOPLE)
X = RNG.normal(size=PEOPLE * WAVES)
PANEL = pl.DataFrame(
    {
        "person_id": [f"p{one}" for one in PERSON],
        "wave": [f"w{1 + place % WAVES:02d}" for place in range(PEOPLE * WAVES)],
        "time": np.tile([0.0, 1.0, 2.5, 3.0], PEOPLE),
        "area": PERSON % 7,
        "again": PERSON,
        "x": X,
        "lasting": LEVEL[PERSON].round(3),
        "group": np.where(PERSON % 2, "a", "b"),
        "y": LEVEL[PERSON] + 0.4 * X + 0.5 * RNG.normal(size=PEOPLE * WAVES),
        "noise": RNG.normal(size=PEOPLE * WAVES),
        "yes": (LEVEL[PERSON] + X > 0).astype(int),
    }
)
REFUSED = {
    "a slope that is no term": ({"random": {"person_id": ["z"]}}, "mean that the model does not have"),
    "a slope that never varies": (
        {"covariates": ["lasting"], "random": {"person_id": ["lasting"]}},
        "lasting never varies within a person",
    ),
    "a slope of categories": (
        {"covariates": ["wave_text"], "random": {"person_id": ["wave_text"]}},
        "as many effects as categories",
    ),
    "one group": ({"random": {"all": []}}, "one group"),
    "a grouping of the fixed part": (
        {"covariates": ["area"], "categorical": ["area"], "random": {"area": []}},
        "each `area` has a coefficient in the fixed part",
    ),
    "a grouping that categories of the fixed part hold": (
        {"covariates": ["area"], "categorical": ["area"], "random": {"person_id": [], "half": []}},
        "each `half` has a coefficient in the fixed part",
    ),
    "groupings alike": ({"random": {"person_id": [], "again": []}}, "divide the rows alike"),
    "as many effects as rows": (
        {"covariates": ["noise", "time", "u"], "random": {"person_id": ["x", "noise", "time", "u"]}},
        "no more rows than that",
    ),
    "uncorrelated of nothing": ({"uncorrelated": ["area"]}, "no grouping"),
    "weights by restricted likelihood": ({"weights": "w"}, "full likelihood"),
    "a weight that differs within persons": ({"weights": "u2", "method": "ml"}, "differs between the rows"),
    "half steps": ({"residuals": "ar1", "time": "time"}, "whole steps"),
    "Kenward–Roger of full likelihood": ({"degrees": "kenward_roger", "method": "ml"}, "restricted likelihood"),
    "a comparison without terms": ({"compare": ["z"]}, "names no term"),
    "precision below zero": ({"precision": "noise"}, "not above zero"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name):
    options, why = REFUSED[name]
    frame = PANEL.with_columns(all=1, w=1.0, u2=pl.col("noise").abs() + 0.1, u=pl.col("noise") * pl.col("x"))
    frame = frame.with_columns(wave_text=pl.col("wave") + "x", half=pl.col("area") // 4)
    covariates = options.pop("covariates", []) if "covariates" in options else []
    with pytest.raises(ModelError, match=why):
        mixed(frame, "y", ["x"], covariates, wave_effects=False, **options)


def test_a_variance_of_zero_is_noted_and_has_no_interval():
    frame = PANEL.with_columns(noise=pl.col("noise") - pl.col("noise").mean().over("person_id"))
    table = mixed(frame, "noise", ["x"])
    row = table.filter(component="variance", term="person").row(0, named=True)
    assert "singular" in row["note"]
    assert row["conf_low"] is None
    assert "singular" in table.filter(component="coefficient")["note"][0]


def test_few_groups_are_noted():
    table = mixed(PANEL, "y", ["x"], random={"person_id": [], "area": []})
    assert "only 7 groups" in table.filter(component="variance", term="area")["note"][0]


def test_an_outcome_that_never_changes_within_persons_is_refused():
    with pytest.raises(ModelError, match="residual variance"):
        mixed(PANEL.with_columns(y=pl.col("lasting")), "y", ["x"], wave_effects=False)


def test_the_order_of_rows_and_the_unit_do_not_matter():
    first = mixed(PANEL, "y", ["x"], random={"person_id": ["x"]})
    shuffled = PANEL.sample(fraction=1, shuffle=True, seed=1).with_columns(pl.col("y") * 1e6, pl.col("x") * 1e-6)
    again = mixed(shuffled, "y", ["x"], random={"person_id": ["x"]})
    for component, scale in (("coefficient", 1e12), ("random_correlation", 1.0), ("icc", 1.0)):
        one, two = (table.filter(component=component)["estimate"][0] for table in (first, again))
        assert two == pytest.approx(one * scale, rel=1e-5)


def test_a_bend_at_an_event():
    table = mixed_growth(PANEL, "y", shape="piecewise", event=1.0, random={"person_id": ["time"]})
    assert table.filter(component="coefficient")["term"].to_list() == ["time", "time_after_event"]
    with pytest.raises(ModelError, match="not between"):
        mixed_growth(PANEL, "y", shape="piecewise", event=3.0)
    with pytest.raises(ModelError, match="do not determine"):
        mixed_growth(PANEL.filter(pl.col("time") < 2), "y", shape="quadratic")


def test_separated_outcomes_are_refused():
    frame = PANEL.with_columns(yes=(pl.col("x") > 0).cast(pl.Int64))
    with pytest.raises(ModelError, match="separate"):
        mixed_logit(frame, "yes", ["x"])


def test_outcomes_of_another_kind_are_refused():
    with pytest.raises(ModelError, match="coded 0 and 1"):
        mixed_logit(PANEL, "y", ["x"])
    with pytest.raises(ModelError, match="no order"):
        mixed_ordinal(PANEL, "group", ["x"])
    with pytest.raises(ModelError, match="too many values"):
        mixed_ordinal(PANEL, "y", ["x"])
    with pytest.raises(ModelError, match="one random effect"):
        mixed_logit(PANEL, "yes", ["x"], random={"person_id": ["x"]}, points=5)


def test_slopes_of_the_within_between_model_are_those_of_the_deviations():
    table = within_between(PANEL, "y", ["x"], random_slopes=["x"], random={"area": []})
    levels = table.filter(component="variance")["term"].to_list()
    assert levels == ["person", "x", "area", "residual"]
    assert set(table["family"]) == {"within_between"}


def test_a_correlation_of_one_is_withheld_without_a_warning():
    """At the boundary its z is infinite: the interval is withheld, and numpy has nothing to say."""
    rng = np.random.default_rng(9)
    person, time = np.repeat(np.arange(60), 4), np.tile(np.arange(4.0), 60)
    level = rng.normal(size=60)[person]
    panel = pl.DataFrame({
        "person_id": person, "wave": time.astype(int), "t": time,
        "y": level * (1 + 0.1 * time) + 3 * rng.normal(size=240),
    })  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        table = mixed(panel, "y", ["t"], random={"person_id": ["t"]}, wave_effects=False, degrees="satterthwaite")
    assert table.filter(component="random_correlation")["conf_low"].to_list() == [None]


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"random": {"person_id": "x"}}, r'Write random=\{"person_id": \["x"\]\}'),
        ({"within_between": ["u"]}, "`within_between` is no exposure of the model"),
        ({"time": "time"}, "`time` is of residuals that correlate"),
        ({"row_weights": "u"}, "`row_weights` is of rows given the group"),
        ({"weights": "u", "row_weights": "u", "method": "ml"}, "`scaling` is of `row_weights`, which need it"),
        ({"scaling": "size", "weights": "u", "method": "ml"}, "`scaling` is of `row_weights`, which need it"),
        ({"cluster": "area"}, "`cluster` is of models with sampling `weights`"),
        ({"random": {"person_id": [], "wave": []}, "wave_effects": True}, "waves have fixed effects or random ones"),
    ],
    ids=str,
)
def test_options_that_would_mean_nothing_are_refused(options, why):
    with pytest.raises(ModelError, match=why):
        mixed(PANEL.with_columns(u=1.0), "y", ["x"], **{"wave_effects": False} | options)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_rare_answer_of_many_people_is_fitted_in_any_unit(seed):
    """The first step of the search leads to where every probability is 0 or 1, and modes are reached slowly."""
    draw, people = np.random.default_rng(seed), 3_000
    person = np.repeat(np.arange(people), 4)
    x = draw.normal(3, 1, people)[person] + draw.normal(0, 0.6, 4 * people)
    chance = 1 / (1 + np.exp(-(-3 + 0.34 * x + 1.4 * draw.normal(size=people)[person])))
    answered = (draw.random(4 * people) < chance).astype(int)
    frame = pl.DataFrame({"person_id": person, "wave": np.tile(np.arange(4), people), "x": 100 * x, "y": answered})
    table = mixed_logit(frame.filter(pl.Series(draw.random(4 * people) < 0.7)), "y", ["x"])
    row = table.row(by_predicate=(pl.col("component") == "coefficient") & (pl.col("term") == "x"), named=True)
    assert row["estimate"] == pytest.approx(0.0034, abs=4 * row["std_error"])
    assert 0 < row["std_error"] < 0.001
