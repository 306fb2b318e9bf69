"""What must not change a result does not, and what must, does, in the right direction."""

import numpy as np
import polars as pl
import pytest
from shared import SHIPPED

from pipeline import tables
from pipeline.errors import ModelError
from pipeline.parallel import runs_with
from pipeline.sem import Parameter, clpm, compare, riclpm, sem
from pipeline.sem.engine.bootstrap import bootstrap
from pipeline.sem.families.boundary import chi_bar_tail, chi_bar_weights, random_intercept_test
from pipeline.sem.families.continuous import continuous_time, matrix_power
from pipeline.sem.families.growth import growth
from pipeline.sem.families.ladder import ladder
from pipeline.sem.families.measurement import cfa

GAPS = pl.read_csv(SHIPPED / "sim_shippable" / "riclpm_sim_missing.csv")
COMPLETE = pl.read_csv(SHIPPED / "sim_shippable" / "riclpm_sim.csv")
CONSTRUCTS = {"x": ["x1", "x2", "x3", "x4"], "y": ["y1", "y2", "y3", "y4"]}
ANSWERS = [name for names in CONSTRUCTS.values() for name in names]


@pytest.fixture(scope="module")
def robust():
    return riclpm(GAPS, CONSTRUCTS, estimator="MLR")


def same(one, two, columns=("estimate", "std_error"), rel=1e-6):
    key = ["lhs", "op", "rhs"]
    both = one.estimates.join(two.estimates, on=key, how="inner", suffix="_two")
    assert len(both) == len(one.estimates)
    for column in columns:
        assert both[column].to_numpy() == pytest.approx(both[f"{column}_two"].to_numpy(), rel=rel, abs=rel)


def test_order_of_rows(robust):
    shuffled = riclpm(GAPS.sample(fraction=1, shuffle=True, seed=3), CONSTRUCTS, estimator="MLR")
    same(robust, shuffled)
    assert shuffled.fit == pytest.approx(robust.fit, rel=1e-6, abs=1e-8)


def test_order_of_constructs(robust):
    turned = riclpm(GAPS, dict(reversed(CONSTRUCTS.items())), estimator="MLR")
    assert turned.loglik == pytest.approx(robust.loglik, rel=1e-12)
    assert turned.parameter("wy3", "~", "wx2")["std_error"] == pytest.approx(
        robust.parameter("wy3", "~", "wx2")["std_error"], rel=1e-6
    )


def test_adding_a_constant_moves_only_means(robust):
    moved = riclpm(GAPS.with_columns(pl.col(CONSTRUCTS["x"]) + 100), CONSTRUCTS, estimator="MLR")
    shift = pl.when((pl.col("op") == "~1") & pl.col("lhs").is_in(CONSTRUCTS["x"])).then(100.0).otherwise(0.0)
    expected = robust.estimates.with_columns(estimate=pl.col("estimate") + shift)
    assert moved.estimates["estimate"].to_numpy() == pytest.approx(expected["estimate"].to_numpy(), rel=1e-6, abs=1e-6)
    assert moved.fit["chisq.scaled"] == pytest.approx(robust.fit["chisq.scaled"], rel=1e-6)


@pytest.mark.parametrize("unit", [1e-6, 1e6])
def test_the_unit_of_the_answers_does_not_matter(robust, unit):
    """Incomplete answers in millionths or millions: the same z, standardised values and errors, and fit."""
    other = riclpm(GAPS.with_columns(pl.col(ANSWERS) * unit), CONSTRUCTS, estimator="MLR")
    for column in ("z", "std_all"):
        one, two = robust.estimates[column].to_numpy(), other.estimates[column].to_numpy()
        assert two == pytest.approx(one, rel=1e-6, abs=1e-6, nan_ok=True)
    one, two = (result.standardized()["std_error"].to_numpy() for result in (robust, other))
    assert two == pytest.approx(one, rel=1e-5)
    for name in ("chisq.scaled", "cfi.robust", "rmsea.robust", "srmr", "gfi", "scaling.factor.h1"):
        assert other.fit[name] == pytest.approx(robust.fit[name], rel=1e-6)


