"""Recodings are found where they move the mean by a tenth of a standard deviation, and hardly ever where none is."""

import numpy as np
import pytest
from recoding_power import counted, power, two_waves

from pipeline.harmonise.drift.recoding.fit import best_mapping


def shares(repetitions: int) -> tuple[float, float]:
    cells, alarms = power(repetitions)
    found = [hit for hits in cells.values() for hit in hits]
    return sum(found) / len(found), sum(alarms) / len(alarms)


def test_short() -> None:
    found, alarms = shares(1)
    assert found >= 0.95
    assert alarms <= 0.01


@pytest.mark.slow
def test_long() -> None:
    found, alarms = shares(30)
    assert found >= 0.95
    assert alarms <= 0.01


@pytest.mark.slow
@pytest.mark.parametrize("ordered", [True, False])
def test_false_alarms_are_rare_whatever_the_kind(ordered: bool) -> None:
    from recoding_power import CHANGE, PEOPLE, STABILITY

    chance = np.random.default_rng(11)
    alarms = []
    for turn in range(2000):
        people, stability, change = (chance.choice(of) for of in (PEOPLE, STABILITY, CHANGE))
        before, now, size = two_waves(chance, turn % 5, int(people), stability, change)
        alarms.append(best_mapping(counted(before, now, size, ordered)) is not None)
    assert sum(alarms) <= 0.01 * len(alarms)


def of_few_people(chance: np.random.Generator, people: int, repeat: float, size: int) -> bool:
    """Whether a recoding is found among people who repeat their answer or draw it anew, and no code was changed."""
    before = chance.integers(1, size + 1, people)
    now = np.where(chance.random(people) < repeat, before, chance.integers(1, size + 1, people))
    return best_mapping(counted(before.astype(float), now.astype(float), size)) is not None


@pytest.mark.parametrize("people", [50, 67, 100, 150])
def test_noise_among_few_people_is_no_recoding(people: int) -> None:
    """The shares of both waves are samples: where answers are hardly stable they differ by chance by twice as much."""
    chance = np.random.default_rng(people)
    alarms = [of_few_people(chance, people, repeat, 5) for repeat in (0.0, 0.0, 0.2, 0.5) for _ in range(60)]
    assert sum(alarms) <= 0.01 * len(alarms)


@pytest.mark.slow
@pytest.mark.parametrize("size", [3, 5, 7, 10])
@pytest.mark.parametrize("people", [50, 67, 100, 150, 250])
def test_noise_among_few_people_is_no_recoding_long(people: int, size: int) -> None:
    chance = np.random.default_rng(100 * people + size)
    alarms = [of_few_people(chance, people, repeat, size) for repeat in (0.0, 0.2, 0.5, 0.8) for _ in range(250)]
    assert sum(alarms) <= 0.01 * len(alarms)
