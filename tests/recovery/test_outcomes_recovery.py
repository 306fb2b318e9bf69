"""Planted effects on ordered, unordered, yes-or-no and counted outcomes come back, with intervals that cover them.

In the models of change within persons, persons' levels are correlated with the exposure: one that did not take them out
would be far off.
"""

from collections.abc import Callable
from functools import partial

import numpy as np
import polars as pl
import pytest

from pipeline import models

PERSONS, WAVES = 150, 4
Draw = np.random.Generator


def panel(draw: Draw, *, steady: float) -> tuple[pl.DataFrame, np.ndarray, np.ndarray]:
    """A panel of an exposure that is partly a person's own, the exposure, and persons' levels, which go with it."""
    person = np.repeat(np.arange(PERSONS), WAVES)
    own = draw.normal(size=PERSONS)[person]
    x = 0.7 * own + draw.normal(size=len(person))
    frame = pl.DataFrame({"person_id": person, "wave": np.tile(np.arange(WAVES), PERSONS), "x": x})
    return frame, x, steady * (own + 0.5 * draw.normal(size=PERSONS)[person])


def answers(draw: Draw, steady: float) -> pl.DataFrame:
    frame, x, level = panel(draw, steady=steady)
    place = 0.6 * x + level + draw.logistic(size=len(x))
    return frame.with_columns(
        answer=np.searchsorted([-1.2, 0.0, 1.3], place) + 1,
        helped=(place > 0).astype(int),
    )


def counts(draw: Draw, steady: float, size: float | None) -> pl.DataFrame:
    frame, x, level = panel(draw, steady=steady)
    mean = np.exp(0.3 + 0.3 * x + level)
    mixed = mean if size is None else mean * draw.gamma(size, 1 / size, len(mean))
    return frame.with_columns(times=draw.poisson(mixed))


def choices(draw: Draw) -> pl.DataFrame:
    frame, x, _ = panel(draw, steady=0.0)
    gain = np.column_stack([np.zeros(len(x)), 0.2 + 0.6 * x, -0.3 * x]) + draw.gumbel(size=(len(x), 3))
    return frame.with_columns(vote=gain.argmax(axis=1))


def correlated(draw: Draw) -> pl.DataFrame:
    """Answers of a random level, of averages with a slope of 0.5."""
    frame, x, _ = panel(draw, steady=0.0)
    level = draw.normal(size=PERSONS)[np.repeat(np.arange(PERSONS), WAVES)]
    return frame.with_columns(trust=0.5 * x + level + draw.normal(size=len(x)))


def spread_out(draw: Draw) -> pl.DataFrame:
    """The upper quartile has a slope of 0.5 + 0.3 z, z that of the standard normal."""
    frame, _, _ = panel(draw, steady=0.0)
    x = draw.uniform(0, 3, frame.height)
    return frame.with_columns(x=x, hours=1 + 0.5 * x + (1 + 0.3 * x) * draw.normal(size=len(x)))


CASES: dict[str, tuple[Callable[[Draw], pl.DataFrame], Callable[[pl.DataFrame], pl.DataFrame], float]] = {
    "ordered": (partial(answers, steady=0.0), lambda d: models.ordered_logit(d, "answer", ["x"]), 0.6),
    "multinomial": (choices, lambda d: models.multinomial_logit(d, "vote", ["x"]), 0.6),
    "conditional": (partial(answers, steady=1.0), lambda d: models.conditional_logit(d, "helped", ["x"]), 0.6),
    "fixed effects ordered": (
        partial(answers, steady=1.0), lambda d: models.fixed_effects_ordered_logit(d, "answer", ["x"]), 0.6,
    ),
    "poisson": (partial(counts, steady=0.0, size=2.0), lambda d: models.poisson(d, "times", ["x"]), 0.3),
    "negative binomial": (
        partial(counts, steady=0.0, size=2.0),
        lambda d: models.negative_binomial(d, "times", ["x"], cluster=None), 0.3,
    ),
    "fixed effects poisson": (
        partial(counts, steady=0.4, size=None), lambda d: models.fixed_effects_poisson(d, "times", ["x"]), 0.3,
    ),
    "gee": (correlated, lambda d: models.gee(d, "trust", ["x"]), 0.5),
    "gee ar1, corrected": (
        correlated, lambda d: models.gee(d, "trust", ["x"], correlation="ar1", errors="mancl_derouen"), 0.5,
    ),
    "quantile": (
        spread_out, lambda d: models.quantile_regression(d, "hours", ["x"], quantiles=[0.75]), 0.5 + 0.3 * 0.6744898,
    ),
    "design ordered": (
        partial(answers, steady=0.0), lambda d: models.design_ordered(d, "answer", ["x"], wave_effects=False), 0.6,
    ),
}  # fmt: skip


def repeat(case: str, seeds: int) -> tuple[float, float, float]:
    """Over seeds: the mean estimate's distance from the truth, its standard error, and the share of intervals that
    hold the truth."""
    make, fit, truth = CASES[case]
    found = []
    for seed in range(seeds):
        row = fit(make(np.random.default_rng(seed))).filter(component="coefficient", term="x").row(0, named=True)
        found.append((row["estimate"], row["conf_low"] <= truth <= row["conf_high"]))
    estimates = np.array([estimate for estimate, _ in found])
    off = float(estimates.mean() - truth)
    return off, float(estimates.std(ddof=1) / np.sqrt(seeds)), float(np.mean([held for _, held in found]))


@pytest.mark.parametrize("case", CASES)
def test_the_planted_effect_comes_back(case):
    off, error, covered = repeat(case, 12)
    assert abs(off) < 4 * error + 0.02
    assert covered >= 8 / 12  # 95 % gives fewer in one run of ten thousand


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
def test_intervals_cover_at_their_rate(case):
    off, error, covered = repeat(case, 1000)
    assert abs(off) < 4 * error + 0.02
    assert 0.93 <= covered <= 0.97
