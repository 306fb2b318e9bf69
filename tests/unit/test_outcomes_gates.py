"""What models of answers and counts refuse, withhold or note: separation, nobody who changes, empty categories …"""

import numpy as np
import polars as pl
import pytest

from pipeline import models
from pipeline.errors import CohesionError

PERSONS, WAVES = 60, 3


def panel() -> pl.DataFrame:
    draw = np.random.default_rng(0)
    n = PERSONS * WAVES
    return pl.DataFrame({
        "person_id": np.repeat([f"p{i:02d}" for i in range(PERSONS)], WAVES),
        "wave": ["w01", "w02", "w03"] * PERSONS,
        "x": draw.normal(size=n),
        "lasting": np.repeat(draw.normal(size=PERSONS), WAVES),
        "answer": draw.integers(1, 6, n),
        "helped": draw.integers(0, 2, n),
        "times": draw.poisson(2, n),
    })  # fmt: skip


PANEL = panel()
BY_ANSWER = ["ordered_logit", "multinomial_logit", "fixed_effects_ordered_logit", "design_ordered"]


def changed(**columns: pl.Expr) -> pl.DataFrame:
    return PANEL.with_columns(**columns)


@pytest.mark.parametrize("family", BY_ANSWER)
@pytest.mark.parametrize("separating", [pl.col("answer").cast(float), (pl.col("answer") == 5).cast(int)])
def test_a_term_that_predicts_perfectly_is_refused(family, separating):
    with pytest.raises(CohesionError, match="predict the outcome perfectly"):
        getattr(models, family)(changed(x=separating), "answer", ["x"])


@pytest.mark.parametrize(("family", "outcome", "separating", "options"), [
    ("conditional_logit", "helped", pl.col("helped").cast(float), {}),
    ("gee", "helped", pl.col("helped").cast(float), {"distribution": "binomial"}),
    ("poisson", "times", (pl.col("times") == 0).cast(int), {}),
    ("design_regression", "helped", pl.col("helped").cast(float), {"link": "probit"}),
])  # fmt: skip
def test_so_is_one_of_other_outcomes(family, outcome, separating, options):
    with pytest.raises(CohesionError, match="predict the outcome perfectly"):
        getattr(models, family)(changed(x=separating), outcome, ["x"], **options)


@pytest.mark.parametrize(("family", "frame", "outcome", "terms", "message"), [
    ("conditional_logit", PANEL.filter(wave="w01"), "helped", ["x"], "nobody changes their answer"),
    ("conditional_logit", changed(helped=(pl.col("lasting") > 0).cast(int)), "helped", ["x"], "nobody changes"),
    ("conditional_logit", PANEL, "helped", ["lasting"], "lasting never changes within a person"),
    ("fixed_effects_ordered_logit", PANEL, "answer", ["lasting"], "lasting never changes within a person"),
    ("fixed_effects_poisson", PANEL.filter(wave="w01"), "times", ["x"], "nobody has any in more than one wave"),
    ("conditional_logit", PANEL, "answer", ["x"], "coded 0 and 1"),
    ("gee", PANEL.filter(wave="w01"), "x", ["lasting"], "no cluster has two rows"),
    ("ordered_logit", changed(answer=pl.lit(2)), "answer", ["x"], "does not vary"),
    ("ordered_logit", changed(answer=pl.col("answer").cast(pl.String)), "answer", ["x"], "text has no order"),
    ("ordered_logit", PANEL, "x", ["lasting"], "too many values"),
    ("multinomial_logit", PANEL, "x", ["lasting"], "too many values"),
    ("ordered_logit", changed(z=pl.col("x") * 2), "answer", ["x", "z"], "z cannot be separated"),
    ("poisson", changed(times=pl.col("times") - 3), "times", ["x"], "whole number from zero"),
    ("poisson", changed(times=pl.col("times") / 3), "times", ["x"], "whole number from zero"),
    ("negative_binomial", changed(times=2 + pl.col("helped")), "times", ["x"], "no more than Poisson"),
    ("poisson", PANEL.drop("person_id"), "times", ["x"], "no column `person_id`"),
])  # fmt: skip
def test_what_cannot_be_estimated_is_refused(family, frame, outcome, terms, message):
    with pytest.raises(CohesionError, match=message) as caught:
        getattr(models, family)(frame, outcome, terms)
    assert "_row" not in str(caught.value)


