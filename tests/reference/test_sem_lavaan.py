"""Panel models against lavaan 0.6-14 on answers simulated for the purpose: skewed, clustered, weighted, with gaps."""

import json

import numpy as np
import polars as pl
import pytest
from sem_oracle import assert_as_lavaan
from shared import SHIPPED

from pipeline.sem import alt, clpm, compare, lcm_sr, riclpm
from pipeline.sem.families.growth import growth

FOLDER = SHIPPED / "sem"
STORED = json.loads((FOLDER / "reference.json").read_text(encoding="utf-8"))
PANEL = pl.read_csv(FOLDER / "panel.csv", infer_schema_length=None)
CONSTRUCTS = {"x": ["x1", "x2", "x3", "x4"], "y": ["y1", "y2", "y3", "y4"]}
OPTIONS = {
    "ml_listwise": {"missing": "listwise"},
    "ml_fiml": {},
    "mlr_listwise": {"missing": "listwise", "estimator": "MLR"},
    "mlr_fiml": {"estimator": "MLR"},
    "cluster_listwise": {"missing": "listwise", "estimator": "MLR", "cluster": "cluster"},
    "cluster_fiml": {"estimator": "MLR", "cluster": "cluster"},
    "weights_listwise": {"missing": "listwise", "estimator": "MLR", "weights": "weight"},
    "weights_fiml": {"estimator": "MLR", "weights": "weight"},
    "both_listwise": {"missing": "listwise", "estimator": "MLR", "cluster": "cluster", "weights": "weight"},
    "both_fiml": {"estimator": "MLR", "cluster": "cluster", "weights": "weight"},
}


@pytest.mark.parametrize("name", OPTIONS)
def test_random_intercept_model(name):
    for lags in ("free", "equal"):
        result = riclpm(PANEL, CONSTRUCTS, lags=lags, **OPTIONS[name])
        assert_as_lavaan(
            result,
            STORED["riclpm"][name][lags],
            estimate=1e-4 if "fiml" in name and "weight" in str(OPTIONS[name]) else 1e-5,
        )


def test_cross_lagged_model():
    assert_as_lavaan(clpm(PANEL, CONSTRUCTS, estimator="MLR"), STORED["clpm"])


def test_equal_means():
    assert_as_lavaan(riclpm(PANEL, CONSTRUCTS, "equal", means="equal", estimator="MLR"), STORED["means"])


@pytest.mark.parametrize("missing", ["listwise", "fiml"])
def test_groups(missing):
    stored = STORED["groups"][missing]
    options = {"estimator": "MLR", "missing": missing, "group": "group"}
    free = riclpm(PANEL, CONSTRUCTS, **options)
    equal = riclpm(PANEL, CONSTRUCTS, group_equal=["lags"], **options)
    assert_as_lavaan(free, stored["free"], stored["labels"], estimate=1e-4)
    assert_as_lavaan(equal, stored["equal"], stored["labels"], estimate=1e-4)
    for method in ("satorra.bentler.2001", "satorra.bentler.2010"):
        found = compare(free, equal, method)
        assert found.df == stored["diff"][method]["df"]
        assert found.statistic == pytest.approx(stored["diff"][method]["chisq_diff"], rel=1e-4)
        assert found.p == pytest.approx(stored["diff"][method]["p"], rel=1e-4)


@pytest.mark.parametrize("name", [name for name in OPTIONS if not name.startswith("ml_")])
def test_scaled_difference(name):
    free, equal = (riclpm(PANEL, CONSTRUCTS, lags=lags, **OPTIONS[name]) for lags in ("free", "equal"))
    methods = ["satorra.bentler.2001", "satorra.bentler.2010"]
    if name in ("mlr_listwise", "cluster_listwise"):
        methods.append("satorra.2000")
    for method in methods:
        stored = STORED["riclpm"][name]["diff"][method]
        found = compare(equal, free, method)
        assert (found.df, found.note) == (stored["df"], None)
        assert found.statistic == pytest.approx(stored["chisq_diff"], rel=1e-4)
        assert found.p == pytest.approx(stored["p"], rel=1e-4)


