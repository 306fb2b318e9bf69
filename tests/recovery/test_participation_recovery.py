"""On the sample, whose people leave by a planted rule: what the plain mean misses, weights and imputation find.

The estimand is the mean belief in conspiracies at the fourth wave in the population that the regions' people are drawn
from, had nobody left. Those who believe more are likelier to leave (``truth.BEYOND_US_AND_THEM.dropout``), wave after
wave, and some come back. Whether someone answers a wave depends on what they last answered, on age and on sex: that is
what the weights and the imputations are given.
"""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from pipeline.imputation.chained import impute
from pipeline.imputation.plan import Plan, Rule
from pipeline.imputation.pooling import pool
from pipeline.imputation.wide import widen
from pipeline.participation import participation
from pipeline.sample import buat_design
from pipeline.sample.buat_dynamics import levels, move
from pipeline.sample.buat_people import TRAITS, draw_people
from pipeline.sample.buat_simulate import willingness
from pipeline.sample.presence import take_part
from pipeline.sample.truth import BEYOND_US_AND_THEM as TRUTH
from pipeline.weights.people import people
from pipeline.weights.recipe import Recipe
from pipeline.weights.replicated import replicate_set
from pipeline.weights.replicates import replicate_weights

ARM = buat_design.ARMS["regions"]
PERSONS = ARM.responses[0]  # those who answer the first wave, as in the sample
WAVES = ["w01", "w02", "w03", "w04"]
BELIEF = "conspiracy_belief"
Result = tuple[float, float, float]  # estimate, standard error, degrees of freedom


@pytest.fixture(scope="module")
def truth() -> float:
    """The mean lasting level over the standard normal trait: what moves people between waves has mean zero."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(80)
    everyone = replace(draw_people("regions", ARM, 1, np.random.default_rng(1)), traits=dict.fromkeys(TRAITS, nodes))
    return float(np.average(levels(everyone, TRUTH, invested=ARM.invested)[BELIEF], weights=weights))


def panel(seed: int) -> pl.DataFrame:
    """One row per person and wave answered, of people who all answered the first wave."""
    rng = np.random.default_rng([seed, 77])
    drawn = draw_people("regions", ARM, PERSONS, rng)
    moves = move(drawn, len(WAVES), TRUTH, rng, invested=ARM.invested)
    willing = willingness(drawn, moves, ARM.staying, TRUTH)
    present = take_part(willing, rng, entrants=(PERSONS, *[0] * (len(WAVES) - 1)))
    wave, person = np.nonzero(present.T)
    return pl.DataFrame(
        {
            "person_id": [f"p{number}" for number in person],
            "arm": ["regions"] * len(person),
            "wave": [WAVES[number] for number in wave],
            "age": drawn.age[person],
            "is_woman": drawn.is_woman[person],
            BELIEF: moves.scores[BELIEF][person, wave],
        }
    )


def unweighted(frame: pl.DataFrame, seed: int) -> Result:
    answered = frame.filter(wave=WAVES[-1])[BELIEF]
    return answered.mean(), answered.std() / np.sqrt(answered.len()), answered.len() - 1


def weighted(frame: pl.DataFrame, seed: int) -> Result:
    """One over the chance to answer, given the last answers; the response model is refitted in every replicate."""
    took_part = participation(frame, {"regions": WAVES}, study="sample")
    asked = people(frame, took_part, [WAVES[-1]], origin="latest", columns=["age", "is_woman", BELIEF])
    missed = pl.when(pl.col("origin") == WAVES[-2]).then(pl.lit("no")).otherwise(pl.lit("yes"))
    asked = asked.with_columns(missed_the_wave_before=missed)
    recipe = Recipe(predictors=("age", "is_woman", BELIEF, "missed_the_wave_before"))
    drawn = replicate_weights(asked, "bootstrap", replicates=100, seed=seed)
    last = frame.filter(wave=WAVES[-1]).select("person_id", last=BELIEF)
    answers = asked.filter("responded").join(last, on="person_id", how="left", maintain_order="left")["last"]
    mean, error = replicate_set(asked, recipe, drawn).ratio(answers.to_numpy())
    return mean, error, 99


def imputed(frame: pl.DataFrame, seed: int) -> Result:
    """Every missed wave filled from all others, twenty times."""
    wide = widen(frame, [BELIEF], WAVES, constant=["age", "is_woman"])
    gaps = {f"{BELIEF}@{wave}": Rule("norm") for wave in WAVES[1:]}
    plan = Plan(gaps, complete=["age", "is_woman", f"{BELIEF}@w01"])
    done = impute(wide, plan, imputations=20, iterations=10, seed=seed)
    each = [full[f"{BELIEF}@{WAVES[-1]}"] for full in done.each()]
    variances = np.array([[values.var() / PERSONS] for values in each])
    row = pool(np.array([[values.mean()] for values in each]), variances, df_complete=PERSONS - 1)
    return row["estimate"][0], row["std_error"][0], row["df"][0]


def repeat(estimator, truth: float, seeds: int) -> Result:
    """Over seeds: the mean error of the estimate, the mean half-width of its interval, and the share that covers."""
    from scipy.special import stdtrit

    results = np.array([estimator(panel(seed), seed) for seed in range(seeds)])
    half = stdtrit(results[:, 2], 0.975) * results[:, 1]
    gap = results[:, 0] - truth
    return float(gap.mean()), float(half.mean()), float((np.abs(gap) <= half).mean())


def test_the_plain_mean_is_biased_beyond_its_interval(truth):
    bias, half, covered = repeat(unweighted, truth, 30)
    assert bias < -1.5 * half, "those who believe in conspiracies have left"
    assert covered < 0.1


@pytest.mark.thorough
@pytest.mark.parametrize("estimator", [weighted, imputed])
def test_the_mean_had_nobody_left_comes_back(estimator, truth):
    """A short run for every build: no bias to speak of, and coverage that a nominal 95 % could give."""
    bias, half, covered = repeat(estimator, truth, 30)
    assert abs(bias) < 0.35 * half
    assert covered >= 25 / 30  # 95 % gives fewer in one run of two hundred


@pytest.mark.slow
@pytest.mark.parametrize("estimator", [weighted, imputed])
def test_its_interval_covers_at_its_rate(estimator, truth):
    bias, half, covered = repeat(estimator, truth, 1000)
    assert abs(bias) < 0.1 * half
    assert 0.93 <= covered <= 0.97
