"""The attrition family against R: the simulated panel's response to wave 4, and what it says of the responders."""

import json

import numpy as np
import polars as pl
import pytest
from shared import SHIPPED

from pipeline import models
from pipeline.models.logistic.response_fit import auc

FOLDER = SHIPPED / "attrition_weights"
REFERENCE = json.loads((FOLDER / "reference.json").read_text())
PREDICTORS = ["female", "ageg", "edu", "ethnic", "trust1", "contact1"]


@pytest.fixture(scope="module")
def fitted() -> pl.DataFrame:
    wide = pl.read_csv(FOLDER / "panel_wide.csv").filter(pl.col("died_w3") == 0)
    head = {"arm": pl.lit("all"), "person_id": pl.col("id").cast(pl.String)}
    first = wide.select("id", *PREDICTORS).with_columns(wave=pl.lit("w01"), **head)
    last = wide.filter(pl.col("resp4") == 1).select("id", *PREDICTORS).with_columns(wave=pl.lit("w04"), **head)
    panel = pl.concat([first, last])
    return models.attrition(panel, {"w04": ["w04"]}, PREDICTORS, origin="w01", categorical=["ageg", "edu", "ethnic"])


def fit_of(fitted: pl.DataFrame, term: str) -> float:
    return fitted.filter(component="fit", term=term)["estimate"][0]


def test_the_fit_is_that_of_r(fitted):
    expected = REFERENCE["attrition_model"]
    assert set(fitted["n_obs"]) == {expected["n"]}
    assert fit_of(fitted, "log_likelihood") == pytest.approx(expected["logLik"], abs=1e-8)
    assert fit_of(fitted, "mcfadden_r2") == pytest.approx(expected["mcfadden_r2"], abs=1e-8)
    assert fit_of(fitted, "auc") == pytest.approx(expected["auc"], abs=1e-8)


def test_the_r_indicator_is_that_of_r(fitted):
    assert fit_of(fitted, "r_indicator") == pytest.approx(REFERENCE["r_indicator"]["R"], abs=1e-6)
    assert fit_of(fitted, "cv_probability") == pytest.approx(REFERENCE["r_indicator"]["cv_p"], abs=1e-6)


def test_terms_coded_against_the_same_level_are_those_of_r(fitted):
    for term, named in {"female": "female1", "trust1": "trust1", "contact1": "contact1"}.items():
        row = fitted.filter(component="coefficient", term=term).row(0, named=True)
        expected = REFERENCE["attrition_model"]["coef"][named]
        assert row["estimate"] == pytest.approx(expected["estimate"], abs=1e-6)
        assert row["std_error"] == pytest.approx(expected["se"], rel=1e-5)
        assert row["p_value"] == pytest.approx(expected["p"], rel=1e-4)


def test_the_error_of_the_area_is_delongs_by_its_definition():
    """Each responder's share of non-responders ranked below, each non-responder's of responders above (ties half)."""
    rng = np.random.default_rng(3)
    score = np.round(rng.normal(size=60), 1)
    response = (rng.random(60) < 1 / (1 + np.exp(-score))).astype(float)
    ones, zeros = score[response == 1], score[response == 0]
    wins = (ones[:, None] > zeros) + 0.5 * (ones[:, None] == zeros)
    variance = wins.mean(axis=1).var(ddof=1) / len(ones) + wins.mean(axis=0).var(ddof=1) / len(zeros)
    area, error = auc(score, response)
    assert area == pytest.approx(wins.mean(), abs=1e-12)
    assert error == pytest.approx(np.sqrt(variance), abs=1e-12)


@pytest.fixture(scope="module")
def stayers() -> pl.DataFrame:
    """Those who answered wave 4, with the weight that R made for them."""
    weights = pl.read_csv(FOLDER / "weights_wave4.csv").rename({"w_final": "weight"})
    wide = pl.read_csv(FOLDER / "panel_wide.csv").join(weights, on="id", maintain_order="right")
    return wide.with_columns(person_id=pl.col("id").cast(pl.String), wave=pl.lit("w04"))


def test_means_of_those_who_stayed(stayers):
    expected = REFERENCE["estimates"]
    plain = models.design_means(stayers, ["trust4"]).row(0, named=True)
    assert plain["estimate"] == pytest.approx(expected["unweighted_mean_trust4"]["est"], abs=1e-8)
    assert plain["std_error"] == pytest.approx(expected["unweighted_mean_trust4"]["se"], abs=1e-8)
    for psu, name in (("person_id", "weighted_mean_trust4"), ("area", "weighted_mean_cluster_area")):
        table = models.design_means(stayers, ["trust4"], weight="weight", psu=psu, design_effects=True)
        mean, effect = table.rows(named=True)
        assert mean["estimate"] == pytest.approx(expected[name]["est"], abs=1e-8)
        assert mean["std_error"] == pytest.approx(expected[name]["se"], abs=1e-8)
        if "deff_replace" in expected[name]:
            assert effect["estimate"] == pytest.approx(expected[name]["deff_replace"], abs=1e-8)


@pytest.mark.parametrize(("psu", "name"), [("person_id", "lm_independent"), ("area", "lm_cluster_area")])
def test_regressions_of_those_who_stayed(stayers, psu, name):
    table = models.design_regression(
        stayers, "trust4", ["trust1", "contact1", "female"], wave_effects=False, weight="weight", psu=psu
    )
    terms = {"intercept": "(Intercept)", "trust1": "trust1", "contact1": "contact1", "female": "female1"}
    for term, named in terms.items():
        row, theirs = table.filter(term=term).row(0, named=True), REFERENCE["estimates"][name]["coef"][named]
        assert row["estimate"] == pytest.approx(theirs["estimate"], abs=1e-8)
        assert row["std_error"] == pytest.approx(theirs["se"], abs=1e-8)
        assert row["statistic"] == pytest.approx(theirs["stat"], abs=1e-6)
        assert row["p_value"] == pytest.approx(theirs["p"], rel=1e-5)
