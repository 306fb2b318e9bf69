"""Distinct values are those that sorting gives, in the same order and with the same places."""

import numpy as np
import pytest

from pipeline.harmonise.drift.distinct import distinct

CHANCE = np.random.default_rng(5)


@pytest.mark.parametrize(
    "values",
    [
        CHANCE.integers(1, 6, 500).astype(float),
        CHANCE.integers(-9, 900, 50).astype(float),
        CHANCE.normal(size=100),
        np.array([0.5, 1.5, 0.5]),
        np.array([1.0, 1.5, 2.0]),
        np.array([1e9, 5.0, 5.0]),
        np.array([3.0]),
        np.array([1.0, np.inf]),
        np.array([]),
    ],
    ids=["codes", "missing codes", "fractions", "halves", "a half among codes", "amounts", "one", "infinite", "none"],
)
def test_distinct_values_and_their_places(values: np.ndarray) -> None:
    found, places = distinct(values)
    sorted_values, sorted_places = np.unique(values, return_inverse=True)
    np.testing.assert_array_equal(found, sorted_values)
    np.testing.assert_array_equal(places, sorted_places)
