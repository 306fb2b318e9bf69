"""Planted effects of a programme in six areas come back, with intervals that cover them in 95 of 100 samples.

Six areas of 60 people and a comparison of 400, asked before and after. True effects differ between areas, or do not;
who was low before leaves more often where the programme is, and weights make up for it. Of each sample: the effect of
each area, the pooled effect (REML, Hartung–Knapp, with what the comparison shares), and the effect of a seventh area.

Theory promises the last where tau squared is known, or areas are many. At six areas the interval with k - 2 degrees of
freedom covered a seventh in 95 of 100 samples where areas differ much (0.3 standard deviations), in 92 where they
differ about as much as their errors (0.1), and in nearly all where they do not differ.
"""

import numpy as np
import polars as pl
import pytest

from pipeline.index import pooled_effects, programme_effects

AREAS, PEOPLE, OTHERS, MEAN = 6, 60, 400, 0.3
LOW, HIGH = 0.93, 0.97
SAMPLES = 1_000
EXPECTED = {0.0: (LOW, 1.0), 0.1: (0.90, HIGH), 0.3: (LOW, HIGH)}
"""How much areas differ → the coverage of a seventh area's effect."""
NAMES = [f"a{one}" for one in range(AREAS)]
STARTS = dict.fromkeys(NAMES, "w02")


def sample(seed: int, spread: float) -> tuple[pl.DataFrame, np.ndarray, float]:
    """Rows of people in two waves; the true effect of each area, and of one that was not sampled."""
    random = np.random.default_rng([seed, int(1000 * spread)])
    effects = MEAN + random.normal(0, spread, AREAS + 1)
    area = np.concatenate([np.repeat(np.arange(AREAS), PEOPLE), np.full(OTHERS, AREAS)])
    treated = area < AREAS
    before = random.normal(0, 1, len(area)) + 0.2 * treated
    after = 0.6 * before + random.normal(0, 0.8, len(area)) + 0.1 + np.where(treated, effects[area] + 0.08, 0)
    stays = 1 / (1 + np.exp(-(1.4 + 0.5 * before * treated)))  # low before, gone after, where the programme is
    is_there = random.random(len(area)) < stays
    names = np.array([*NAMES, "none"])[area]
    person = np.arange(len(area)).astype(str)
    first = pl.DataFrame({"person_id": person, "area": names, "wave": "w01", "y": before, "weight": 1.0})
    second = pl.DataFrame({"person_id": person, "area": names, "wave": "w02", "y": after, "weight": 1 / stays})
    return pl.concat([first, second.filter(pl.Series(is_there))]), effects[:AREAS], float(effects[AREAS])


def pooled_mean(seed: int, weights: str | None) -> float:
    """The pooled effect of a sample without differences between areas."""
    found = programme_effects(sample(seed, 0.0)[0], "y", STARTS, ["none"], weights=weights)
    return float(pooled_effects(found).filter(pl.col("row") == "pooled")["estimate"][0])


def covered(seed: int, spread: float) -> tuple[float, float, float]:
    """The share of areas covered, whether the pooled effect is, and whether a new area is."""
    frame, effects, new = sample(seed, spread)
    found = programme_effects(frame, "y", STARTS, ["none"], weights="weight")
    rows = pooled_effects(found)
    ends = zip(found["conf_low"], found["conf_high"], effects, strict=True)
    areas = [low <= effect <= high for low, high, effect in ends]
    pooled, prediction = (rows.filter(pl.col("row") == name).row(0, named=True) for name in ("pooled", "prediction"))
    return (
        float(np.mean(areas)),
        float(pooled["conf_low"] <= MEAN <= pooled["conf_high"]),
        float(prediction["conf_low"] <= new <= prediction["conf_high"]),
    )


@pytest.mark.slow
@pytest.mark.parametrize("spread", EXPECTED)
def test_intervals_cover_what_was_planted(spread: float) -> None:
    areas, pooled, new = np.mean([covered(seed, spread) for seed in range(SAMPLES)], axis=0)
    assert LOW <= areas <= HIGH
    assert LOW <= pooled <= HIGH
    lowest, highest = EXPECTED[spread]
    assert lowest <= new <= highest


@pytest.mark.slow
def test_without_weights_attrition_would_pass_for_an_effect() -> None:
    """The bias that the weights take away, by as many samples as tell it from chance."""
    weighted = np.array([pooled_mean(seed, "weight") for seed in range(200)])
    unweighted = np.array([pooled_mean(seed, None) for seed in range(200)])
    chance = weighted.std() / np.sqrt(200)
    assert abs(weighted.mean() - MEAN) < 3 * chance
    assert abs(unweighted.mean() - MEAN) > 4 * chance


def test_one_sample_covers() -> None:
    areas, pooled, new = covered(1, 0.1)
    assert areas > 0.6
    assert pooled
    assert new
