"""Panel models and longitudinal invariance against lavaan, on the simulated data shipped with the project."""

import json

import polars as pl
import pytest
from sem_oracle import assert_as_lavaan
from shared import SHIPPED

from pipeline.sem import clpm, compare, riclpm
from pipeline.sem.families.invariance import invariance

FOLDER = SHIPPED / "sim_shippable"
STORED = json.loads((FOLDER / "reference.json").read_text(encoding="utf-8"))
COMPLETE = pl.read_csv(FOLDER / "riclpm_sim.csv")
GAPS = pl.read_csv(FOLDER / "riclpm_sim_missing.csv")
CONSTRUCTS = {"x": ["x1", "x2", "x3", "x4"], "y": ["y1", "y2", "y3", "y4"]}
ITEMS = [[f"t{wave}{item}" for item in range(1, 5)] for wave in range(1, 4)]


def four_models(frame, **options):
    return {
        "free": riclpm(frame, CONSTRUCTS, **options),
        "lag": riclpm(frame, CONSTRUCTS, lags="equal", **options),
        "lagvar": riclpm(frame, CONSTRUCTS, lags="equal", residuals="equal", **options),
        "clpm": clpm(frame, CONSTRUCTS, **options),
    }


@pytest.mark.parametrize(("block", "options"), [("ml", {"missing": "listwise"}), ("fiml", {})])
def test_maximum_likelihood(block, options):
    models = four_models(GAPS if block == "fiml" else COMPLETE, **options)
    for name, result in models.items():
        assert_as_lavaan(result, STORED["riclpm"][block][name])
    for name, before in (("lag", "free"), ("lagvar", "lag")):
        found, stored = compare(models[before], models[name]), STORED["riclpm"][f"lrt_{block}"][name]
        assert found.statistic == pytest.approx(stored["chisq_diff"], rel=1e-5)
        assert (found.df, found.p) == (stored["df"], pytest.approx(stored["p"], rel=1e-5))


def test_robust():
    free, lag = (riclpm(GAPS, CONSTRUCTS, lags=lags, estimator="MLR") for lags in ("free", "equal"))
    assert_as_lavaan(free, STORED["riclpm"]["mlr_fiml"]["free"])
    assert_as_lavaan(lag, STORED["riclpm"]["mlr_fiml"]["lag"])
    stored = STORED["riclpm"]["lrt_mlr"]
    assert compare(free, lag).statistic == pytest.approx(stored["chisq_diff"], rel=1e-4)


def test_groups():
    stored = STORED["riclpm"]["multigroup_fiml"]
    free = riclpm(GAPS, CONSTRUCTS, group="g")
    equal = riclpm(GAPS, CONSTRUCTS, group="g", group_equal=["lags"])
    labels = [part.label for part in free.state.data.groups]
    assert_as_lavaan(free, stored["free"], labels, estimate=1e-4)
    assert_as_lavaan(equal, stored["equal"], labels, estimate=1e-4)
    assert compare(free, equal).statistic == pytest.approx(stored["lrt"]["chisq_diff"], rel=1e-5)


def test_longitudinal_invariance_finds_the_item_that_drifts():
    frame = pl.read_csv(FOLDER / "trust_items_3waves.csv")
    found = invariance(frame, {"F": ITEMS}, missing="listwise")
    stored = STORED["longitudinal_invariance"]
    names = {"configural": "configural", "metric": "metric", "scalar": "scalar", "partial scalar": "partial_scalar"}
    for level, name in names.items():
        fit = {key: value for key, value in stored["fits"][name]["fit"].items() if key not in ("npar", "aic", "bic")}
        # intercepts of the configural models are free in both, but only counted here
        assert_as_lavaan(found.models[level], {"params": stored["fits"][name]["params"], "fit": fit})
    assert (found.level, found.partial_level, found.freed) == ("metric", "strict", ("intercept of t34",))
    steps = {row["level"]: row for row in found.table.iter_rows(named=True)}
    for level, name in (("metric", "metric"), ("scalar", "scalar"), ("partial scalar", "partial")):
        assert steps[level]["delta_chisq"] == pytest.approx(stored["lrt"][name]["chisq_diff"], rel=1e-5)
        assert steps[level]["delta_p"] == pytest.approx(stored["lrt"][name]["p"], rel=1e-4)
    assert not found.means_comparable
    assert found.means_partially_comparable
    drift = found.trend.filter(place="3")
    assert drift["mean"][0] > drift["mean_partial"][0]
