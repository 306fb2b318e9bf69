"""Reliability, ICC(2), factors and alignment against R: lme4, lavaan, optim on the loss of the alignment."""

import json

import numpy as np
import polars as pl
import pytest
from shared import ROOT

from pipeline.index import area_reliability, domain_correlations, scale_reliability
from pipeline.index.coherence.alignment import aligned
from pipeline.index.coherence.one_factor import one_factor
from pipeline.index.coherence.one_way import one_way

DATA = ROOT / "tests" / "reference" / "data" / "index_uncertainty"
R = json.loads((DATA / "reference.json").read_text())
ITEMS = ["y1", "y2", "y3", "y4"]


@pytest.fixture(scope="module")
def people():
    return pl.read_csv(DATA / "people.csv")


@pytest.fixture(scope="module")
def groups():
    items = pl.read_csv(DATA / "items.csv")
    return [part.select(ITEMS).to_numpy() for part in items.partition_by("area", maintain_order=True)]


def test_variances_of_unequal_areas_are_those_of_lme4(people):
    rows = people.select("area", "t1").drop_nulls()
    code = rows["area"].rank("dense").cast(pl.Int64).to_numpy() - 1
    found = one_way(rows["t1"].to_numpy().astype(float), code, np.ones(rows.height))
    assert found.between == pytest.approx(R["lme4"]["t1"]["tau2"], rel=1e-5)
    assert found.within == pytest.approx(R["lme4"]["t1"]["sigma2"], rel=1e-6)
    assert found.mean == pytest.approx(R["lme4"]["t1"]["mu"], rel=1e-7)
    assert (found.ratio_low, found.ratio_high) == pytest.approx(R["wald"], rel=1e-8)


def test_reliability_of_an_area_follows_from_them(people):
    row = area_reliability(people, ["t1"], weight=None).filter(area="A06").row(0, named=True)
    tau2, sigma2 = R["lme4"]["t1"]["tau2"], R["lme4"]["t1"]["sigma2"]
    assert row["reliability"] == pytest.approx(tau2 / (tau2 + sigma2 / row["n_persons"]), rel=1e-5)
    assert row["icc1"] == pytest.approx(tau2 / (tau2 + sigma2), rel=1e-5)
    low = R["wald"][0] * row["n_persons"]
    assert row["conf_low"] == pytest.approx(low / (1 + low), rel=1e-7)


def test_alpha_omega_and_their_interval(people):
    alpha, omega = scale_reliability(people, {"all": ["t1", "t2", "b1", "b2"]}, weight=None).iter_rows(named=True)
    expected = R["alpha"]
    assert alpha["value"] == pytest.approx(expected["alpha"], rel=1e-10)
    assert (alpha["conf_low"], alpha["conf_high"]) == pytest.approx((expected["low"], expected["high"]), rel=1e-8)
    assert alpha["n_persons"] == expected["n"]
    assert omega["value"] == pytest.approx(expected["omega"], rel=1e-5)


def test_weighted_correlations(people):
    found = domain_correlations(people, {"one": ["t1"], "two": ["b1"]})
    assert found["value"].item() == pytest.approx(R["weighted_correlation"], rel=1e-10)


def test_factors_of_areas_are_those_of_lavaan(groups):
    for place, values in enumerate(groups):
        found = one_factor(np.cov(values.T, bias=True), len(values))
        np.testing.assert_allclose(found.loadings, R["alignment"]["loadings"][place], rtol=1e-5)
        np.testing.assert_allclose(found.errors, R["alignment"]["loading_se"][place], rtol=1e-4)
        errors = np.sqrt((found.loadings**2 + found.unique) / len(values))
        np.testing.assert_allclose(errors, R["alignment"]["intercept_se"][place], rtol=1e-4)


@pytest.mark.parametrize(("key", "reference"), [("free", None), ("fixed", 0)])
def test_alignment_is_the_least_loss(groups, key, reference):
    given = R["alignment"]
    number = np.array([len(values) for values in groups], float)
    found = aligned(np.array(given["loadings"]), np.array(given["intercepts"]), number, reference=reference)
    assert found.loss == pytest.approx(given[key]["loss"], rel=1e-7)
    np.testing.assert_allclose(found.means, given[key]["mean"], atol=2e-4)
    np.testing.assert_allclose(found.variances, given[key]["variance"], atol=5e-4)


def test_alignment_finds_the_two_parameters_that_differ(groups):
    given = R["alignment"]
    number = np.array([len(values) for values in groups], float)
    errors = {"loading_errors": np.array(given["loading_se"]), "intercept_errors": np.array(given["intercept_se"])}
    found = aligned(np.array(given["loadings"]), np.array(given["intercepts"]), number, **errors)
    assert np.argwhere(found.intercept_differs).tolist() == [[1, 2]]
    assert np.argwhere(found.loading_differs).tolist() == [[3, 1]]
    assert found.share == pytest.approx(2 / 40)
