"""Without an effect the joint test over a multiverse finds one as often as its level says; with one, it finds it."""

import numpy as np
import polars as pl
import pytest

from pipeline.models import multiverse

CHOICES = {"subsets": ["a"], "family": ["pooled", "fixed_effects", "first_difference"]}


def p_values(seed: int, effect: float) -> np.ndarray:
    """The three p-values of the joint test, of 120 people in three waves whose errors stay alike over waves."""
    rng = np.random.default_rng(seed)
    n, waves = 120, 3
    person = np.arange(n).repeat(waves)
    stays = rng.normal(size=n)[person]
    a = rng.normal(size=n * waves)
    x = rng.normal(size=n)[person] + 0.4 * a + rng.normal(size=n * waves)
    frame = pl.DataFrame(
        {
            "person_id": person.astype(str),
            "wave": ["w01", "w02", "w03"] * n,
            "x": x,
            "a": a,
            "y": effect * x + stays + rng.normal(size=n * waves),
        }
    )
    made = multiverse(frame, "y", ["x"], choices=CHOICES, draws=99, seed=seed)
    return made.filter(component="joint_test")["p_value"].to_numpy()


def test_an_effect_is_found():
    assert np.mean([p_values(seed, 0.4) <= 0.05 for seed in range(8)]) > 0.9


@pytest.mark.slow
def test_no_effect_is_found_as_often_as_the_level_says():
    """1,000 multiverses without an effect: 5 ± 2 % of each of the three tests, ± 1.4 by chance."""
    found = np.mean([p_values(seed, 0.0) <= 0.05 for seed in range(1000)], axis=0)
    assert np.all(np.abs(found - 0.05) < 0.02), found
