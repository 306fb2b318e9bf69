"""Each step of a composite index by its closed form, worked out here without the code that is tested."""

import math
from statistics import fmean, median, stdev

import numpy as np
import polars as pl
import pytest

from pipeline.errors import CohesionError
from pipeline.index import (
    aggregate,
    budget_weights,
    composite,
    composite_alpha,
    effective_weights,
    framework,
    impute,
    normalise,
    pca_weights,
    removal_effects,
    treat,
)

AREAS = ["a", "b", "c", "d", "e"]
X = [3.0, 8.0, 8.0, None, 1.0]
Y = [20.0, 10.0, 40.0, 30.0, 20.0]
FRAME = pl.DataFrame({"area": AREAS, "kind": ["u", "u", "v", "v", None], "x": X, "y": Y})
LEVELS = {"index": ["one", "two"], "one": ["deep", "z"], "deep": ["x", "y"], "two": ["w"]}
"""Four levels, of unequal depth; an aggregate of one member."""


def column(frame, name="x"):
    return frame[name].to_list()


IMPUTED = {
    "none": [3, 8, 8, None, 1],
    "mean": [3, 8, 8, 5, 1],
    "median": [3, 8, 8, 5.5, 1],
    "group_mean": [3, 8, 8, 8, 1],
    "group_median": [3, 8, 8, 8, 1],
}


@pytest.mark.parametrize("method", IMPUTED)
def test_imputed_by(method):
    assert column(impute(FRAME, ["x", "y"], method, "kind")) == IMPUTED[method]


def test_a_group_with_nothing_leaves_its_gap():
    frame = pl.DataFrame({"area": ["a", "b", "c"], "g": [1, 1, 2], "x": [1.0, 2.0, None]})
    assert column(impute(frame, ["x"], "group_mean", "g")) == [1, 2, None]


SHARE = [2 / 7, 1, 1, None, 0]
NORMALISED = {
    "min_max": ({}, [100 * one if one is not None else None for one in SHARE]),
    "min_max onto 1 to 10": ({"method": "min_max", "bounds": (1, 10)}, [1 + 9 * 2 / 7, 10, 10, None, 1]),
    "own range": ({"method": "own_range", "ranges": {"x": (0, 10)}}, [30, 80, 80, None, 10]),
    "goalposts, cut": ({"method": "goalposts", "ranges": {"x": (2, 6)}, "bounds": (0, 1)}, [0.25, 1, 1, None, 0]),
    "z": (
        {"method": "z_score", "mean_sd": (50, 10)},
        [50 + 10 * (one - 5) / stdev([3, 8, 8, 1]) if one is not None else None for one in X],
    ),
    "rank, ties the lowest": ({"method": "rank"}, [2, 3, 3, None, 1]),
    "borda": ({"method": "borda"}, [1, 2, 2, None, 0]),
    "percentile": ({"method": "percentile"}, [1 / 3, 2 / 3, 2 / 3, None, 0]),
    "distance to an area": ({"method": "distance", "reference_area": "a"}, [1, 3.5, 3.5, None, 0]),
    "distance, capped": ({"method": "distance", "references": {"x": 3}, "cap": True}, [1, 1, 1, None, 0]),
    "distance to the highest": ({"method": "distance_to_max"}, SHARE),
}


@pytest.mark.parametrize("case", NORMALISED)
def test_normalised_by(case):
    options, expected = NORMALISED[case]
    assert column(normalise(FRAME, ["x"], **options)) == pytest.approx(expected, abs=1e-12)


TURNED = {
    "min_max": ({}, [100 - 100 * one if one is not None else None for one in SHARE]),
    "own range": ({"method": "own_range", "ranges": {"x": (0, 10)}}, [70, 20, 20, None, 90]),
    "goalposts": ({"method": "goalposts", "ranges": {"x": (2, 6)}, "bounds": (0, 1)}, [0.75, 0, 0, None, 1]),
    "rank": ({"method": "rank"}, [3, 1, 1, None, 4]),
    "distance": ({"method": "distance", "references": {"x": 3}}, [1, 0, 0, None, 1.4]),
}


