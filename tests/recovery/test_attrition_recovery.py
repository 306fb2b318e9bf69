"""A planted chance to respond: the adjusted R-indicator finds how much it varies, with an interval that covers."""

import numpy as np
import polars as pl
import pytest

from pipeline import models

PERSONS = 1500
SLOPE = 0.5


def true_r_indicator() -> float:
    """1 - 2 SD of logistic(0.4 + 0.5 x), x standard normal; three more predictors say nothing."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(60)
    weights = weights / weights.sum()
    chance = 1 / (1 + np.exp(-0.4 - SLOPE * nodes))
    return float(1 - 2 * np.sqrt(weights @ chance**2 - (weights @ chance) ** 2))


def indicators(seed: int) -> tuple[float, float, float, float]:
    """R as it is, adjusted, and the ends of the adjusted one's interval."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((PERSONS, 4))
    stays = rng.random(PERSONS) < 1 / (1 + np.exp(-0.4 - SLOPE * x[:, 0]))
    first = pl.DataFrame(x, schema=list("abcd")).with_columns(
        person_id=pl.int_range(PERSONS).cast(pl.String), wave=pl.lit("w01"), arm=pl.lit("all")
    )
    panel = pl.concat([first, first.filter(pl.Series(stays)).with_columns(wave=pl.lit("w02"))])
    table = models.attrition(panel, {"w02": ["w02"]}, list("abcd"), origin="w01")
    plain = table.filter(component="fit", term="r_indicator").row(0, named=True)
    adjusted = table.filter(component="fit", term="r_indicator_adjusted").row(0, named=True)
    return plain["estimate"], adjusted["estimate"], adjusted["conf_low"], adjusted["conf_high"]


def repeat(seeds: int) -> tuple[float, float, float]:
    """Over seeds: the bias of R as it is, the bias of the adjusted one, and the share of intervals that cover."""
    found, truth = np.array([indicators(seed) for seed in range(seeds)]), true_r_indicator()
    covered = (found[:, 2] <= truth) & (truth <= found[:, 3])
    return float(found[:, 0].mean() - truth), float(found[:, 1].mean() - truth), float(covered.mean())


def test_the_adjustment_takes_the_bias_away():
    plain, adjusted, covered = repeat(30)
    assert adjusted - plain > 0.003, "estimated chances vary more than the true ones do"
    assert abs(adjusted) < 0.015
    assert covered >= 25 / 30  # 95 % gives fewer in one run of two hundred


@pytest.mark.slow
def test_its_interval_covers_at_its_rate():
    plain, adjusted, covered = repeat(1000)
    assert abs(adjusted) < 0.5 * abs(plain)
    assert 0.93 <= covered <= 0.97
