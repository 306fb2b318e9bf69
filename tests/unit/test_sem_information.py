"""The information of complete answers, multiplied without its matrix, equals the product with it."""

import numpy as np
import polars as pl
import pytest

from pipeline.sem.engine.data import prepare
from pipeline.sem.engine.likelihood import Point


@pytest.mark.parametrize("kind", ["observed", "expected"])
def test_product_without_the_matrix_equals_the_product_with_it(kind):
    rng = np.random.default_rng(3)
    frame = pl.DataFrame(rng.normal(size=(50, 5)) @ rng.normal(size=(5, 5)), [f"x{k}" for k in range(5)], orient="row")
    (group,) = prepare(frame, frame.columns).groups
    root = rng.normal(size=(5, 5))
    mean, covariance, delta = rng.normal(size=5), root @ root.T + np.eye(5), rng.normal(size=(20, 7))
    product = Point(group, mean, covariance).information_times(kind, delta)
    expected = Point(group, mean, covariance).information(kind) @ delta
    assert product == pytest.approx(expected, rel=1e-10)
