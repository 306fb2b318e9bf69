"""Raking, post-stratification, calibration, trimming and replicates against R's survey, on its school sample."""

import json

import numpy as np
import polars as pl
import pytest
from shared import shared

from pipeline.weights.calibration import calibrate
from pipeline.weights.quality import weight_quality
from pipeline.weights.raking import poststratify, rake
from pipeline.weights.replicates import Replicates, rake_replicates, replicate_weights
from pipeline.weights.trimming import quantile_limits, trim

REFERENCE = json.loads(shared("reference", "survey", "reference.json").read_text())
SCHOOLS = pl.read_csv(shared("reference", "survey", "apiclus1.csv"))
WEIGHTS = pl.read_csv(shared("reference", "survey", "apiclus1_weights.csv"))
STRATIFIED = pl.read_csv(shared("reference", "survey", "apistrat.csv"))
MARGINS = REFERENCE["margins"]


def totals(*variables: str) -> pl.DataFrame:
    rows = [(v, category, float(n)) for v in variables for category, n in MARGINS[v].items()]
    return pl.DataFrame(rows, schema=["variable", "category", "total"], orient="row")


def same_quality(weights, expected: dict, *, tolerance: float) -> None:
    names = {"n": "n", "sum": "sum", "min": "min", "max": "max", "cv": "cv"}
    names |= {"design_effect": "kish_deff", "effective_n": "ess"}
    quality = weight_quality(weights)
    for ours, theirs in names.items():
        assert quality[ours] == pytest.approx(expected[theirs], rel=tolerance, abs=1e-12), ours


def test_raking():
    raked = rake(SCHOOLS, totals("stype", "sch.wide"), base_weight="pw", tolerance=1e-13)
    np.testing.assert_allclose(raked.weights, WEIGHTS["rake"], rtol=1e-8)
    same_quality(raked.weights, REFERENCE["calibrated"]["rake"]["kish"], tolerance=1e-8)
    assert raked.largest_difference < 1e-12


def test_post_stratification():
    weights = poststratify(SCHOOLS, totals("stype"), base_weight="pw").weights
    np.testing.assert_allclose(weights, WEIGHTS["poststrat"], rtol=1e-8)
    same_quality(weights, REFERENCE["calibrated"]["poststratify"]["kish"], tolerance=1e-8)


@pytest.mark.parametrize(
    ("method", "bounds", "column", "block", "tolerance"),
    [
        ("linear", None, "cal_linear", "linear", 1e-8),  # a closed form
        ("raking", None, "cal_raking", "raking", 1e-6),
        ("logit", (0.5, 2.0), "cal_logit", "logit_bounded", 1e-6),
        ("linear", (0.6, 1.6), "cal_linear_bounded", "linear_bounded", 1e-6),
    ],
)
def test_calibration(method, bounds, column, block, tolerance):
    found = calibrate(
        SCHOOLS,
        totals("stype"),
        totals={"api99": MARGINS["api99_total"]},
        method=method,
        bounds=bounds,
        base_weight="pw",
    )
    np.testing.assert_allclose(found.weights, WEIGHTS[column], rtol=tolerance)
    same_quality(found.weights, REFERENCE["calibrated"][block]["kish"], tolerance=tolerance)
    if bounds:
        ratio = found.weights / SCHOOLS["pw"]
        assert bounds[0] <= ratio.min()
        assert ratio.max() <= bounds[1]


def test_trimming():
    lower, upper = quantile_limits(WEIGHTS["rake"], 0.05, 0.95)
    once = trim(WEIGHTS["rake"], lower=lower, upper=upper, strict=False)
    np.testing.assert_allclose(once, WEIGHTS["trim"], rtol=1e-8)
    same_quality(once, REFERENCE["calibrated"]["trimmed"]["kish"], tolerance=1e-8)
    strict = trim(WEIGHTS["rake"], upper=upper)
    np.testing.assert_allclose(strict, WEIGHTS["trim_strict"], rtol=1e-8)
    same_quality(strict, REFERENCE["calibrated"]["trimmed_strict"]["kish"], tolerance=1e-8)


@pytest.mark.parametrize(
    ("frame", "block", "how"),
    [
        (STRATIFIED, "strat_JKn", {"kind": "jkn", "stratum": "stype"}),
        (SCHOOLS, "clus1_JK1", {"kind": "jk1", "psu": "dnum"}),
    ],
)
def test_jackknives(frame, block, how):
    replicates = replicate_weights(frame, weight="pw", population="fpc", **how)
    same_errors(replicates, frame, REFERENCE["replicate"][block])
    assert replicates.weights.shape[1] == REFERENCE["replicate"][block]["nrep"]
    assert replicates.scale == pytest.approx(REFERENCE["replicate"][block]["scale"], abs=1e-12)
    assert replicates.rscales[0] == pytest.approx(REFERENCE["replicate"][block]["rscales_first"], abs=1e-12)


