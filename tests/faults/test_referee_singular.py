"""Answers that repeat each other, and pooled results that cannot be: one message, never a traceback or NaN."""

from collections.abc import Callable

import numpy as np
import polars as pl
import pytest

from pipeline import imputation, sem
from pipeline.errors import CohesionError

PEOPLE = 200
TWO = {"x": ["x1", "x2", "x3", "x4"], "y": ["y1", "y2", "y3", "y4"]}


def wide() -> pl.DataFrame:
    """Two constructs in four waves; half of the people lack the third."""
    draw = np.random.default_rng(5)
    trait, x, y = (draw.normal(size=PEOPLE) for _ in range(3))
    columns = {}
    for wave in range(1, 5):
        columns |= {f"x{wave}": 0.6 * trait + x, f"y{wave}": 0.5 * trait + y}
        x, y = (
            0.4 * x + 0.2 * y + 0.8 * draw.normal(size=PEOPLE),
            0.15 * x + 0.3 * y + 0.8 * draw.normal(size=PEOPLE),
        )
    half = pl.Series(np.arange(PEOPLE) % 2 == 0)
    return pl.DataFrame(columns).with_columns(
        pl.when(half).then(None).otherwise(name).alias(name) for name in ("x3", "y3")
    )


REPEATS: dict[str, pl.Expr] = {
    "a copy": pl.col("x2").alias("y2"),
    "a sum": (2 * pl.col("x2") + pl.col("y1")).alias("y2"),
    "a copy turned round, where half are missing": (1 - 3 * pl.col("x3")).alias("y3"),
    "a copy that is missing too": pl.col("x3").alias("y3"),
    "the wave before": pl.col("x3").alias("x4"),
}


@pytest.mark.parametrize("missing", ["fiml", "listwise"])
@pytest.mark.parametrize("repeat", REPEATS)
def test_answers_that_repeat_others_are_one_message(repeat: str, missing: str) -> None:
    with pytest.raises(CohesionError, match=r"not positive definite|singular|not identified"):
        sem.clpm(wide().with_columns(REPEATS[repeat]), TWO, lags="free", missing=missing)


def test_the_variables_are_named() -> None:
    with pytest.raises(CohesionError, match="x2, y2: the covariance matrix of the answers is not positive definite"):
        sem.clpm(wide().with_columns(y2=pl.col("x2")), TWO, lags="free")


ESTIMATES = np.array([[1.0, 2.0], [1.1, 2.1], [0.9, 2.0]])
CANNOT: dict[str, tuple[Callable[[], object], str]] = {
    "terms that repeat each other": (lambda: imputation.d1(ESTIMATES, np.ones((3, 2, 2))), "singular"),
    "a covariance of zero": (lambda: imputation.d1(ESTIMATES, np.zeros((3, 2, 2))), "singular"),
    "one imputation": (lambda: imputation.d1(ESTIMATES[:1], np.eye(2)[None]), "at least two"),
    "no numbers": (lambda: imputation.d1(ESTIMATES * np.nan, np.array([np.eye(2)] * 3)), "no numbers"),
    "a statistic below zero": (lambda: imputation.d2([-3.0, 4.0, 5.0], 2), "below zero"),
    "a correlation of one": (lambda: imputation.pool_correlation([1.0, 0.2, 0.3], 50), "between -1 and 1"),
    "a correlation beyond one": (lambda: imputation.pool_correlation([0.2, -1.4], 50), "between -1 and 1"),
    "an R² below zero": (lambda: imputation.pool_r_squared([-0.1, 0.2], 50), "below zero"),
    "an R² of one": (lambda: imputation.pool_r_squared([1.0, 0.2], 50), "1 and more"),
}


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("case", CANNOT)
def test_results_that_cannot_be_pooled_are_one_message(case: str) -> None:
    call, says = CANNOT[case]
    with pytest.raises(CohesionError, match=says) as refused:
        call()
    assert "\n" not in str(refused.value)


def test_a_statistic_of_nearly_zero_is_zero() -> None:
    assert imputation.d2([-1e-9, 4.0, 5.0], 2) == imputation.d2([0.0, 4.0, 5.0], 2)
