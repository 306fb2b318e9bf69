"""What a summary of effects refuses, leaves out and says of itself; few effects, and effects that are alike."""

import polars as pl
import pytest

from pipeline.errors import CohesionError
from pipeline.index import effect_sizes, leave_one_out, meta_analysis, pooled_effects

FIVE = pl.DataFrame(
    {"area": list("abcde"), "estimate": [0.1, 0.4, 0.2, 0.5, -0.1], "se": [0.1, 0.2, 0.1, 0.15, 0.12],
     "size": [1.0, 2.0, 3.0, 4.0, 6.0], "kind": ["x", "x", "y", "y", "y"]}
)  # fmt: skip

REFUSALS = {
    "no error": (FIVE, {}, "sampling error of each effect is needed, once"),
    "two errors": (FIVE, {"std_error": "se", "variance": "se"}, "needed, once"),
    "no such column": (FIVE, {"std_error": "error"}, "no column `error`"),
    "text as an effect": (FIVE, {"std_error": "kind"}, "must be numbers"),
    "an error of zero": (FIVE.with_columns(se=pl.lit(0.0)), {"std_error": "se"}, "above zero"),
    "an infinite effect": (FIVE.with_columns(estimate=pl.lit(float("inf"))), {"std_error": "se"}, "infinite"),
    "one effect": (FIVE.head(1), {"std_error": "se"}, "cannot be pooled"),
    "no effect": (FIVE.clear(), {"std_error": "se"}, "no row has an effect"),
    "two of a line": (FIVE.head(2), {"std_error": "se", "moderators": ["size"]}, "too few for 2 coefficients"),
    "a moderator twice": (FIVE, {"std_error": "se", "moderators": ["size", "size"]}, "named twice"),
    "a moderator that is constant": (
        FIVE.with_columns(size=pl.lit(1.0)), {"std_error": "se", "moderators": ["size"]}, "same for all effects"
    ),
    "effects that are the same": (FIVE.with_columns(estimate=pl.lit(0.2)), {"std_error": "se"}, "no width"),
    "a method that is not there": (FIVE, {"std_error": "se", "method": "MOM"}, "not an option"),
    "a share of two": (FIVE, {"std_error": "se", "confidence": 2}, "no share"),
    "more shared than there is": (FIVE, {"std_error": "se", "shared": 0.02}, "whole sampling variance"),
    "a shared part below zero": (FIVE, {"std_error": "se", "shared": -1.0}, "no variance"),
    "an option that is not there": (FIVE, {"std_error": "se", "tau": 1}, "tau"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSALS)
def test_refuses(case):
    frame, options, words = REFUSALS[case]
    with pytest.raises(CohesionError, match=words) as caught:
        meta_analysis(frame, **options)
    assert "\n" not in str(caught.value)


def test_gaps_are_left_out_and_counted():
    gaps = FIVE.with_columns(estimate=pl.when(pl.col("area") == "c").then(float("nan")).otherwise(pl.col("estimate")))
    found = meta_analysis(gaps, std_error="se")
    assert found.k == 4
    assert "left out: 1 row without an effect" in found.note
    assert found.estimate == meta_analysis(FIVE.filter(pl.col("area") != "c"), std_error="se").estimate


def test_order_of_rows_and_units_do_not_matter():
    once = meta_analysis(FIVE, std_error="se", moderators=["size"])
    turned = meta_analysis(FIVE.reverse(), std_error="se", moderators=["size"])
    scaled = FIVE.with_columns(estimate=pl.col("estimate") * 1e4, se=pl.col("se") * 1e4)
    larger = meta_analysis(scaled, std_error="se", moderators=["size"])
    assert turned.tau2 == pytest.approx(once.tau2, rel=1e-10)
    assert larger.tau2 == pytest.approx(once.tau2 * 1e8, rel=1e-8)
    assert larger.estimate == pytest.approx(once.estimate * 1e4, rel=1e-9)


def test_one_effect_comes_back_as_it_is_where_that_is_asked():
    found = meta_analysis(FIVE.head(1), std_error="se", method="FE", test="z")
    assert (found.estimate, found.std_error, found.prediction) == (pytest.approx(0.1), pytest.approx(0.1), None)


def test_two_effects_have_an_interval_and_no_prediction():
    found = meta_analysis(FIVE.head(2), std_error="se")
    assert found.prediction is None
    assert "1 degree of freedom" in found.note


def test_effects_that_are_alike_say_so():
    alike = FIVE.with_columns(estimate=pl.lit(0.2) + pl.col("size") / 1e3)
    found = meta_analysis(alike, std_error="se")
    assert found.tau2 == 0
    assert "not rule out" in found.note
    assert "narrows the interval" in found.note
    assert "holds no value" in found.note
    wider = meta_analysis(alike, std_error="se", test="adhoc")
    assert wider.std_error > found.std_error
    assert wider.factor == 1


def test_prediction_forms_differ_as_they_say():
    width = {}
    for form in ("same", "k_minus_2", "hts"):
        low, high = meta_analysis(FIVE, std_error="se", prediction=form).prediction
        width[form] = high - low
    assert width["same"] < width["k_minus_2"]
    assert len(set(width.values())) == 3


def test_predict_asks_for_every_moderator():
    found = meta_analysis(FIVE, std_error="se", moderators=["size"])
    assert found.predict({"size": 2.0})["conf_low"] < found.predict({"size": 2.0})["estimate"]
    for at, words in [({}, "needs a value"), ({"size": 1.0, "age": 2.0}, "no term")]:
        with pytest.raises(CohesionError, match=words):
            found.predict(at)


def test_leaving_one_out_needs_three():
    with pytest.raises(CohesionError, match="three effects"):
        leave_one_out(FIVE.head(2), "area", std_error="se")
    assert leave_one_out(FIVE, "area", std_error="se").height == 5


@pytest.mark.parametrize(
    ("columns", "measure", "words"),
    [
        ({"events_1": [5], "n_1": [3], "events_2": [1], "n_2": [9]}, "RD", "more events than people"),
        ({"events_1": [1], "n_1": [3], "events_2": [1]}, "OR", "needs the columns"),
        ({"mean_1": [1.0], "sd_1": [0.0], "n_1": [9], "mean_2": [1.0], "sd_2": [1.0], "n_2": [9]}, "SMD", "above zero"),
        ({"mean_1": [1.0], "sd_1": [1.0], "n_1": [1], "mean_2": [1.0], "sd_2": [1.0], "n_2": [9]}, "SMD", "2 people"),
        ({"mean_1": ["a"], "sd_1": [1.0], "n_1": [3], "mean_2": [1.0], "sd_2": [1.0], "n_2": [9]}, "SMD", "numbers"),
    ],
)
def test_effect_sizes_refuse(columns, measure, words):
    with pytest.raises(CohesionError, match=words):
        effect_sizes(pl.DataFrame(columns), measure)


def test_pooling_asks_for_what_it_needs():
    with pytest.raises(CohesionError, match="no column"):
        pooled_effects(FIVE)
