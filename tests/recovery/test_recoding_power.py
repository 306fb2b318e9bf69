"""Recodings are found where they move the mean by a tenth of a standard deviation, and hardly ever where none is."""

import pytest
from recoding_power import power, two_waves

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
    import numpy as np
    from recoding_power import CHANGE, PEOPLE, STABILITY, counted

    chance = np.random.default_rng(11)
    alarms = []
    for turn in range(2000):
        people, stability, change = (chance.choice(of) for of in (PEOPLE, STABILITY, CHANGE))
        before, now, size = two_waves(chance, turn % 5, int(people), stability, change)
        alarms.append(best_mapping(counted(before, now, size, ordered)) is not None)
    assert sum(alarms) <= 0.01 * len(alarms)
