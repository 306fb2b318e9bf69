"""Intervals of areas, of their differences, ranks and reliabilities hold the planted truth as often as they say.

People of six areas of 30 to 90, one group of them sampled at twice the rate of the other and different from it, so
that only the weighted mean is right; two domains of two indicators, some unanswered. The truth is the mean of
everybody in the area.
"""

import numpy as np
import polars as pl
import pytest

from pipeline.index import Recipe, method_draws, pairwise, rank_intervals, rank_sets, replicated_index
from pipeline.index.coherence.one_way import one_way
from pipeline.index.uncertainty.rank_sets import confidence_sets

pytestmark = pytest.mark.slow
DRAWS = 1_000
SIZES = np.array([30, 45, 60, 75, 90, 60])
TRUTH = np.array([50.0, 52.0, 47.0, 55.0, 50.5, 44.0])
DOMAINS = {"trust": ["t1", "t2"], "belonging": ["b1", "b2"]}


def holds(table, low, high, truth):
    return (table[low].to_numpy() <= truth) & (truth <= table[high].to_numpy())


def sample(rng):
    area = np.repeat(np.arange(6), SIZES)
    rare = rng.random(len(area)) < 2 / 3  # half of the population, two thirds of the sample
    person = TRUTH[area] + np.where(rare, 4.0, -4.0) + rng.normal(0, 8, len(area))
    columns = {name: person + rng.normal(0, 8, len(area)) for members in DOMAINS.values() for name in members}
    columns = {name: np.where(rng.random(len(area)) < 0.05, np.nan, values) for name, values in columns.items()}
    head = {"person_id": [str(at) for at in range(len(area))], "wave": ["w01"] * len(area)}
    weight = np.where(rare, 0.75, 1.5)
    return pl.DataFrame({**head, "area": [f"A{at}" for at in area], "weight": weight, **columns})


@pytest.fixture(scope="module")
def recovered():
    """Of each draw of people: whether each interval holds the truth."""
    rng = np.random.default_rng(8)
    true_rank = 1 + (TRUTH[None, :] > TRUTH[:, None]).sum(axis=1)
    first, second = np.triu_indices(6, 1)
    found = {"scores": [], "differences": [], "ranks": [], "sets": [], "marginal": []}
    for at in range(DRAWS):
        made = replicated_index(sample(rng), Recipe(DOMAINS), replicates=200, seed=at)
        table = made.table().filter(measure="index")
        found["scores"].append((table["conf_low"] <= TRUTH) & (table["conf_high"] >= TRUTH))
        pairs = pairwise(made, seed=at)
        wrong = np.abs(pairs["difference"].to_numpy() - (TRUTH[first] - TRUTH[second]))
        found["differences"].append(wrong <= 1.98 * pairs["std_error"].to_numpy())
        ranks = rank_intervals(made, seed=at)
        found["ranks"].append(holds(ranks, "rank_low", "rank_high", true_rank))
        for name, joint in (("sets", True), ("marginal", False)):
            sets = rank_sets(made, simultaneous=joint, draws=500, seed=at)
            found[name].append(holds(sets, "rank_low", "rank_high", true_rank))
    return {name: np.array(rows) for name, rows in found.items()}


@pytest.mark.parametrize("what", ["scores", "differences"])
def test_intervals_hold_the_truth(recovered, what):
    assert recovered[what].mean() == pytest.approx(0.95, abs=0.02)


def test_sets_of_ranks_hold_all_ranks_at_once(recovered):
    assert recovered["sets"].all(axis=1).mean() >= 0.93


@pytest.mark.parametrize("what", ["ranks", "marginal"])
def test_intervals_of_each_rank_hold_it_at_least_as_often_as_they_say(recovered, what):
    assert recovered[what].mean() >= 0.93


TIES = {
    "all equal": np.zeros(8),
    "two groups": np.repeat([0.0, 1.0], 4),
    "near and far": np.array([0.0, 0.1, 0.1, 0.5, 2.0, 2.0, 2.05, 5.0]),
    "far": np.arange(8) * 2.0,
}


@pytest.mark.parametrize("truth", TIES.values(), ids=TIES.keys())
def test_rank_sets_hold_every_rank_that_equal_areas_could_have(truth):
    rng = np.random.default_rng(4)
    error = np.linspace(0.2, 0.6, 8)
    low = 1 + (truth[None, :] > truth[:, None]).sum(axis=1)
    high = 8 - (truth[None, :] < truth[:, None]).sum(axis=1)
    held = []
    for _ in range(DRAWS):
        drawn = rng.normal(size=(500, 8)) * error
        ends = confidence_sets(truth + rng.normal(size=8) * error, np.diag(error**2), drawn, 0.95)
        held.append(((ends[0] <= low) & (high <= ends[1])).all())
    assert np.mean(held) >= 0.93


def test_method_choice_widens_intervals_and_keeps_the_ranks():
    rng = np.random.default_rng(9)
    true_rank = 1 + (TRUTH[None, :] > TRUTH[:, None]).sum(axis=1)
    choices = {"normalisation": ["own_range", "z_score"], "weights": ["equal", "random"], "perturbation": 0.25}
    held, plain, wide = [], [], []
    for at in range(200):
        made = replicated_index(sample(rng), Recipe(DOMAINS), replicates=100, seed=at)
        table, alone = rank_intervals(method_draws(made, choices, draws=50, seed=at)), rank_intervals(made, seed=at)
        held.append(holds(table, "rank_low", "rank_high", true_rank).mean())
        wide.append((table["rank_high"] - table["rank_low"]).mean())
        plain.append((alone["rank_high"] - alone["rank_low"]).mean())
    assert np.mean(held) >= 0.93
    assert np.mean(wide) >= np.mean(plain)


@pytest.mark.parametrize("ratio", [0.0, 0.05, 0.5])
def test_the_interval_of_the_reliability_of_unequal_areas_is_exact(ratio):
    rng = np.random.default_rng(6)
    sizes = np.array([3, 5, 8, 13, 21, 34, 55, 20])
    area = np.repeat(np.arange(8), sizes)
    held = []
    for _ in range(DRAWS):
        y = np.sqrt(ratio) * rng.normal(size=8)[area] + rng.normal(size=len(area))
        found = one_way(y, area, np.ones(len(area)))
        held.append(found.ratio_low <= ratio <= found.ratio_high)
    assert np.mean(held) == pytest.approx(0.975 if ratio == 0 else 0.95, abs=0.02)  # at zero the lower end cannot miss
