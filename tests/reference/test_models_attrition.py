"""The attrition family against R: the simulated panel's response to wave 4, and what it says of the responders."""

import json

import numpy as np
import polars as pl
import pytest
from shared import SHIPPED

from pipeline import models
from pipeline.models.response_fit import auc

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
