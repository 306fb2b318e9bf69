"""Planted within-person lags come back, with honest intervals, though four answers in ten are missing."""

import math

import numpy as np
import polars as pl
import pytest

from pipeline.sem import clpm, compare, riclpm
from pipeline.sem.families.growth import growth
from pipeline.sem.families.invariance import invariance

LAGS = {("x", "x"): 0.30, ("y", "x"): 0.15, ("x", "y"): 0.00, ("y", "y"): 0.25}
"""(to, from) → lag: x moves y, y does not move x."""
WAVES = 5
CONSTRUCTS = {name: [f"{name}{wave}" for wave in range(1, WAVES + 1)] for name in "xy"}


def panel(generator, persons=600) -> pl.DataFrame:
    """Two constructs over five waves: stable parts correlated .5 with variance .6, within parts moved by ``LAGS``.

    The within parts are skewed (exponential shocks). A third of the persons skip waves by plan, others leave for good,
    the sooner the higher their last x: together 40 % of the answers are missing, at random given those answered.
    """
    lags = np.array([[LAGS["x", "x"], LAGS["x", "y"]], [LAGS["y", "x"], LAGS["y", "y"]]])
    stable = generator.multivariate_normal([0, 0], [[0.6, 0.3], [0.3, 0.6]], persons)
    within = generator.normal(0, 0.7, (persons, 2))
    answers = np.empty((persons, WAVES, 2))
    for wave in range(WAVES):
        answers[:, wave] = 3 + 0.1 * wave + stable + within
        within = within @ lags.T + 0.6 * (generator.exponential(size=(persons, 2)) - 1)
    planned = generator.random(persons) < 0.35
    skipped = planned[:, None] & (generator.random((persons, WAVES)) < 0.55)
    skipped[:, 0] = False
    gone = np.zeros(persons, dtype=bool)
    last = answers[:, 0, 0].copy()
    for wave in range(1, WAVES):
        gone |= generator.random(persons) < 1 / (1 + np.exp(1.45 - 0.5 * (last - 3)))
        answers[gone | skipped[:, wave], wave] = np.nan
        seen = ~np.isnan(answers[:, wave, 0])
        last[seen] = answers[seen, wave, 0]
    names = [f"{name}{wave}" for wave in range(1, WAVES + 1) for name in "xy"]
    return pl.DataFrame(answers.reshape(persons, -1), names).fill_nan(None)


def replicate(times, seed, persons=600):
    """Estimates, errors (times × lags) of the RI-CLPM, estimates of the CLPM, and the share of answers missing."""
    generator = np.random.default_rng(seed)
    found, errors, naive, missing = [], [], [], []
    for _ in range(times):
        frame = panel(generator, persons)
        missing.append(sum(frame.null_count().row(0)) / (len(frame) * frame.width))
        result = riclpm(frame, CONSTRUCTS, lags="equal", estimator="MLR", gate=False)
        alone = clpm(frame, CONSTRUCTS, lags="equal", estimator="MLR", gate=False)
        rows = [result.parameter(f"w{to}2", "~", f"w{source}1") for to, source in LAGS]
        found.append([row["estimate"] for row in rows])
        errors.append([row["std_error"] for row in rows])
        naive.append([alone.parameter(f"w{to}2", "~", f"w{source}1")["estimate"] for to, source in LAGS])
    return np.array(found), np.array(errors), np.array(naive), float(np.mean(missing))


def check(times, seed, persons=600):
    found, errors, naive, missing = replicate(times, seed, persons)
    truth = np.array(list(LAGS.values()))
    assert missing == pytest.approx(0.40, abs=0.03)
    chance = found.std(0, ddof=1) / math.sqrt(times)
    assert (np.abs(found.mean(0) - truth) < 4 * chance).all(), (found.mean(0), chance)
    covered = (np.abs(found - truth) < 1.96 * errors).mean(0)
    margin = 4 * math.sqrt(0.95 * 0.05 / times)
    assert (np.abs(covered - 0.95) < margin + 0.01).all(), covered
    assert errors.mean(0) == pytest.approx(found.std(0, ddof=1), rel=max(0.1, 4 / math.sqrt(2 * times)))
    # without random intercepts stable differences pass for change: the lag that is none looks like one
    false_lag = list(LAGS).index(("x", "y"))
    assert naive.mean(0)[false_lag] > 0.03
    assert naive.mean(0)[0] > truth[0] + 0.1


@pytest.mark.thorough
def test_planted_lags_come_back():
    check(times=60, seed=20)


@pytest.mark.slow
def test_planted_lags_come_back_many_times():
    check(times=1000, seed=21)


@pytest.mark.slow
def test_a_true_restriction_is_seldom_rejected():
    """Lags are equal, shocks skewed, 40 % of the answers missing: the difference test of 2000 rejects one in twenty.

    Its Γ is that of the likelihood. lavaan 0.6 takes a pairwise, unweighted one instead, and there differs both from
    this test and from its own other two, which estimate the same correction.
    """
    generator = np.random.default_rng(99)
    tests = []
    for _ in range(300):
        frame = panel(generator, 500)
        free, equal = (riclpm(frame, CONSTRUCTS, lags, estimator="MLR", gate=False) for lags in ("free", "equal"))
        tests.append(compare(free, equal, "satorra.2000"))
    statistic = np.array([test.statistic for test in tests])
    assert {test.df for test in tests} == {12}
    assert statistic.mean() == pytest.approx(12, abs=4 * math.sqrt(24 / 300))
    assert np.mean([test.p < 0.05 for test in tests]) == pytest.approx(0.05, abs=4 * math.sqrt(0.05 * 0.95 / 300))


def test_a_planted_trend_and_its_bend_come_back():
    """Growth of .2 a wave up to the event at the third, −.1 after it."""
    generator = np.random.default_rng(5)
    level = generator.normal(4, 0.8, 1500)
    before, after = generator.normal(0.2, 0.25, 1500), generator.normal(-0.1, 0.25, 1500)
    names = [f"t{wave}" for wave in range(5)]
    columns = {
        name: level + before * min(wave, 2) + after * max(wave - 2, 0) + generator.normal(0, 0.5, 1500)
        for wave, name in enumerate(names)
    }
    result = growth(pl.DataFrame(columns), {"t": names}, "piecewise", event=2)
    for factor, planted in (("s1_t", 0.2), ("s2_t", -0.1), ("i_t", 4.0)):
        row = result.parameter(factor, "~1")
        assert abs(row["estimate"] - planted) < 4 * row["std_error"]


@pytest.mark.thorough
def test_an_invariant_scale_is_seldom_refused_and_a_drifting_item_is_found():
    generator = np.random.default_rng(8)
    refused, found = 0, 0
    for _ in range(12):
        factor = generator.multivariate_normal([0, 0.3], [[1, 0.6], [0.6, 1]], 500)
        unique = generator.normal(0, 0.4, (500, 4))
        scores = {
            f"i{wave}{item}": 3 + 0.8 * factor[:, wave] + unique[:, item] + generator.normal(0, 0.6, 500)
            for wave in range(2)
            for item in range(4)
        }
        frame = pl.DataFrame(scores)
        items = {"f": [[f"i{wave}{item}" for item in range(4)] for wave in range(2)]}
        refused += not invariance(frame, items).means_comparable
        drifted = invariance(frame.with_columns(pl.col("i12") + 0.5), items)
        found += drifted.freed in (("intercept of i12",), ("intercept of i02",))
    assert refused <= 1
    assert found >= 11
