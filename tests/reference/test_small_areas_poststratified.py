"""Multilevel regression with post-stratification against lme4.

Judge: lme4 1.1-31, tightened (``data/small_areas/poststratified.R``). Its search has no derivatives and stops some 1e-7
from the top: every log-likelihood here is as high as its own or higher, so where coefficients of the logit differ by
more than 1e-6, ours are the nearer ones.
"""

import json

import numpy as np
import polars as pl
import pytest
from shared import SHIPPED

from pipeline.index import poststratified

FOLDER = SHIPPED / "small_areas"
R = json.loads((FOLDER / "poststratified.json").read_text(encoding="utf-8"))
PEOPLE = pl.read_csv(FOLDER / "cell_people.csv")
CENSUS = pl.read_csv(FOLDER / "census.csv")
KINDS = {
    "gaussian": ("trust", {"covariates": ["deprivation"]}),
    "gaussian_random": ("trust", {"random": ["education"]}),
    "binary": ("volunteers", {"covariates": ["deprivation"]}),
    "binary_random": ("volunteers", {"random": ["education"]}),
}


def fit(kind, **options):
    outcome, parts = KINDS[kind]
    family = kind.split("_")[0]
    given = {"outcome": outcome, "family": family, "cells": ["age", "education"], "seed": 1, **parts, **options}
    return poststratified(PEOPLE, CENSUS, **given)


@pytest.mark.parametrize("kind", KINDS)
def test_areas_and_fixed_effects(kind):
    ours, theirs = fit(kind, draws=50), R[kind]
    assert ours.areas["shrunken"].to_numpy() == pytest.approx(np.array(theirs["area"]), rel=5e-6)
    assert ours.overall["estimate"] == pytest.approx(theirs["overall"], rel=1e-6)
    assert ours.coefficients["estimate"].to_numpy() == pytest.approx(np.array(theirs["beta"]), rel=2e-5, abs=2e-5)
    assert ours.coefficients["std_error"].to_numpy() == pytest.approx(np.array(theirs["std_error"]), rel=2e-6)
    assert list(ours.deviations.values()) == pytest.approx(list(np.atleast_1d(theirs["sd"])), rel=5e-6, abs=1e-9)
    assert ours.log_likelihood >= theirs["loglik"] - 1e-10
    assert ours.log_likelihood == pytest.approx(theirs["loglik"], abs=1e-6)
    assert ours.areas.filter(area="A05").row(0, named=True)["is_synthetic"]


@pytest.mark.thorough
@pytest.mark.parametrize("kind", ["gaussian", "binary"])
def test_a_bootstrap_of_the_same_model_is_about_as_wide(kind):
    drawn, posterior = fit(kind, interval="bootstrap", draws=100), fit(kind)
    ratio = (drawn.areas["shrunken_error"] / posterior.areas["shrunken_error"]).median()
    assert 0.8 < ratio < 1.3
    assert drawn.overall["std_error"] == pytest.approx(posterior.overall["std_error"], rel=0.3)
