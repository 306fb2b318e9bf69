"""A large simulated panel for timings: three constructs, eight waves, 40 % of the answers missing."""

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