def test_a_lazy_frame_is_as_good(robust):
    lazy = riclpm(GAPS.lazy(), CONSTRUCTS, estimator="MLR")
    same(robust, lazy, rel=1e-12)


def test_rescaling_leaves_standardised_values_and_fit(robust):
    scaled = riclpm(GAPS.with_columns(pl.col(CONSTRUCTS["y"]) * 250), CONSTRUCTS, estimator="MLR")
    free = robust.estimates.filter(pl.col("std_error") > 0)
    other = scaled.estimates.filter(pl.col("std_error") > 0)
    assert other["std_all"].to_numpy() == pytest.approx(free["std_all"].to_numpy(), rel=1e-5, abs=1e-6)
    assert other["z"].to_numpy() == pytest.approx(free["z"].to_numpy(), rel=1e-5, abs=1e-5)
    for name in ("chisq.scaled", "cfi.robust", "rmsea.robust", "srmr"):
        assert scaled.fit[name] == pytest.approx(robust.fit[name], rel=1e-5, abs=1e-7)


def test_full_information_of_complete_answers_is_maximum_likelihood():
    fiml, listwise = (
        riclpm(COMPLETE, CONSTRUCTS, missing=missing, estimator="MLR") for missing in ("fiml", "listwise")
    )
    same(fiml, listwise, rel=1e-8)
    assert fiml.fit["chisq.scaled"] == pytest.approx(listwise.fit["chisq.scaled"], rel=1e-8)


def test_restrictions_never_fit_better():
    free, lags, all_equal = (
        riclpm(GAPS, CONSTRUCTS, **options)
        for options in ({}, {"lags": "equal"}, {"lags": "equal", "residuals": "equal", "means": "equal"})
    )
    assert free.fit["chisq"] <= lags.fit["chisq"] <= all_equal.fit["chisq"]
    assert free.fit["chisq"] <= clpm(GAPS, CONSTRUCTS).fit["chisq"]
    assert compare(lags, free).statistic == pytest.approx(lags.fit["chisq"] - free.fit["chisq"], rel=1e-9)


def test_weights_that_are_all_the_same_change_nothing(robust):
    weighted = riclpm(GAPS.with_columns(w=pl.lit(7.5)), CONSTRUCTS, estimator="MLR", weights="w")
    same(robust, weighted)
    assert weighted.fit["chisq.scaled"] == pytest.approx(robust.fit["chisq.scaled"], rel=1e-6)


def test_clusters_of_one_are_persons(robust):
    alone = riclpm(GAPS.with_row_index("own"), CONSTRUCTS, estimator="MLR", cluster="own")
    factor = np.sqrt(robust.n / (robust.n - 1))
    free = robust.estimates.filter(pl.col("std_error") > 0)["std_error"].to_numpy()
    assert alone.estimates.filter(pl.col("std_error") > 0)["std_error"].to_numpy() == pytest.approx(
        free * factor, rel=1e-8
    )


def test_two_equal_groups_give_the_estimates_of_one():
    doubled = pl.concat([COMPLETE.with_columns(arm=pl.lit(arm)) for arm in ("a", "b")])
    both = riclpm(doubled, CONSTRUCTS, group="arm")
    one = riclpm(COMPLETE, CONSTRUCTS)
    for arm in ("a", "b"):
        part = both.estimates.filter(pl.col("group") == arm)
        assert part["estimate"].to_numpy() == pytest.approx(one.estimates["estimate"].to_numpy(), rel=1e-6, abs=1e-8)
    assert both.fit["chisq"] == pytest.approx(2 * one.fit["chisq"], rel=1e-6)


def test_who_answered_nothing_is_dropped_and_counted():
    nobody = GAPS.head(3).with_columns(pl.lit(None).cast(pl.Float64).alias(name) for name in ANSWERS)
    result = riclpm(pl.concat([GAPS, nobody], how="vertical_relaxed"), CONSTRUCTS)
    assert (result.n, result.dropped) == (len(GAPS), 3)
    assert "3 persons" in result.notes[0]
    assert result.loglik == pytest.approx(riclpm(GAPS, CONSTRUCTS).loglik, rel=1e-12)


