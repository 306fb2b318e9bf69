"""Simulated answers for timings: a large panel with 40 % missing, and complete items of seven factors."""

import numpy as np
import polars as pl


def large_panel(persons=40_000, waves=8, seed=1, missing="waves") -> pl.DataFrame:
    """x, y, z over ``waves`` waves: random intercepts, lags .3 (own) and .1 (x → y → z).

    ``missing``: "waves" leaves whole waves out (dropout, skipped waves), "items" single answers at random; both 40 %.
    """
    generator = np.random.default_rng(seed)
    lags = np.array([[0.3, 0.0, 0.0], [0.1, 0.3, 0.0], [0.0, 0.1, 0.3]])
    between = generator.multivariate_normal(np.zeros(3), 0.3 * np.eye(3) + 0.2, persons)
    within = generator.normal(0, 0.8, (persons, 3))
    answers = np.empty((persons, waves, 3))
    for wave in range(waves):
        answers[:, wave] = 3 + between + within
        within = within @ lags.T + generator.normal(0, 0.7, (persons, 3))
    if missing == "items":
        answers[generator.random(answers.shape) < 0.4] = np.nan
    else:
        leaves = generator.geometric(0.07, persons)
        gone = (np.arange(waves)[None, :] >= leaves[:, None]) | (generator.random((persons, waves)) < 0.24)
        gone[:, 0] &= ~gone.all(1)
        answers[gone] = np.nan
    names = [f"{name}{wave + 1}" for wave in range(waves) for name in "xyz"]
    return pl.DataFrame(answers.reshape(persons, -1), names, orient="row").with_columns(pl.all().fill_nan(None))


def complete_items(persons=2000, factors=7, items=5, seed=1) -> tuple[pl.DataFrame, dict[str, list[str]]]:
    """Complete answers to ``items`` items of each of ``factors`` correlated factors, and the items of each factor."""
    generator = np.random.default_rng(seed)
    scores = 0.7 * generator.normal(size=(persons, 1)) + 0.8 * generator.normal(size=(persons, factors))
    named = {f"F{factor}": [f"f{factor}i{item}" for item in range(items)] for factor in range(factors)}
    columns = {
        name: 3 + scores[:, factor] * generator.uniform(0.6, 1.1) + generator.normal(0, 0.7, persons)
        for factor, own in enumerate(named.values())
        for name in own
    }
    return pl.DataFrame(columns), named