@pytest.mark.parametrize(
    ("frame", "block", "file"),
    [
        (SCHOOLS, "clus1_bootstrap_100", "repweights_clus1_bootstrap_100.csv"),
        (STRATIFIED, "strat_subbootstrap_100", "repweights_strat_subbootstrap_100.csv"),
    ],
)
def test_bootstraps_given_the_draws(frame, block, file):
    """R's own draws, saved to ten decimals; the scale must follow from our kind of the same name."""
    drawn = pl.read_csv(shared("reference", "survey", file)).to_numpy()
    kind, where = ("canty_davison", {"psu": "dnum"}) if "clus1" in block else ("bootstrap", {"stratum": "stype"})
    ours = replicate_weights(frame, kind, weight="pw", replicates=100, seed=1, **where)
    expected = REFERENCE["replicate"][block]
    assert ours.scale == pytest.approx(expected["scale"], abs=1e-12)
    given = Replicates(ours.full, drawn, ours.scale, ours.rscales, kind, ours.degrees_of_freedom)
    same_errors(given, frame, expected, tolerance=1e-8)


def same_errors(replicates, frame, expected: dict, *, tolerance: float = 1e-8) -> None:
    mean, mean_error = replicates.ratio(frame["api00"].to_numpy())
    assert mean == pytest.approx(expected["mean"]["est"]["api00"], rel=tolerance)
    assert mean_error == pytest.approx(expected["mean"]["se"][0], rel=tolerance)
    total, total_error = replicates.total(frame["enroll"].to_numpy())
    assert total == pytest.approx(expected["total"]["est"]["enroll"], rel=tolerance)
    assert total_error == pytest.approx(expected["total"]["se"][0], rel=tolerance)
    x = frame.select(pl.lit(1.0), "ell", "meals").to_numpy()
    y = frame["api00"].to_numpy().astype(float)
    line, covariance = replicates.estimate(lambda w: np.linalg.solve((x * w[:, None]).T @ x, x.T @ (w * y)))
    for place, numbers in enumerate(expected["lm"]["coef"].values()):
        assert line[place] == pytest.approx(numbers["estimate"], rel=tolerance)
        assert np.sqrt(covariance[place, place]) == pytest.approx(numbers["se"], rel=tolerance)


def test_jackknife_with_raking_inside_each_replicate():
    replicates = replicate_weights(SCHOOLS, "jk1", weight="pw", psu="dnum", population="fpc")
    raked = rake_replicates(replicates, SCHOOLS, totals("stype", "sch.wide"), tolerance=1e-13)
    mean, mean_error = raked.ratio(SCHOOLS["api00"].to_numpy())
    total, total_error = raked.total(SCHOOLS["enroll"].to_numpy())
    expected = REFERENCE["rake_jk1"]
    assert mean == pytest.approx(expected["mean"]["est"]["api00"], rel=1e-8)
    assert mean_error == pytest.approx(expected["mean"]["se"][0], rel=1e-6)
    assert total == pytest.approx(expected["total_enroll"]["est"]["enroll"], rel=1e-8)
    assert total_error == pytest.approx(expected["total_enroll"]["se"][0], rel=1e-6)


def test_balanced_half_samples_given_the_design():
    ambulances = pl.read_csv(shared("reference", "survey", "scd.csv"))
    ones = np.array([[1, 0, 1, 0, 1, 0], [1, 0, 0, 1, 0, 1], [0, 1, 1, 0, 0, 1], [0, 1, 0, 1, 1, 0]]).T
    expected = REFERENCE["scd_brr_ratio"]
    alive, arrests = (ambulances[name].to_numpy().astype(float) for name in ("alive", "arrests"))
    given = Replicates(np.ones(6), 2.0 * ones, 1 / 4, np.ones(4), "brr", 3)
    assert given.ratio(alive, arrests) == pytest.approx((expected["est"], expected["se"]), abs=1e-8)
    made = replicate_weights(ambulances, "brr", stratum="ESA")
    assert made.weights.shape[1] == 4
    assert made.ratio(alive, arrests)[0] == pytest.approx(expected["est"], abs=1e-8)