@pytest.mark.parametrize("case", TURNED)
def test_lower_is_better(case):
    options, expected = TURNED[case]
    assert column(normalise(FRAME, ["x"], directions={"x": -1}, **options)) == pytest.approx(expected, abs=1e-12)


TWO = pl.DataFrame(
    {"area": ["a", "b", "c", "d"], "x": [4.0, 1, 2, None], "y": [9.0, 9, None, None], "z": [1.0, 3, 2, None]}
)
WEIGHT = {"x": 2.0, "y": 1.0, "z": 1.0}
AGGREGATED = {
    "arithmetic": [(2 * 4 + 9 + 1) / 4, (2 * 1 + 9 + 3) / 4, (2 * 2 + 2) / 3, None],
    "geometric": [(4 * 4 * 9 * 1) ** 0.25, 27**0.25, 2.0, None],
    "harmonic": [4 / (2 / 4 + 1 / 9 + 1), 4 / (2 + 1 / 9 + 1 / 3), 2.0, None],
}


@pytest.mark.parametrize("method", AGGREGATED)
def test_aggregated_by_weights_among_what_is_there(method):
    made = aggregate(TWO, {"i": ["x", "y", "z"]}, weights=WEIGHT, method=method)
    assert column(made, "i") == pytest.approx(AGGREGATED[method], abs=1e-12)


def test_too_little_that_is_there_is_no_score():
    assert column(aggregate(TWO, {"i": ["x", "y", "z"]}, available=0.7), "i")[2:] == [None, None]
    assert column(aggregate(TWO, {"i": ["x", "y", "z"]}, available=2 / 3), "i")[2] == 2


def test_copeland_counts_what_more_than_half_of_the_weight_wins():
    frame = pl.DataFrame({"area": ["a", "b", "c"], "x": [3.0, 2, 1], "y": [1.0, 2, 3], "z": [2.0, 2, 2]})
    structure = {"i": ["x", "y", "z"]}
    assert column(aggregate(frame, structure, method="copeland"), "i") == [0, 0, 0]
    assert column(aggregate(frame, structure, weights={"x": 3}, method="copeland"), "i") == [2, 0, -2]
    shares = [2 * (3 + 0.5) / 5, (1.5 + 3.5) / 5, 2 * 1.5 / 5]
    assert column(aggregate(frame, structure, weights={"x": 3}, method="outranking"), "i") == pytest.approx(shares)


def test_copeland_does_not_depend_on_the_order_of_rows():
    draw = np.random.default_rng(3)
    values = draw.normal(size=(9, 4)).round(1)
    values[draw.random(values.shape) < 0.2] = np.nan
    frame = pl.DataFrame({"area": list("abcdefghi"), **{f"x{k}": values[:, k] for k in range(4)}}).fill_nan(None)
    structure = {"i": [f"x{k}" for k in range(4)]}
    made = aggregate(frame, structure, method="copeland")
    other = aggregate(frame.sample(fraction=1, shuffle=True, seed=1), structure, method="copeland").sort("area")
    assert column(made, "i") == column(other, "i")


def test_four_levels_each_with_its_own_mean_and_limit():
    frame = pl.DataFrame({"area": ["a", "b"], "x": [1.0, 4], "y": [4.0, None], "z": [8.0, 2], "w": [5.0, 6]})
    made = aggregate(
        frame, LEVELS, weights={"z": 3, "one": 2}, method=["geometric", "arithmetic", "harmonic"], available=[1, 0, 0]
    )
    one = (2 + 3 * 8) / 4
    assert column(made, "deep") == [2, None]
    assert column(made, "one") == [one, 2]
    assert column(made, "index") == pytest.approx([3 / (2 / one + 1 / 5), 3 / (2 / 2 + 1 / 6)], abs=1e-12)


