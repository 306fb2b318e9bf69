"""Imputation: observed answers never move, imputed ones obey their rules, and the panel goes wide and back."""

import numpy as np
import polars as pl
import pytest

from pipeline.errors import CohesionError, ModelError
from pipeline.imputation.chained import impute
from pipeline.imputation.draws import nearest_donors
from pipeline.imputation.joint_tests import d1, d2, d3
from pipeline.imputation.missing import missing_patterns
from pipeline.imputation.plan import Passive, Plan, Rule, default_plan
from pipeline.imputation.pooling import pool, pool_r_squared, pool_table
from pipeline.imputation.tipping import tipping_curve, tipping_point
from pipeline.imputation.wide import lengthen, widen
from pipeline.parallel import runs_with


@pytest.fixture(scope="module")
def frame() -> pl.DataFrame:
    """300 persons: three five-point items of one scale and a category, a fifth of each missing; age complete."""
    rng = np.random.default_rng(11)
    trait = rng.normal(size=300)
    columns = {"person_id": [f"p{number}" for number in range(300)], "age": rng.uniform(18, 80, 300).round()}
    for item in ("a", "b", "c"):
        columns[item] = np.clip(np.round(3 + trait + 0.7 * rng.normal(size=300)), 1, 5).astype(int)
    columns["side"] = np.where(trait + rng.normal(size=300) > 0.5, "left", np.where(trait > -0.5, "middle", "right"))
    table = pl.DataFrame(columns)
    gaps = {name: pl.Series(rng.random(300) < 0.2) for name in ("a", "b", "c", "side")}
    return table.with_columns(pl.when(~gap).then(pl.col(name)).alias(name) for name, gap in gaps.items())


PLAN = Plan(
    {"a": Rule(), "b": Rule("norm", bounds=(1, 5)), "c": Rule(), "side": Rule("category")},
    passive={"scale": Passive(("a", "b", "c"))},
    complete=["age"],
)


@pytest.fixture(scope="module")
def done(frame):
    return impute(frame, PLAN, imputations=3, iterations=4, seed=1)


def test_answers_stay_and_gaps_are_filled(frame, done):
    for complete in done.each():
        assert complete.null_count().select(["a", "b", "c", "side", "scale"]).sum_horizontal().item() == 0
        for name in ("a", "b", "c", "side"):
            answered = frame[name].is_not_null()
            assert complete[name].filter(answered).to_list() == frame[name].filter(answered).to_list()


def test_matched_values_are_ones_that_occur_and_bounds_hold(frame, done):
    for complete in done.each():
        assert complete["a"].dtype == pl.Int64
        assert set(complete["a"]) <= set(frame["a"].drop_nulls())
        assert set(complete["side"]) <= {"left", "middle", "right"}
        assert complete["b"].is_between(1, 5).all()


def test_a_passive_scale_is_always_the_mean_of_its_items(done):
    for complete in done.each():
        gap = complete.select((pl.col("scale") - pl.mean_horizontal("a", "b", "c")).abs().max()).item()
        assert gap < 1e-12
    assert PLAN.predictors_of("a") == ["age", "b", "c", "side"]
    assert "scale" in PLAN.predictors_of("side")


def test_same_seed_same_answers_whatever_the_number_of_workers(frame, done):
    def others_first(function, pieces, shared):
        """Whoever runs the chains may begin with the last."""
        made = {index: function(*shared, *pieces[index]) for index in reversed(range(len(pieces)))}
        return [made[index] for index in range(len(pieces))]

    with runs_with(others_first):
        again = impute(frame, PLAN, imputations=3, iterations=4, seed=1)
    assert again.table().equals(done.table())
    other = impute(frame, PLAN, imputations=3, iterations=4, seed=2)
    assert not other.table().equals(done.table())


def test_imputations_differ_from_each_other(done):
    first, second, _ = done.each()
    assert not first["a"].equals(second["a"])


def test_what_was_not_asked_stays_missing(frame):
    not_asked = pl.Series([number < 50 for number in range(300)])
    made = impute(frame, PLAN, imputations=2, iterations=2, seed=1, keep_missing={"a": not_asked})
    complete = made.complete(0)
    assert complete["a"].is_null().to_list() == (frame["a"].is_null() & not_asked).to_list()


