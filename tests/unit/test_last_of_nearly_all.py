"""Which wave stands for all areas: the last with nearly as many as ever."""

import pytest

from pipeline.wave_order import last_of_nearly_all


@pytest.mark.parametrize(
    ("counts", "wave"),
    [({"w01": 160, "w02": 160, "w03": 158}, "w03"), ({"w01": 13, "w02": 13, "w03": 9}, "w02"), ({"w01": 4}, "w01"),
     ({"w01": 9, "w02": 1, "w03": 10}, "w03"), ({"w01": 10, "w02": 9}, "w02")],
)  # fmt: skip
def test_the_last_wave_with_nearly_all(counts, wave):
    assert last_of_nearly_all(counts, sorted(counts)) == wave
