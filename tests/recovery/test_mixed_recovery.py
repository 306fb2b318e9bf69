"""Planted slopes, areas and odds: mixed models find them, with intervals that cover at their rate."""

import numpy as np
import polars as pl
import pytest

from pipeline.models import mixed, mixed_logit, within_between

PEOPLE, WAVES, AREAS = 300, 4, 30
SLOPE, SLOPE_SD, BETWEEN, AREA_SD = 0.3, 0.25, 0.5, 0.4


def panel(seed: int) -> pl.DataFrame:
    """People with levels (SD 0.8) and slopes of their own within persons, in areas; a fifth of the rows missing."""
    rng = np.random.default_rng(seed)
    person, area = np.repeat(np.arange(PEOPLE), WAVES), np.arange(PEOPLE) % AREAS
    usual, level = rng.normal(size=PEOPLE), 0.8 * rng.normal(size=PEOPLE)
    deviation = rng.normal(size=(PEOPLE, WAVES))
    deviation = (deviation - deviation.mean(axis=1, keepdims=True)).ravel()
    slope = SLOPE + SLOPE_SD * rng.normal(size=PEOPLE)
    place = AREA_SD * rng.normal(size=AREAS)
    y = BETWEEN * usual[person] + slope[person] * deviation + level[person] + place[area][person]
    chance = 1 / (1 + np.exp(-(0.5 * usual[person] + level[person])))
    rows = rng.random(len(person)) < 0.8
    return pl.DataFrame(
        {
            "person_id": person,
            "wave": np.tile(np.arange(WAVES), PEOPLE),
            "area": area[person],
            "x": usual[person] + deviation,
            "usual": usual[person],
            "y": y + 0.6 * rng.normal(size=len(person)),
            "yes": (rng.random(len(person)) < chance).astype(int),
        }
    ).filter(pl.Series(rows))


def covered(seed: int) -> list[bool]:
    """Whether the intervals of the slope, its standard deviation and the log odds hold what was planted."""
    frame = panel(seed)
    table = within_between(frame, "y", ["x"], random_slopes=["x"], random={"area": []}, degrees="satterthwaite")
    answers = mixed_logit(frame, "yes", ["usual"], points=9)
    rows = [
        (table.filter(component="within", term="x"), SLOPE),
        (table.filter(component="standard_deviation", term="x"), SLOPE_SD),
        (answers.filter(component="coefficient", term="usual"), 0.5),
    ]
    found = [(row["conf_low"][0], row["conf_high"][0], truth) for row, truth in rows]
    return [low is not None and low <= truth <= high for low, high, truth in found]


def of_areas(seed: int, areas: int, people: int) -> pl.DataFrame:
    """So many people in each of so many areas, in four waves: standard deviations 0.4, 0.8 and 0.6."""
    rng = np.random.default_rng(seed)
    person, area = np.repeat(np.arange(areas * people), WAVES), np.arange(areas * people) % areas
    y = 0.8 * rng.normal(size=areas * people)[person] + AREA_SD * rng.normal(size=areas)[area][person]
    y = y + 0.6 * rng.normal(size=len(person))
    rows = rng.random(len(person)) < 0.8
    wave = np.tile(np.arange(WAVES), areas * people)
    columns = {"person_id": person, "wave": wave, "area": area[person], "x": rng.normal(size=len(person)), "y": y}
    return pl.DataFrame(columns).filter(pl.Series(rows))


def misses(seed: int, areas: int, people: int) -> tuple[bool, bool]:
    """Whether the interval of the standard deviation between areas lies above, or below, what was planted."""
    parts: dict[str, list[str]] = {"person_id": [], "area": []}
    table = mixed(of_areas(seed, areas, people), "y", ["x"], random=parts, wave_effects=False)
    row = table.filter(component="standard_deviation", term="area").row(0, named=True)
    return row["conf_low"] > AREA_SD, row["conf_high"] < AREA_SD


def test_what_was_planted_comes_back():
    table = mixed(panel(1), "y", ["x"], ["usual"], random={"person_id": ["x"], "area": []})
    assert abs(table.filter(component="coefficient", term="x")["estimate"][0] - SLOPE) < 0.1
    assert abs(table.filter(component="standard_deviation", term="area")["estimate"][0] - AREA_SD) < 0.2


@pytest.mark.slow
def test_intervals_cover_at_their_rate():
    shares = np.mean([covered(seed) for seed in range(1000)], axis=0)
    assert (shares >= 0.93).all(), shares
    assert (shares <= 0.97).all(), shares


@pytest.mark.slow
def test_with_few_areas_it_is_too_wide_above():
    """Of 30 areas it covers 98 %, and hardly ever lies below: the error of the logarithm falls as the estimate rises.

    In 500 such panels the profile of the (full) likelihood, as lme4 has it, held what was planted in 94 %, and so does
    not err on the safe side: what is reported by default does, and says what it is in `covariance`.
    """
    above, below = np.mean([misses(seed, 30, 10) for seed in range(500)], axis=0)
    assert below < 0.01
    assert 0.005 < above < 0.04
