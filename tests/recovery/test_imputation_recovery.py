"""Chained equations over waves with gaps, returners and item nonresponse give a planted regression back."""

import numpy as np
import polars as pl
import pytest

from pipeline.imputation.chained import impute
from pipeline.imputation.plan import Method, Plan, Rule
from pipeline.imputation.pooling import pool
from pipeline.imputation.wide import widen

PERSONS = 400
SLOPE = 0.5
WAVES = ["w01", "w02", "w03"]


def panel(seed: int) -> pl.DataFrame:
    """One row per person and wave answered, with gaps that depend on wave 1.

    Planted: contact and trust share a person level, and at wave 3 trust = 1 + 0.5 contact + 0.5 trust at wave 1
    + N(0, 0.5²). Waves 2 and 3 are missed with P = logistic(-0.3 - 0.8 (trust at wave 1)), each on its own, so that
    people return; a tenth of the answers to contact is missing by chance.
    """
    rng = np.random.default_rng(seed)
    level = rng.standard_normal(PERSONS)
    contact = level[:, None] * 0.7 + 0.7 * rng.standard_normal((PERSONS, 3))
    trust = np.empty((PERSONS, 3))
    trust[:, 0] = 0.6 * level + 0.8 * rng.standard_normal(PERSONS)
    trust[:, 1] = 0.5 * contact[:, 1] + 0.5 * trust[:, 0] + 0.5 * rng.standard_normal(PERSONS)
    trust[:, 2] = 1 + SLOPE * contact[:, 2] + 0.5 * trust[:, 0] + 0.5 * rng.standard_normal(PERSONS)
    here = np.ones((PERSONS, 3), dtype=bool)
    here[:, 1:] = rng.random((PERSONS, 2)) > 1 / (1 + np.exp(0.3 + 0.8 * trust[:, [0]]))
    contact[rng.random((PERSONS, 3)) < 0.1] = np.nan
    rows, waves = np.nonzero(here)
    return pl.DataFrame(
        {
            "person_id": [f"p{row}" for row in rows],
            "wave": [WAVES[wave] for wave in waves],
            "trust": trust[here],
            "contact": contact[here],
        }
    ).with_columns(pl.col("contact").fill_nan(None))


def slope(seed: int, method: Method) -> tuple[float, float, float]:
    """The pooled slope of trust on contact at wave 3, given trust at wave 1."""
    wide = widen(panel(seed), ["trust", "contact"], WAVES)
    columns = [name for name in wide.columns if name != "person_id" and wide[name].null_count()]
    whole = [name for name in wide.columns if name != "person_id" and not wide[name].null_count()]
    plan = Plan({name: Rule(method) for name in columns}, complete=whole)
    done = impute(wide, plan, imputations=20, iterations=5, seed=seed)
    fits = []
    for frame in done.each():
        x = np.column_stack([np.ones(PERSONS), frame.select("contact@w03", "trust@w01").to_numpy()])
        y = frame["trust@w03"].to_numpy()
        coefficients, residual, *_ = np.linalg.lstsq(x, y, rcond=None)
        fits.append((coefficients[1], np.linalg.inv(x.T @ x)[1, 1] * residual[0] / (PERSONS - 3)))
    each = np.array(fits)
    row = pool(each[:, [0]], each[:, [1]], df_complete=PERSONS - 3)
    return row["estimate"][0], row["conf_low"][0], row["conf_high"][0]


def repeat(method: Method, seeds: int) -> tuple[float, float]:
    """The mean error over seeds, and the share of intervals that hold the planted slope."""
    found = np.array([slope(seed, method) for seed in range(seeds)])
    covered = (found[:, 1] <= SLOPE) & (found[:, 2] >= SLOPE)
    return float((found[:, 0] - SLOPE).mean()), float(covered.mean())


@pytest.mark.thorough
@pytest.mark.parametrize("method", ["norm", "pmm"])
def test_the_planted_slope_comes_back(method):
    bias, covered = repeat(method, 24)
    assert abs(bias) < 0.03
    assert covered >= 19 / 24  # 95 % gives fewer in one run of two hundred


@pytest.mark.slow
def test_its_interval_covers_at_its_rate():
    bias, covered = repeat("norm", 600)
    assert abs(bias) < 0.01
    assert 0.93 <= covered <= 0.97


@pytest.mark.slow
def test_matching_covers_as_often_as_it_does_in_mice():
    """Predictive mean matching covers too seldom here, in mice (92.4 % of 302) as in ours (92.1 %; 93.0 % of 600).

    mice 3.15 with its defaults (type 1 matching, five donors), 20 imputations and 5 iterations on these data sets (the
    first 302 seeds): its standard errors are 6 % smaller than its estimates vary (0.0365 against 0.0390), since five
    donors at the end of a scale stand for all missing there. Where a slope must cover at its rate, use ``norm``.
    """
    bias, covered = repeat("pmm", 300)
    assert abs(bias) < 0.012
    assert abs(covered - 0.924) < 0.035  # twice the standard error of the difference of two shares of 300, and mice's