@pytest.mark.parametrize(("family", "outcome", "options", "message"), [
    ("ordered_logit", "answer", {"predict_at": {"absent": [1]}}, "no term `absent`"),
    ("ordered_logit", "answer", {"predict_at": {"x": ["high"]}}, "predicted at numbers"),
    ("multinomial_logit", "answer", {"base_category": 9}, "nobody has the reference category `9`"),
    ("gee", "x", {"cluster": None}, "name their column"),
    ("quantile_regression", "x", {"quantiles": [1.2]}, "between 0 and 1"),
    ("conditional_logit", "helped", {"weights": "x"}, "weights below zero"),
    ("poisson", "times", {"exposure_time": "helped"}, "must be above zero"),
])  # fmt: skip
def test_an_option_that_does_not_fit_is_refused(family, outcome, options, message):
    with pytest.raises(CohesionError, match=message):
        getattr(models, family)(PANEL, outcome, ["lasting" if outcome == "x" else "x"], **options)


def test_a_category_that_nobody_chose_is_left_out_and_noted():
    gap = models.ordered_logit(changed(answer=pl.col("answer").replace({3: 2})), "answer", ["x"])
    assert gap.filter(component="threshold")["term"].to_list() == ["1|2", "2|4", "4|5"]
    assert "nobody answered 3" in gap.filter(term="x")["note"][0]
    from_zero = changed(answer=pl.col("answer").replace({3: 2}) - 1)
    moved = models.ordered_logit(from_zero, "answer", ["x"])
    assert moved["estimate"][0] == pytest.approx(gap["estimate"][0], rel=1e-12)


def test_an_enum_gives_the_order_and_the_names():
    words = ["never", "rarely", "sometimes", "often", "always"]
    named = changed(answer=(pl.col("answer") - 1).replace_strict(dict(enumerate(words))).cast(pl.Enum(words)))
    ours, codes = (models.ordered_logit(frame, "answer", ["x"]) for frame in (named, PANEL))
    assert ours.filter(component="threshold")["term"][0] == "never|rarely"
    assert ours["estimate"][0] == pytest.approx(codes["estimate"][0], rel=1e-12)
    effects = ours.filter(component="marginal_effect")
    assert effects["outcome"].to_list() == [f"answer_{word}" for word in words]
    assert abs(effects["estimate"].sum()) < 1e-12


def test_odds_that_are_not_proportional_are_noted():
    draw = np.random.default_rng(5)
    x = draw.normal(size=3000)
    low, high = draw.logistic(size=3000) + 2 * x > -1, draw.logistic(size=3000) > 1.5
    frame = pl.DataFrame({"x": x, "answer": np.where(~low, 1, np.where(high, 3, 2))})
    table = models.ordered_logit(frame, "answer", ["x"], person=None, wave=None)
    assert table.filter(component="test", term="proportional_odds")["p_value"][0] < 0.001
    assert "odds are not proportional" in table.filter(component="coefficient")["note"][0]
    assert "odds are not proportional" not in (models.ordered_logit(PANEL, "answer", ["x"])["note"][0] or "")


def test_few_clusters_are_noted_and_their_test_withheld():
    areas = changed(area=pl.col("person_id").str.slice(2, 1).cast(int) % 3)
    table = models.ordered_logit(areas, "answer", ["x"], cluster="area")
    assert "only 3 clusters" in table["note"][0]
    test = table.filter(component="test", term="proportional_odds").row(0, named=True)
    assert test["statistic"] is None
    assert "withheld" in test["note"]


@pytest.mark.parametrize("family", ["ordered_logit", "multinomial_logit"])
def test_units_change_nothing_but_the_coefficient(family):
    small = getattr(models, family)(PANEL, "answer", ["x"]).filter(component="coefficient")
    large = getattr(models, family)(changed(x=pl.col("x") * 1e6 + 1e8), "answer", ["x"]).filter(component="coefficient")
    assert large["statistic"].to_list() == pytest.approx(small["statistic"].to_list(), rel=1e-6)
    assert (large["estimate"] * 1e6).to_list() == pytest.approx(small["estimate"].to_list(), rel=1e-6)


def test_weights_of_two_are_two_people():
    twice = pl.concat([PANEL, PANEL.with_columns(person_id=pl.col("person_id") + "x")])
    weighted = changed(w=pl.lit(2.0))
    for family, outcome in (("ordered_logit", "answer"), ("conditional_logit", "helped"), ("poisson", "times")):
        one = getattr(models, family)(twice, outcome, ["x"])["estimate"][0]
        assert getattr(models, family)(weighted, outcome, ["x"], weights="w")["estimate"][0] == pytest.approx(one)
