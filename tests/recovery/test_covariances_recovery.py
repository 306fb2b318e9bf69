"""Intervals hold the truth as often as they say, where clusters are few, unequal, or errors depend on each other.

The process: y = 0.5 x + u_g + e, u and e normal, 40 to 160 rows in each of few clusters, or an autoregressive series.
"""

import numpy as np
import pytest

from pipeline.models.covariances import (
    cluster_robust,
    clustered,
    driscoll_kraay,
    heteroskedasticity_robust,
    newey_west,
    randomisation_test,
    wild_cluster_bootstrap,
)
from pipeline.models.inference import quantile

DRAWS, TRUTH = 1_000, 0.5
pytestmark = pytest.mark.slow


def covered(intervals) -> float:
    return float(np.mean([low <= TRUTH <= high for low, high in intervals]))


def by_t(found, place=0):
    half = quantile(0.95, found.df[place]) * found.std_errors[place]
    return found.estimates[place] - half, found.estimates[place] + half


def few_clusters(generator, n_clusters, treated):
    cluster = np.repeat(np.arange(n_clusters), generator.integers(40, 160, n_clusters))
    x = np.isin(cluster, np.arange(treated)).astype(float)
    y = TRUTH * x + 0.5 * generator.normal(size=n_clusters)[cluster] + generator.normal(size=len(cluster))
    return y, np.column_stack([x, np.ones(len(x))]), cluster


def test_cr2_with_a_treatment_of_twelve_clusters():
    generator = np.random.default_rng(1)
    found = covered(by_t(cluster_robust(*few_clusters(generator, 12, 6))) for _ in range(DRAWS))
    assert found == pytest.approx(0.95, abs=0.02)


def test_the_wild_bootstrap_with_a_treatment_of_ten_clusters():
    generator = np.random.default_rng(2)
    found = []
    for _ in range(DRAWS):
        y, matrix, cluster = few_clusters(generator, 10, 5)
        one = wild_cluster_bootstrap(y, matrix, 0, cluster, draws=1_999)
        found.append((one.conf_low, one.conf_high))
    assert covered(found) == pytest.approx(0.95, abs=0.02)


def test_randomisation_of_four_clusters_of_eight():
    generator = np.random.default_rng(3)
    found = []
    for _ in range(DRAWS):
        y, matrix, cluster = few_clusters(generator, 8, 4)
        one = randomisation_test(y, matrix, 0, cluster)
        found.append((one.conf_low, one.conf_high))
    assert covered(found) == pytest.approx(0.95, abs=0.02)


def test_two_ways_of_a_hundred_clusters():
    generator, size = np.random.default_rng(4), 100
    one, other = np.repeat(np.arange(size), size), np.tile(np.arange(size), size)
    found = []
    for _ in range(DRAWS):
        x, e = (
            generator.normal(size=size)[one] + generator.normal(size=size)[other] + generator.normal(size=size**2)
            for _ in range(2)
        )
        matrix = np.column_stack([x, np.ones(size**2)])
        found.append(by_t(clustered(TRUTH * x + e, matrix, (one, other), "reghdfe")))
    assert covered(found) == pytest.approx(0.95, abs=0.02)  # of forty clusters it is 0.926


def test_hc3_where_the_variance_rises_with_the_exposure():
    generator = np.random.default_rng(5)
    found = []
    for _ in range(DRAWS):
        x = generator.exponential(size=400)
        y = TRUTH * x + (0.5 + x) * generator.normal(size=400)
        found.append(by_t(heteroskedasticity_robust(y, np.column_stack([x, np.ones(400)]))))
    assert covered(found) == pytest.approx(0.95, abs=0.02)


def autoregressive(generator, shape):
    made = np.zeros(shape)
    noise = generator.normal(size=shape)
    for period in range(1, len(made)):
        made[period] = 0.4 * made[period - 1] + noise[period]
    return made


def test_newey_west_of_a_long_series():
    generator = np.random.default_rng(6)
    found = []
    for _ in range(DRAWS):
        x, e = autoregressive(generator, 600), autoregressive(generator, 600)
        found.append(by_t(newey_west(TRUTH * x + e, np.column_stack([x, np.ones(600)]), lags=8)))
    assert covered(found) == pytest.approx(0.95, abs=0.02)


def test_driscoll_kraay_of_many_periods():
    generator = np.random.default_rng(7)
    found = []
    for _ in range(DRAWS):
        time = np.repeat(np.arange(300), 10)
        x = np.repeat(autoregressive(generator, 300), 10) + generator.normal(size=3000)
        e = np.repeat(autoregressive(generator, 300), 10) + generator.normal(size=3000)
        found.append(by_t(driscoll_kraay(TRUTH * x + e, np.column_stack([x, np.ones(3000)]), time, lags=6)))
    assert covered(found) == pytest.approx(0.95, abs=0.02)