def test_effective_weights_of_four_levels():
    made = effective_weights(LEVELS, {"z": 3, "one": 2})
    expected = {"x": 1 / 12, "y": 1 / 12, "z": 1 / 2, "w": 1 / 3, "deep": 1 / 6, "two": 1 / 3, "one": 2 / 3, "index": 1}
    assert dict(made.select("element", "effective_weight").iter_rows()) == pytest.approx(expected)
    assert dict(made.select("element", "level").iter_rows())["index"] == 4


def test_budget_weights_average_each_persons_shares():
    assert budget_weights({"A": {"x": 70, "y": 30}, "B": {"x": 1, "y": 3}}) == pytest.approx({"x": 0.475, "y": 0.525})


def test_first_component_of_two_indicators():
    draw = np.random.default_rng(1)
    x, e, f = draw.normal(size=(3, 40))
    frame = pl.DataFrame({"area": range(40), "x": x, "y": x + e, "z": x - f})
    found = pca_weights(frame, ["x", "y", "z"])
    correlations = np.corrcoef(np.array([x, x + e, x - f]))
    vector = np.linalg.eigh(correlations)[1][:, -1]
    assert list(found.values()) == pytest.approx(list(vector * np.sign(vector.sum())), abs=1e-10)
    opposed = pca_weights(frame.with_columns(y=-pl.col("x")), ["x", "y"])
    assert sorted(abs(one) for one in opposed.values()) == pytest.approx([math.sqrt(0.5)] * 2)


def spike(*outer, n=20):
    return [float(k) for k in range(n)] + list(outer)


def treated(values, **options):
    frame = pl.DataFrame({"area": range(len(values)), "x": values})
    made, done = treat(frame, ["x"], **options)
    return made["x"].to_list(), done.to_dicts()[0]


def test_a_high_outlier_takes_the_next_value():
    made, done = treated(spike(500.0))
    assert (made[-1], done["winsorised"], done["transformed"]) == (19.0, 1, "none")


def test_a_low_outlier_takes_the_next_value():
    made, done = treated(spike(-500.0))
    assert (made[-1], done["winsorised"]) == (0.0, 1)


def test_ties_are_winsorised_together_and_counted_together():
    made, done = treated(spike(900.0, 500.0, n=40), winsorised=1, then="none")
    assert (made[-2:], done["winsorised"], done["passed_after"]) == ([500.0, 500.0], 1, False)
    assert treated(spike(900.0, 500.0, n=40), winsorised=2)[1]["winsorised"] == 2


def test_what_winsorising_does_not_mend_is_transformed_from_its_raw_values():
    values = spike(3000.0, 2000.0, 1000.0, 600.0, n=40)
    made, done = treated(values, winsorised=1)
    a = 0.01 * 3000
    assert made == pytest.approx([math.log(one + a) for one in values], abs=1e-12)
    assert (done["transformed"], done["winsorised"]) == ("log_ct", 0)
    combined, done = treated(values, winsorised=1, combine=True)
    assert combined[-4] == combined[-3] == pytest.approx(math.log(2000 + 20))
    assert done["winsorised"] == 1


def test_a_negative_skew_is_mirrored_by_log_ct_plus():
    values = [-one for one in spike(3000.0, 2000.0, 1000.0, 600.0, n=40)]
    made, _ = treated(values, winsorised=1, then="log_ct_plus")
    assert made == pytest.approx([-math.log(0 + 30 - one) for one in values], abs=1e-12)


@pytest.mark.parametrize(
    "values", [[1.0, 2, 90], [2.0] * 9, [None, 1.0, 1, 1, 1, 1]], ids=["three", "constant", "gaps"]
)
def test_what_has_no_kurtosis_stays(values):
    assert treated(values)[0] == values


def test_gaps_stay_gaps_when_treated():
    made, _ = treated([None, *spike(500.0)])
    assert (made[0], made[-1]) == (None, 19)