def test_the_trace_shows_each_round(done):
    assert done.trace.height == 3 * 4 * 4
    assert done.trace.columns == ["imputation", "iteration", "column", "mean", "sd"]


@pytest.mark.parametrize(
    ("plan", "says"),
    [
        (Plan({"z": Rule()}), "z is not a column"),
        (Plan({"a": Rule("category")}), "a is a number, not for 'category'"),
        (Plan({"side": Rule()}), "side is text, not for 'pmm'"),
        (Plan({"a": Rule()}, complete=["b"]), "b has unanswered values and no rule"),
        (Plan({"a": Rule(predictors=("a",))}), "a predicts itself"),
        (Plan({"a": Rule()}, passive={"s": Passive(("a", "b"))}), "s is made of b, which is not imputed"),
    ],
)
def test_a_plan_that_does_not_fit_is_refused(frame, plan, says):
    with pytest.raises(CohesionError, match=says):
        impute(frame, plan, seed=1)


def test_donors_are_the_nearest_ones():
    rng = np.random.default_rng(0)
    donors = rng.normal(size=200)
    targets = rng.normal(size=50)
    for _ in range(20):
        picked = nearest_donors(donors, targets, 5, rng)
        gap = np.abs(donors[picked] - targets)
        fifth = np.sort(np.abs(donors[None, :] - targets[:, None]), axis=1)[:, 4]
        assert (gap <= fifth + 1e-12).all()


def test_wide_and_back():
    panel = pl.DataFrame(
        {
            "person_id": ["b", "b", "a"],
            "wave": ["w01", "w02", "w02"],
            "sex": ["f", "f", "m"],
            "trust": [1.0, 2.0, 3.0],
            "late": [None, 4.0, 5.0],
        }
    )
    wide = widen(panel, ["trust", "late"], ["w01", "w02"], constant=["sex"])
    assert wide.columns == ["person_id", "sex", "trust@w01", "trust@w02", "late@w02"]
    assert wide["trust@w01"].to_list() == [1.0, None]
    long = lengthen(wide, ["trust", "late"], ["w01", "w02"])
    assert long.select("person_id", "wave", "trust", "late").rows() == [
        ("b", "w01", 1.0, None),
        ("b", "w02", 2.0, 4.0),
        ("a", "w01", None, None),
        ("a", "w02", 3.0, 5.0),
    ]


def test_missing_together():
    table = missing_patterns(pl.DataFrame({"a": [1, None, None], "b": [1, 2, 3]}))
    assert table.select("pattern", "missing", "lacks", "count").rows() == [("01", 1, "a", 2), ("11", 0, "", 1)]


def test_without_missing_data_pooling_changes_nothing():
    row = pool(np.full((5, 1), 2.0), np.full((5, 1), 0.25), df_complete=np.inf).row(0, named=True)
    assert (row["std_error"], row["fmi"], row["df"]) == (0.5, 0.0, np.inf)


def test_pooling_refuses_a_failed_imputation_and_unequal_terms():
    with pytest.raises(ModelError, match="no result"):
        pool(np.array([[1.0], [np.nan]]), np.ones((2, 1)))
    one = pl.DataFrame({"term": ["x"], "estimate": [1.0], "std_error": [0.1]})
    with pytest.raises(ModelError, match="not of the same terms"):
        pool_table([one, one.with_columns(term=pl.lit("z"))])


def test_the_table_pools_each_row_with_its_own_df():
    one = pl.DataFrame({"term": ["x", "z"], "estimate": [1.0, 2.0], "std_error": [0.1, 0.2], "df": [10.0, None]})
    two = one.with_columns(pl.col("estimate") + 0.1)
    table = pool_table([one, two])
    alone = [
        pool(np.array([[1.0], [1.1]]), np.full((2, 1), 0.01), df_complete=10)["df"][0],
        pool(np.array([[2.0], [2.1]]), np.full((2, 1), 0.04))["df"][0],
    ]
    assert table["df"].to_list() == pytest.approx(alone)


def mean_of_a(completed: pl.DataFrame) -> tuple[float, float]:
    return completed["a"].mean(), completed["a"].std() / np.sqrt(completed.height)