def test_nan_is_missing_like_null():
    holed = GAPS.with_columns(pl.col(ANSWERS).fill_null(float("nan")))
    assert riclpm(holed, CONSTRUCTS).loglik == pytest.approx(riclpm(GAPS, CONSTRUCTS).loglik, rel=1e-12)


def test_several_starts_find_the_same_top(robust):
    again = riclpm(GAPS, CONSTRUCTS, estimator="MLR", starts=4, seed=11)
    same(robust, again)


def test_one_pattern_each_is_the_same_likelihood():
    """Patterns handled width by width and patterns padded to full width agree."""
    from pipeline.sem.engine import data

    generator = np.random.default_rng(5)
    holed = COMPLETE.with_columns(
        pl.when(pl.Series(generator.random(len(COMPLETE)) > 0.35)).then(pl.col(name)).alias(name) for name in ANSWERS
    )
    padded = riclpm(holed, CONSTRUCTS, estimator="MLR")
    few, data.FEW = data.FEW, 0
    try:
        by_width = riclpm(holed, CONSTRUCTS, estimator="MLR")
    finally:
        data.FEW = few
    same(padded, by_width, rel=1e-8)
    assert by_width.fit == pytest.approx(padded.fit, rel=1e-6, abs=1e-9)


def test_linear_constraints_hold():
    rows = [Parameter("f", "=~", "x1", free=False, value=1.0), Parameter("f", "~~", "f")]
    rows += [Parameter("f", "=~", item, label=f"l_{item}") for item in CONSTRUCTS["x"][1:]]
    rows += [Parameter(item, "~~", item) for item in CONSTRUCTS["x"]]
    result = sem(COMPLETE, rows, constraints=["l_x2 + l_x3 == 2", "l_x4 == 2*l_x3 - 1"])
    two, three, four = (result.parameter("f", "=~", f"x{wave}")["estimate"] for wave in (2, 3, 4))
    assert two + three == pytest.approx(2, abs=1e-10)
    assert four == pytest.approx(2 * three - 1, abs=1e-10)
    assert result.fit["df"] == 4


def test_unit_factors_are_the_same_model_as_unit_loadings():
    by_loading = cfa(COMPLETE, {"f": CONSTRUCTS["x"]}, missing="listwise")
    by_factor = cfa(COMPLETE, {"f": CONSTRUCTS["x"]}, missing="listwise", standardise_factors=True)
    assert by_factor.loglik == pytest.approx(by_loading.loglik, rel=1e-10)
    one, two = (
        result.estimates.filter(pl.col("op") == "=~")["std_all"].to_numpy() for result in (by_loading, by_factor)
    )
    assert two == pytest.approx(one, rel=1e-6)


def test_a_line_through_equally_spaced_waves_does_not_depend_on_the_unit():
    years, months = (growth(GAPS, {"x": CONSTRUCTS["x"]}, times=times) for times in ([0, 1, 2, 3], [0, 12, 24, 36]))
    assert years.loglik == pytest.approx(months.loglik, rel=1e-10)
    assert years.parameter("s_x", "~1")["estimate"] == pytest.approx(
        12 * months.parameter("s_x", "~1")["estimate"], rel=1e-5
    )


def test_rescaled_lags_return_to_themselves():
    lags = np.array([[0.4, 0.1], [0.05, 0.3]])
    assert matrix_power(matrix_power(lags, 0.5), 2) == pytest.approx(lags)
    assert matrix_power(lags, 3) == pytest.approx(lags @ lags @ lags)
    assert matrix_power(np.array([[-0.2, 0.0], [0.0, 0.3]]), 0.5) is None


def test_unequal_spacing_is_told_and_both_lags_shown():
    with pytest.warns(UserWarning, match="unequally spaced"):
        result = riclpm(GAPS, CONSTRUCTS, lags="equal", times=[0, 1, 2, 4])
    assert any("unequally" in note for note in result.notes)
    shown = continuous_time(result).filter((pl.col("from") == "x") & (pl.col("to") == "x"))
    assert shown["lag"].n_unique() == 1
    year, two_years = (shown.filter(wave=wave).row(0, named=True) for wave in (2, 4))
    assert year["rescaled"] == pytest.approx(year["lag"])
    assert year["rescaled_error"] == pytest.approx(year["std_error"], rel=1e-5)
    assert two_years["rescaled"] > year["rescaled"]
    with pytest.raises(ModelError, match="no times"):
        continuous_time(riclpm(GAPS, CONSTRUCTS))