def test_removal_of_indicators_and_domains():
    frame = pl.DataFrame({"area": ["a", "b", "c"], "x": [9.0, 5, 1], "y": [1.0, 5, 9], "w": [4.0, 5, 6]})
    structure = {"index": ["one", "two"], "one": ["x", "y"], "two": ["w"]}
    found = removal_effects(frame, structure)
    assert dict(found.select("element", "mean_rank_change").iter_rows()) == pytest.approx({"x": 0, "y": 4 / 3, "w": 1})
    whole = removal_effects(frame, structure, of_level=2)
    assert dict(whole.select("element", "largest_rank_change").iter_rows()) == {"one": 0, "two": 2}


def test_alpha_uses_what_pairs_have():
    frame = pl.DataFrame({"area": range(5), "x": [1.0, 2, 3, 4, None], "y": [2.0, 1, 4, 3, 9]})
    xx, yy, xy = stdev([1, 2, 3, 4]) ** 2, stdev([2, 1, 4, 3, 9]) ** 2, 1.0
    assert composite_alpha(frame, ["x", "y"]) == pytest.approx(4 * xy / (xx + yy + 2 * xy))


def test_the_whole_by_principal_components_and_by_budget():
    draw = np.random.default_rng(5)
    frame = pl.DataFrame({"area": range(12), **{name: draw.normal(size=12) for name in ("x", "y", "w")}})
    frame = frame.with_columns(y=-pl.col("y"), w=-pl.col("w"))  # so that loadings do not cancel out
    structure = {"index": ["one", "two"], "one": ["x", "y"], "two": ["w"]}
    made = composite(frame, structure, weights="pca", normalisation={"method": "z_score"})
    x, y = ((frame[name].to_numpy() - frame[name].mean()) / frame[name].std() for name in ("x", "y"))
    turned = pca_weights(frame, ["x", "y"])
    one = (turned["x"] * x + turned["y"] * y) / (turned["x"] + turned["y"])
    assert made.scores["one"].to_list() == pytest.approx(list(one))
    given = composite(frame, structure, weights="budget", budget={"A": {"one": 3, "two": 1}})
    one, two = (given.scores[name].to_numpy() for name in ("one", "two"))
    assert given.scores["index"].to_list() == pytest.approx(list(0.75 * one + 0.25 * two))
    assert made.weights.filter(pl.col("element") == "w")["effective_weight"].item() > 0


def test_imputed_values_enter_the_ranges():
    frame = pl.DataFrame({"area": ["a", "b", "c", "d"], "x": [0.0, 10, 20, None], "y": [1.0, 2, 3, 4]})
    made = composite(frame, {"i": ["x", "y"]}, imputation="median")
    assert column(made.stages["imputed"])[3] == median([0, 10, 20])
    assert column(made.scores, "i")[3] == pytest.approx(fmean([50, 100]))


@pytest.mark.parametrize("weights", [None, "pca"], ids=["equal", "principal components"])
def test_areas_are_named_by_the_column_that_is_said(weights):
    """A frame of districts may have a column ``area`` too, such as their region."""
    given = {"imputation": "mean", "outliers": {}, "weights": weights}
    districts = FRAME.rename({"area": "code"}).with_columns(x=pl.col("x") + pl.col("y"))
    plain = composite(districts, {"i": ["x", "y"]}, area="code", **given)
    made = composite(districts.with_columns(area=pl.lit("North")), {"i": ["x", "y"]}, area="code", **given)
    assert made.scores.drop("area").equals(plain.scores)


