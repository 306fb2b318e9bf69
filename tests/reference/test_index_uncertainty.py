"""Replicates, rank sets and sensitivity against R: survey, Mogstad et al.'s procedure, COINr's estimators."""

import json

import numpy as np
import polars as pl
import pytest
from shared import ROOT

from pipeline.index import Recipe, pairwise, replicated_index
from pipeline.index.uncertainty.rank_sets import confidence_sets
from pipeline.index.uncertainty.sobol import exact_indices, sobol_indices

DATA = ROOT / "tests" / "reference" / "data" / "index_uncertainty"
R = json.loads((DATA / "reference.json").read_text())
DOMAINS = {"trust": ["t1", "t2"], "belonging": ["b1", "b2"]}


@pytest.fixture(scope="module")
def made():
    people, weights = pl.read_csv(DATA / "people.csv"), pl.read_csv(DATA / "replicates.csv")
    names = [name for name in weights.columns if name.startswith("r")]
    scales = pl.DataFrame({"replicate": names}).with_columns(
        variance_factor=pl.lit(1 / (len(names) - 1)), kind=pl.lit("bootstrap"), degrees_of_freedom=pl.lit(59)
    )
    return replicated_index(people, Recipe(DOMAINS), replicate_weights=weights, scales=scales)


@pytest.mark.parametrize("measure", ["trust", "belonging", "index", "t1"])
def test_means_and_errors_of_areas_are_those_of_survey(made, measure):
    table = made.table().filter(measure=measure)
    np.testing.assert_allclose(table["estimate"], R["survey"][measure]["mean"], rtol=1e-10)
    np.testing.assert_allclose(table["std_error"], R["survey"][measure]["se"], rtol=1e-8)


def test_covariances_and_differences_of_areas_are_those_of_survey(made):
    covariance = np.array(R["survey"]["covariance"])
    np.testing.assert_allclose(made.covariance("index"), covariance, rtol=1e-8, atol=1e-10)
    row = pairwise(made).filter(area="A03", other="A07").row(0, named=True)
    assert row["std_error"] == pytest.approx(
        np.sqrt(covariance[2, 2] + covariance[6, 6] - 2 * covariance[2, 6]), rel=1e-8
    )


@pytest.mark.parametrize(
    ("key", "options"),
    [("simultaneous", {}), ("marginal", {"simultaneous": False}), ("simultaneous80", {"confidence": 0.8})],
)
def test_rank_sets_are_those_of_mogstad_et_al(key, options):
    given = R["ranks"]
    errors = pl.read_csv(DATA / "rank_errors.csv").to_numpy()
    settings = {"confidence": 0.95, **options}
    low, high = confidence_sets(np.array(given["estimate"]), np.array(given["covariance"]), errors, **settings)
    assert low.tolist() == given[key]["low"]
    assert high.tolist() == given[key]["high"]


def test_sensitivity_indices_are_those_of_coinr():
    given = R["sobol"]
    ya, yb, yab = np.array(given["ya"])[:, None], np.array(given["yb"])[:, None], np.array(given["yab"])[:, :, None]
    found = sobol_indices(ya, yb, yab, centred=False)
    np.testing.assert_allclose(found.first[:, 0], given["first"], rtol=1e-8)
    np.testing.assert_allclose(found.total[:, 0], given["total"], rtol=1e-8)


def ishigami(x):
    x = 2 * np.pi * x - np.pi
    return (np.sin(x[:, 0]) + 7 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0]))[:, None]


def test_sensitivity_indices_are_ishigami_s():
    """S = (0.3139, 0.4424, 0), T = (0.5576, 0.4424, 0.2437): analytic (Ishigami & Homma 1990)."""
    rng = np.random.default_rng(5)
    a, b = rng.uniform(size=(40_000, 3)), rng.uniform(size=(40_000, 3))
    swapped = np.stack([ishigami(np.where(np.arange(3) == at, b, a)) for at in range(3)])
    found = sobol_indices(ishigami(a), ishigami(b), swapped, resamples=200)
    np.testing.assert_allclose(found.first[:, 0], [0.3139, 0.4424, 0.0], atol=0.015)
    np.testing.assert_allclose(found.total[:, 0], [0.5576, 0.4424, 0.2437], atol=0.015)
    assert (found.first_low < found.first).all()
    assert (found.total < found.total_high).all()


def test_a_grid_of_choices_has_its_indices_in_closed_form():
    """f = 2x + y + 3xz, x, y, z in {0, 1}: V = 3.5²/4 + 1.5²/4 + 1/4 + 3²/16, by hand."""
    grid = np.array([[[2 * x + y + 3 * x * z for z in (0, 1)] for y in (0, 1)] for x in (0, 1)], float)[..., None]
    first, total = exact_indices(grid)
    variance = 3.5**2 / 4 + 2.25 / 4 + 0.25 + 9 / 16
    np.testing.assert_allclose(first[:, 0], [3.5**2 / 4 / variance, 0.25 / variance, 2.25 / 4 / variance], rtol=1e-12)
    np.testing.assert_allclose(
        total[:, 0], [(3.5**2 / 4 + 0.5625) / variance, 0.25 / variance, 1.125 / variance], rtol=1e-12
    )