def test_chi_bar_weights():
    """Two variances: ½ for one of them, arccos for the rest (Shapiro 1988); many independent ones: binomial."""
    assert chi_bar_weights(np.eye(1)) == pytest.approx((0.5, 0.5))
    correlated = chi_bar_weights(np.array([[2.0, 0.6], [0.6, 0.5]]))
    angle = np.arccos(0.6) / (2 * np.pi)
    assert correlated == pytest.approx((angle, 0.5, 0.5 - angle))
    assert chi_bar_weights(np.eye(4)) == pytest.approx(np.array([1, 4, 6, 4, 1]) / 16, abs=1e-6)
    assert chi_bar_tail(2.705543, (0.5, 0.5), (0, 1)) == pytest.approx(0.05, abs=1e-6)


def test_random_intercepts_are_found_where_they_were_planted():
    test = random_intercept_test(clpm(COMPLETE, CONSTRUCTS), riclpm(COMPLETE, CONSTRUCTS))
    assert test.df == (1, 2, 3)
    assert test.p < test.p_naive < 1e-20


def test_the_ladder_keeps_its_rungs_in_order():
    made = ladder(GAPS, CONSTRUCTS, lags="free", estimator="MLR")
    assert made.table["model"].to_list()[:3] == ["CLPM", "RI-CLPM", "lags equal"]
    assert made.table["df"].to_list()[1:] == sorted(made.table["df"].to_list()[1:])
    step = compare(made.models["RI-CLPM"], made.models["lags equal"])
    row = made.table.row(2, named=True)
    assert (row["delta_chisq"], row["delta_p"]) == (pytest.approx(step.statistic), pytest.approx(step.p))
    grouped = ladder(GAPS, CONSTRUCTS, lags="free", group="g")
    assert grouped.table["model"].to_list()[-2] == "lags equal over groups"


def _backwards(function, pieces, shared):
    """A runner that takes the last piece first."""
    return [function(*shared, *piece) for piece in reversed(pieces)][::-1]


@pytest.mark.thorough
def test_bootstrap_errors_are_near_the_robust_ones():
    result = riclpm(GAPS, CONSTRUCTS, lags="equal", estimator="MLR")
    made = bootstrap(result, draws=120, seed=4)
    with runs_with(_backwards):
        again = bootstrap(result, draws=120, seed=4)
    assert made.draws == pytest.approx(again.draws, nan_ok=True)
    robust = np.sqrt(result.state.covariance.diagonal())
    assert made.table["std_error"].to_numpy() / robust == pytest.approx(np.ones(len(robust)), abs=0.35)


def test_results_fit_the_table_of_estimates():
    result = riclpm(GAPS, CONSTRUCTS, estimator="MLR", group="g")
    made = result.to_estimates(model="m", outcome="x")
    assert tables.Estimates.is_valid(made)
    assert set(made["component"]) == {"covariance", "fit", "intercept", "regression", "standardised"}
    assert made.filter(term="cfi.robust")["estimate"][0] == pytest.approx(result.fit["cfi.robust"])
    assert made["n_persons"].unique().to_list() == [600]


def test_slopes_add_a_trend_to_the_stable_part():
    """With growth in the answers the latent curve with structured residuals fits, and its slope is the growth."""
    trended = COMPLETE.with_columns(pl.col(f"x{wave}") + 0.5 * (wave - 1) for wave in range(1, 5))
    result = riclpm(trended, CONSTRUCTS, lags="equal", residuals="equal", slopes=True, gate=False)
    plain = growth(trended, {"x": CONSTRUCTS["x"]}, gate=False)
    assert result.parameter("Sx", "~1")["estimate"] == pytest.approx(plain.parameter("s_x", "~1")["estimate"], abs=0.02)
