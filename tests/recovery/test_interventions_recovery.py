"""Planted effects of interventions come back: unbiased, with intervals that cover them in 95 of 100 samples.

40 areas of 20 people in six waves; 24 areas start in three different waves, effects grow with time (0.3, 0.4, 0.5 …)
and differ by start, areas have shocks of their own by wave, one answer in seven is missing. Series have errors with
φ = 0.4.
"""

from functools import partial

import numpy as np
import polars as pl
import pytest

from pipeline.models import (
    difference_in_differences,
    event_study,
    group_time_effects,
    imputation_effects,
    interrupted_time_series,
)
from pipeline.models.interventions.pretrends import Path, average_weights, relative_magnitudes

AREAS, PEOPLE, WAVES = 40, 20, 6
STARTS = np.repeat([3.0, 4.0, 5.0, np.nan], [8, 8, 8, 16])
LOW, HIGH = 0.93, 0.97


def panel(seed: int, *, one_start: bool = False) -> pl.DataFrame:
    """One row per person and wave, with the effect that was planted in ``effect``."""
    draw = np.random.default_rng(seed)
    starts = np.where(np.isnan(STARTS), np.nan, 4.0) if one_start else STARTS
    area = np.repeat(np.arange(AREAS), PEOPLE * WAVES)
    person = np.repeat(np.arange(AREAS * PEOPLE), WAVES)
    wave = np.tile(np.arange(1.0, WAVES + 1), AREAS * PEOPLE)
    start = starts[area]
    since = wave - start
    effect = np.where(since >= 0, 0.3 if one_start else 0.3 + 0.1 * since + 0.05 * (start - 4), 0.0)
    shocks = draw.normal(0, 0.15, (AREAS, WAVES))[area, wave.astype(int) - 1]
    level = draw.normal(0, 1, AREAS * PEOPLE)[person] + 0.3 * np.nan_to_num(start) + 0.1 * wave
    answers = level + np.nan_to_num(effect) + shocks + draw.normal(0, 0.5, len(wave))
    frame = pl.DataFrame(
        {
            "person_id": person,
            "area": area,
            "wave": wave,
            "start": start,
            "effect": np.nan_to_num(effect),
            "trust": answers,
        }
    ).with_columns(pl.col("start").fill_nan(None))
    return frame.filter(pl.Series(draw.random(frame.height) > 1 / 7))


AREA = {"start": "start", "by": "area"}


def by_event(seed: int, evaluate, **options: object) -> tuple[float, float, float]:
    """The effect two waves after the start: cohorts weigh by their rows there (Sun & Abraham), or by their people."""
    frame = panel(seed)
    row = evaluate(frame, "trust", **AREA, **options).filter(component="event_time", group="1").row(0, named=True)
    there = frame.filter(pl.col("wave") - pl.col("start") == 1)
    if evaluate is group_time_effects:
        sizes = frame.drop_nulls("start").group_by("start").agg(pl.col("person_id").n_unique())
        means = there.group_by("start").agg(pl.col("effect").mean()).join(sizes, on="start")
        truth = float((means["effect"] * means["person_id"]).sum() / means["person_id"].sum())
    else:
        truth = float(there["effect"].to_numpy().mean())
    return truth, row["conf_low"], row["conf_high"]


def on_average(seed: int) -> tuple[float, float, float]:
    row = difference_in_differences(panel(seed, one_start=True), "trust", randomisation=False, **AREA).row(
        0, named=True
    )
    return 0.3, row["conf_low"], row["conf_high"]


def autocorrelated(seed: int) -> tuple[float, float, float]:
    draw = np.random.default_rng(seed)
    time = np.arange(1, 121)
    errors = np.zeros(len(time))
    for place, shock in enumerate(draw.normal(0, 0.3, len(time))):
        errors[place] = shock + (0.4 * errors[place - 1] if place else 0.0)
    y = 3 + 0.01 * time - 0.5 * (time >= 60) + errors
    series = pl.DataFrame({"wave": time, "trust": y})
    table = interrupted_time_series(series, "trust", interruptions={"event": 60}, errors="ar1")
    row = table.filter(component="level_change").row(0, named=True)
    return -0.5, row["conf_low"], row["conf_high"]


RECOVERED = {
    "difference in differences": on_average,
    "sun_abraham": partial(by_event, evaluate=event_study),
    "group_time": partial(by_event, evaluate=group_time_effects, draws=199),
    "imputation": partial(by_event, evaluate=imputation_effects),
    "interrupted series": autocorrelated,
}


def covered(name: str, draws: int) -> tuple[float, float]:
    """The share of intervals that hold the truth, and the mean bias in standard errors of it."""
    found = np.array([RECOVERED[name](seed) for seed in range(draws)])
    truth, low, high = found.T
    bias = (low + high) / 2 - truth
    return float(np.mean((low <= truth) & (truth <= high))), float(bias.mean() / (bias.std() / np.sqrt(draws)))


@pytest.mark.slow
@pytest.mark.parametrize("name", RECOVERED)
def test_intervals_cover_what_was_planted(name):
    share, bias = covered(name, 1_000)
    assert LOW <= share <= HIGH
    assert abs(bias) < 3.5


@pytest.mark.parametrize("name", RECOVERED)
def test_a_planted_effect_comes_back(name):
    share, bias = covered(name, 12)
    assert share >= 0.7
    assert abs(bias) < 5


@pytest.mark.slow
@pytest.mark.parametrize("magnitude", [0.5, 1.0])
def test_honest_bounds_hold_at_the_worst_divergence(magnitude):
    """Trends that diverge after the start by just so much as before, times M: the interval covers in 95 % or more."""
    event = np.array([-3.0, -2.0, 0.0, 1.0])
    spread = np.array([[2, 1, 0, 0], [1, 2, 0, 0], [0, 0, 2, 1], [0, 0, 1, 2]]) * 0.01
    for step in (0.0, 0.1, 0.3):
        bias = np.array([2 * -step, -step, magnitude * step, 2 * magnitude * step])
        draws = np.random.default_rng(5).multivariate_normal(bias + np.array([0, 0, 1.0, 1.0]), spread, 2_000)
        hits = 0
        for estimates in draws:
            path = Path(event, estimates, spread, -1.0)
            bounds = relative_magnitudes(path, average_weights(path), magnitude)
            hits += bounds.conf_low <= 1.0 <= bounds.conf_high
        assert hits / len(draws) >= 0.94
