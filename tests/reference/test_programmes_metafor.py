"""Pooled effects and effect sizes are those of metafor 3.8: each estimator and test, with and without moderators."""

import json

import numpy as np
import polars as pl
import pytest
from shared import SHIPPED

from pipeline.index import effect_sizes, leave_one_out, meta_analysis

FOLDER = SHIPPED / "programmes"
R = json.loads((FOLDER / "reference.json").read_text())
SETS = ("bcg", "places", "alike", "two")
METHODS = ("REML", "ML", "DL", "PM", "FE")
TESTS = ("z", "t", "knha", "adhoc")
near = pytest.approx


def trials() -> pl.DataFrame:
    """The 13 trials of a vaccine against tuberculosis (Colditz et al. 1994), as counts."""
    frame = pl.read_csv(FOLDER / "bcg.csv")
    counts = frame.with_columns(events_1="tpos", n_1=pl.col("tpos") + pl.col("tneg"), events_2="cpos")
    return counts.with_columns(n_2=pl.col("cpos") + pl.col("cneg"), size="ablat")


def effects(name: str) -> pl.DataFrame:
    if name == "bcg":
        return effect_sizes(trials(), "RR")
    return pl.read_csv(FOLDER / f"{name}.csv").rename({"yi": "estimate", "vi": "variance"})


def same(found, expected, tolerance=1e-8):
    assert found == near(expected, rel=tolerance, abs=tolerance)


def check(found, told, many):
    rows = found.coefficients
    for column, key in [("estimate", "b"), ("std_error", "se"), ("statistic", "zval"), ("p_value", "pval"),
                        ("conf_low", "lb"), ("conf_high", "ub")]:  # fmt: skip
        same(rows[column].to_list(), np.atleast_1d(told[key]).tolist())
    same((found.tau2, 100 * found.i2, found.h2, found.q, found.factor),
         (told["tau2"], told["I2"], told["H2"], told["QE"], told["s2w"]))  # fmt: skip
    same(found.q_p_value, told["QEp"])
    same(found.weights, told["weights"]) if many == 1 else None
    if found.method != "FE":
        same(found.tau2_error, told["se_tau2"], 1e-7)
        same((found.tau2_low, found.tau2_high), told["ci_tau2"])
        same((100 * found.i2_low, 100 * found.i2_high), told["ci_I2"])
        same((found.h2_low, found.h2_high), told["ci_H2"])
    if found.log_likelihood is not None:
        same(found.log_likelihood, told["ll"])


def reached(name, method, test, moderators=()):
    """Ours; ``None`` where Hartung and Knapp would give no width, which is refused."""
    return meta_analysis(effects(name), variance="variance", method=method, test=test, moderators=moderators)


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("method", METHODS)
def test_summary(name, method):
    for test in TESTS:
        found, told = reached(name, method, test), R["rma"][name][method][test]
        check(found, told, 1)
        if found.k > 2 and method != "FE":
            same(found.prediction, told["pi"])
            riley = meta_analysis(effects(name), variance="variance", method=method, test=test, prediction="k_minus_2")
            if test != "z":
                same(riley.prediction, told["pi_riley"])


@pytest.mark.parametrize("name", SETS[:3])
@pytest.mark.parametrize("method", METHODS)
def test_moderator(name, method):
    for test in TESTS:
        found, told = reached(name, method, test, ["size"]), R["mods"][name][method][test]
        check(found, told, 2)
        same((found.qm, found.qm_p_value), (told["QM"], told["QMp"]))
        if method != "FE" and told["R2"] is not None:
            same(100 * found.r2, told["R2"], 1e-7)
        at = found.predict({"size": 3.0})
        same([at["estimate"], at["std_error"], at["conf_low"], at["conf_high"]], told["at3"][:4])
        if method != "FE":
            same([at["prediction_low"], at["prediction_high"]], told["at3"][4:])


def test_categories_as_moderators():
    found = meta_analysis(effects("bcg"), variance="variance", moderators=["alloc", "ablat"])
    told = R["alloc"]
    same(found.coefficients["estimate"].to_list(), told["b"])
    same(found.coefficients["std_error"].to_list(), told["se"])
    same((found.qm, found.qm_p_value, found.tau2), (told["QM"], told["QMp"], told["tau2"]))


def test_the_published_summary_of_the_vaccine_trials():
    """As metafor's documentation prints it: -0.7145 (0.1798), tau² 0.3132, I² 92.22%, Q 152.2330."""
    found = reached("bcg", "REML", "z")
    assert (round(found.estimate, 4), round(found.std_error, 4)) == (-0.7145, 0.1798)
    assert (round(found.tau2, 4), round(100 * found.i2, 2), round(found.q, 4)) == (0.3132, 92.22, 152.2330)


@pytest.mark.parametrize("method", ["REML", "DL"])
def test_leaving_one_out(method):
    found = leave_one_out(effects("bcg"), "author", variance="variance", method=method)
    told = R["leave1out"][method]
    for column, key in [("estimate", "estimate"), ("std_error", "se"), ("p_value", "pval"), ("conf_low", "lb"),
                        ("conf_high", "ub"), ("q", "Q"), ("tau2", "tau2"), ("h2", "H2")]:  # fmt: skip
        same(found[column].to_list(), told[key])


def test_one_comparison_group_for_all():
    """The shared part of the sampling variances, against a model with the whole covariance matrix."""
    found = meta_analysis(effects("places"), variance="variance", shared=0.008, test="z")
    told = R["shared"]
    same((found.estimate, found.std_error), (told["b"], told["se"]), 1e-6)
    same(found.tau2, told["tau2"], 1e-6)


GROUPS = {
    "mean_1": [3.2, 10.5, 0.1], "sd_1": [1.1, 3.4, 0.9], "n_1": [24, 101, 6],
    "mean_2": [2.7, 11.9, -0.6], "sd_2": [0.9, 2.8, 1.3], "n_2": [31, 88, 9],
}  # fmt: skip
CHANGE = {
    "mean_after": [3.2, 10.5, 0.1], "sd_before": [1.1, 3.4, 0.9], "mean_before": [2.7, 11.9, -0.6],
    "sd_after": [0.9, 2.8, 1.3], "n": [24, 101, 6], "correlation": [0.5, 0.71, -0.1],
}  # fmt: skip
COUNTS = {"events_1": [12, 0, 40, 7], "n_1": [50, 25, 100, 7], "events_2": [20, 3, 31, 5], "n_2": [50, 30, 100, 9]}


@pytest.mark.parametrize(
    ("measure", "variance", "columns"),
    [("SMD", "LS", GROUPS), ("SMD", "LS2", GROUPS), ("SMD", "UB", GROUPS), ("MD", None, GROUPS),
     ("SMCC", "LS", CHANGE), ("SMCC", "LS2", CHANGE), ("SMCR", "LS", CHANGE), ("SMCR", "LS2", CHANGE),
     ("MC", None, CHANGE), ("OR", None, COUNTS), ("RR", None, COUNTS), ("RD", None, COUNTS)],
)  # fmt: skip
def test_effect_size(measure, variance, columns):
    found = effect_sizes(pl.DataFrame(columns), measure, variance=variance or "LS")
    told = R[measure.lower()][variance] if variance else R[measure.lower()]
    same(found["estimate"].to_list(), told["yi"], 1e-11)
    same(found["variance"].to_list(), told["vi"], 1e-11)