def test_covariates():
    options = {"estimator": "MLR", "covariates": ["z"]}
    assert_as_lavaan(riclpm(PANEL, CONSTRUCTS, **options), STORED["covariate_between"])
    assert_as_lavaan(riclpm(PANEL, CONSTRUCTS, covariate_effects="free", **options), STORED["covariate_waves"])
    varying = riclpm(PANEL, CONSTRUCTS, "equal", time_varying={"v": ["v1", "v2", "v3", "v4"]})
    assert_as_lavaan(varying, STORED["time_varying"])


def test_standard_errors_of_the_standardised_solution():
    result = riclpm(PANEL, CONSTRUCTS, estimator="MLR")
    rows = {(row["lhs"], row["op"], row["rhs"]): row for row in result.standardized().iter_rows(named=True)}
    for stored in STORED["riclpm"]["mlr_fiml"]["free"]["std"]:
        row = rows.get((stored["lhs"], stored["op"], stored["rhs"] or ""))
        if row and stored["se"]:
            assert row["std_error"] == pytest.approx(stored["se"], rel=1e-4)


@pytest.mark.parametrize("shape", ["linear", "piecewise"])
def test_growth(shape):
    zero = [("s1_x", "s1_x"), ("s1_x", "s2_x"), ("i_x", "s1_x")] if shape == "piecewise" else []
    result = growth(
        PANEL, {"x": CONSTRUCTS["x"]}, shape, event=1 if zero else None, fixed_covariances=zero, estimator="MLR"
    )
    assert_as_lavaan(
        result, STORED["growth"][shape], rename=lambda name: f"{name}_x" if name in ("i", "s", "s1", "s2") else name
    )


def test_hessian_agrees_with_numeric_derivatives():
    """The exact observed information against central differences of the gradient."""
    from pipeline.sem.engine.optimise import Target

    state = riclpm(PANEL, CONSTRUCTS, group="group").state
    target = Target(state.model, state.data.groups)
    x, step = state.optimum.x + 0.01, 1e-5
    exact = target.at(x).information("observed")
    numeric = np.array(
        [
            (target.at(x - step * unit).gradient - target.at(x + step * unit).gradient) / (2 * step)
            for unit in np.eye(len(x))
        ]
    )
    assert exact == pytest.approx(numeric, rel=1e-5, abs=1e-5 * np.abs(exact).max())


def test_several_indicators_a_wave():
    frame = pl.read_csv(FOLDER / "indicators.csv", infer_schema_length=None)
    constructs = {name: [[f"{name}{wave}{item}" for item in "abc"] for wave in (1, 2, 3)] for name in "xy"}
    assert_as_lavaan(riclpm(frame, constructs, estimator="MLR"), STORED["indicators"], estimate=1e-4)


@pytest.mark.filterwarnings("ignore:the waves are unequally spaced")
@pytest.mark.parametrize(
    ("builder", "names"),
    [(lcm_sr, {"i_x": "RIx", "i_y": "RIy", "s_x": "Sx", "s_y": "Sy"}), (alt, {})],
    ids=["lcm_sr", "alt"],
)
def test_trends_with_lags(builder, names):
    """Five waves at 0, 1, 2.5, 3 and 4; lags equal over waves."""
    stored = json.loads((FOLDER / "curves.json").read_text(encoding="utf-8"))[builder.__name__]
    frame = pl.read_csv(FOLDER / "curves.csv")
    constructs = {name: [f"{name}{wave}" for wave in range(1, 6)] for name in "xy"}
    result = builder(frame, constructs, estimator="MLR", missing="listwise", times=[0, 1, 2.5, 3, 4])
    assert_as_lavaan(result, stored, rename=lambda name: names.get(name, name))