def test_the_curve_moves_by_delta_times_the_share_missing(frame):
    curve = tipping_curve(
        frame,
        Plan({"a": Rule("norm")}, complete=["age"]),
        ["a"],
        [-1.0, 0.0, 1.0],
        mean_of_a,
        imputations=3,
        iterations=1,
        seed=4,
    )
    share = frame["a"].null_count() / frame.height
    assert curve["estimate"].diff().drop_nulls().to_list() == pytest.approx([share, share])
    assert curve["side"].to_list() == ["above"] * 3


@pytest.mark.parametrize(
    ("lows", "highs", "point"),
    [
        ([-0.1, 0.1, 0.3], [0.3, 0.5, 0.7], -0.5),
        ([-0.7, -0.5, -0.3], [-0.3, -0.1, 0.1], 0.5),
        ([0.1, 0.2, 0.3], [0.4, 0.5, 0.6], None),
        ([-0.2, -0.1, 0.1], [0.2, 0.3, 0.4], 0.5),
    ],
    ids=["loses-above", "loses-below", "never", "gains"],
)
def test_the_tipping_point_is_where_the_bound_crosses(lows, highs, point):
    side = ["above" if low > 0 else "below" if high < 0 else "holds" for low, high in zip(lows, highs, strict=True)]
    curve = pl.DataFrame({"delta": [-1.0, 0.0, 1.0], "conf_low": lows, "conf_high": highs, "side": side})
    assert tipping_point(curve) == (None if point is None else pytest.approx(point))


def test_local_residual_draws_reach_beyond_the_answers_that_there_are_within_bounds(frame):
    far = frame.with_columns(a=pl.when(pl.col("age") < 50).then(pl.col("age") / 10))
    drawn = impute(far, Plan({"a": Rule("lrd")}, complete=["age"]), imputations=2, iterations=1, seed=2).complete(0)
    assert drawn["a"].max() > 7
    inside = impute(far, Plan({"a": Rule("lrd", bounds=(1, 6))}, complete=["age"]), imputations=2, iterations=1, seed=2)
    assert inside.complete(0)["a"].is_between(1, 6).all()


def test_the_default_plan_imputes_what_has_gaps(frame):
    plan = default_plan(frame, bounds={"b": (1, 5)}, passive={"scale": Passive(("a", "b", "c"))})
    assert {name: rule.method for name, rule in plan.rules.items()} == {
        "a": "pmm",
        "b": "norm",
        "c": "pmm",
        "side": "category",
    }
    assert plan.complete == ["age"]
    assert impute(frame, plan, imputations=2, iterations=1, seed=1).complete(1)["b"].is_between(1, 5).all()


@pytest.mark.parametrize("m", [3, 5])
def test_one_coefficient_is_tested_jointly_as_it_is_pooled_alone(m):
    """Reiter's degrees of freedom are not defined for so few imputations; Barnard and Rubin's are."""
    draws = np.random.default_rng(m).normal(0.4, 0.2, size=(m, 1))
    errors = np.full((m, 1), 0.1)
    found = d1(draws, errors[:, :, None] ** 2, df_complete=146)
    alone = pool(draws, errors**2, df_complete=146)
    assert found.statistic == pytest.approx(alone["statistic"][0] ** 2)
    assert (found.df2, found.p_value) == (pytest.approx(alone["df"][0]), pytest.approx(alone["p_value"][0]))


def test_joint_tests_without_missing_data_are_those_of_complete_data():
    """The χ² and F tests of scipy are the judge: nothing is lost to imputation."""
    from scipy.stats import chi2, f

    ones, unit = np.ones((5, 2)), np.stack([np.eye(2)] * 5)
    assert d1(ones, unit).p_value == pytest.approx(chi2.sf(2.0, 2))
    assert d1(ones, unit, df_complete=30).p_value == pytest.approx(f.sf(1.0, 2, 30))
    assert d2([3.0] * 3, 2).p_value == pytest.approx(chi2.sf(3.0, 2))
    assert d3([3.0] * 3, [3.0] * 3, 2).p_value == pytest.approx(chi2.sf(3.0, 2))


def test_an_interval_of_r_squared_holds_its_estimate():
    found = pool_r_squared([0.02, 0.05, 0.001], 60)
    assert found["conf_low"] <= found["estimate"] <= found["conf_high"]