REFUSED = {
    "an indicator that is not there": (lambda: composite(FRAME, {"i": ["x", "q"]}), "q: the frame has no such column"),
    "text": (lambda: normalise(FRAME, ["kind"]), "kind: an indicator must be a number"),
    "an area twice": (lambda: impute(pl.concat([FRAME] * 2), ["x"]), "area: an area must be named"),
    "the same everywhere": (
        lambda: normalise(FRAME.with_columns(x=pl.lit(2.0)), ["x"]),
        "x: is the same in every area",
    ),
    "zeros in a geometric mean": (
        lambda: aggregate(FRAME.with_columns(x=pl.lit(0.0)), {"i": ["x", "y"]}, method="geometric"),
        "i: a geometric mean has no meaning",
    ),
    "two parents": (lambda: aggregate(FRAME, {"i": ["x", "j"], "j": ["x"]}), "x: is a member of"),
    "a circle": (lambda: aggregate(FRAME, {"i": ["j"], "j": ["i"]}), "in a circle"),
    "two tops": (lambda: aggregate(FRAME, {"i": ["x"], "j": ["y"]}), "an index has one top, and this has 2"),
    "a weight of nothing": (lambda: aggregate(FRAME, {"i": ["x"]}, weights={"q": 2}), "q: a weight of what is not"),
    "a negative effective weight": (lambda: effective_weights({"i": ["x"]}, {"x": -1}), "x: a weight is a number of 0"),
    "a direction of 2": (lambda: normalise(FRAME, ["x"], directions={"x": 2}), "x: a direction is 1 or -1"),
    "a mean that there is not": (lambda: aggregate(FRAME, {"i": ["x"]}, method="mode"), "is not an option here"),
    "no references": (lambda: normalise(FRAME, ["x"], "distance"), "give one of them"),
    "a reference without a value": (
        lambda: normalise(FRAME, ["x"], "distance", reference_area="d"),
        "x: the reference has no value",
    ),
    "no ranges": (lambda: normalise(FRAME, ["x"], "own_range"), "x: no range is given"),
    "nothing to impute from": (
        lambda: impute(FRAME.with_columns(x=pl.lit(None, pl.Float64)), ["x"]),
        "x: an indicator has no value in any area",
    ),
    "a group that is not there": (lambda: impute(FRAME, ["x"], "group_mean", "q"), "needs the column of groups"),
    "no points": (lambda: budget_weights({"A": {"x": 0, "y": 0}}), "A: points are 0 or more, and not all 0"),
    "an indicator alone": (
        lambda: framework(pl.DataFrame({"element": ["i", "x", "y"], "parent": [None, "i", None]})),
        "y: is an indicator without a parent",
    ),
    "levels": (lambda: aggregate(FRAME, {"i": ["x"]}, method=["arithmetic"] * 2), "method: one for each of the 1"),
    "infinite": (lambda: impute(FRAME.with_columns(x=pl.lit(float("inf"))), ["x"]), "infinite values"),
    "a weight that is text": (lambda: aggregate(FRAME, {"i": ["x"]}, weights={"x": "2"}), "x: a weight is a number"),
    "opposed loadings that cancel out": (
        lambda: composite(FRAME.with_columns(x=10 - pl.col("y")), {"i": ["x", "y"]}, weights="pca"),
        "i: the weights of its members cancel out (5)",
    ),
    "points that are text": (lambda: budget_weights({"A": {"x": "3"}}), "A: points are 0 or more"),
    "a direction of 0 in a table": (
        lambda: framework(pl.DataFrame({"element": ["x", "i"], "parent": ["i", None], "direction": [0, None]})),
        "x: a direction is 1 or -1",
    ),
    "a weight that is text in a table": (
        lambda: framework(pl.DataFrame({"element": ["x", "i"], "parent": ["i", None], "weight": ["two", None]})),
        "x: a weight must be a number",
    ),
    "the directions, said of one step": (
        lambda: composite(FRAME, {"i": ["x"]}, normalisation={"directions": {"x": -1}}),
        "normalisation: `directions` is an argument of the composite",
    ),
    "a reference among areas that have no names": (
        lambda: normalise(FRAME.drop("area"), ["x"], "distance", reference_area="a"),
        "area: the frame has no such column",
    ),
    "nothing left": (lambda: removal_effects(FRAME, {"i": ["x"]}), "x: without it nothing is left"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused_in_one_sentence(case):
    call, said = REFUSED[case]
    with pytest.raises(CohesionError) as caught:
        call()
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
