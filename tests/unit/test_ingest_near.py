"""Near ids are those that the plain recursion over all pairs finds, and no others."""

import random
import time

import polars as pl
import pytest

from pipeline.ingest.linking.alignment import Signs, slips_between
from pipeline.ingest.linking.near import near_ids


def alignment(one: str, other: str) -> int:
    """The textbook recursion of optimal string alignment, pair by pair."""
    table = [[i + j if not i * j else 0 for j in range(len(other) + 1)] for i in range(len(one) + 1)]
    for i in range(1, len(one) + 1):
        for j in range(1, len(other) + 1):
            wrong = one[i - 1] != other[j - 1]
            table[i][j] = min(table[i - 1][j] + 1, table[i][j - 1] + 1, table[i - 1][j - 1] + wrong)
            if i > 1 and j > 1 and one[i - 1] == other[j - 2] and one[i - 2] == other[j - 1]:
                table[i][j] = min(table[i][j], table[i - 2][j - 2] + 1)
    return table[-1][-1]


def some_ids(seed: int, letters: str) -> list[str]:
    chance = random.Random(seed)
    return sorted({"".join(chance.choices(letters, k=chance.randint(7, 9))) for _ in range(80)})


@pytest.mark.parametrize("letters", ["AB", "AB1é", "0123456789"])
def test_what_all_pairs_would_show(letters: str) -> None:
    ids, others = some_ids(1, letters), some_ids(2, letters)
    expected = set()
    for left, one in enumerate(ids):
        distances = {right: alignment(one, other) for right, other in enumerate(others)}
        for slips in (1, 2):
            pairs = {(left, right, slips) for right, distance in distances.items() if distance == slips}
            expected |= pairs
            if pairs:
                break
    assert set(near_ids(pl.Series(ids), pl.Series(others)).iter_rows()) == expected


def test_distances_are_those_of_the_recursion() -> None:
    ids, others = some_ids(3, "AB1"), some_ids(4, "AB1")
    pairs = [(one, other) for one in ids[:30] for other in [*others[:30], one, "", one[::-1]]]
    left, right = zip(*pairs, strict=True)
    found = slips_between(Signs.of(pl.Series(left)), Signs.of(pl.Series(right)))
    assert found.tolist() == [alignment(*pair) for pair in pairs]


@pytest.mark.parametrize(
    ("one", "other", "found"),
    [
        ("P10234", "P10243", [1]),  # two keys in the wrong order
        ("P10234", "P1023", [1]),
        ("P10234", "Q10234", [1]),
        ("P10234", "P10299", []),  # two slips in six characters: too many ids are that near
        ("P1023456", "P1023499", [2]),
        ("P1023456", "P1023456", []),
        ("P12", "P13", []),
    ],
)
def test_how_near_is_near(one: str, other: str, found: list[int]) -> None:
    assert near_ids(pl.Series([one]), pl.Series([other]))["distance"].to_list() == found


def test_no_ids_have_no_neighbours() -> None:
    nobody = pl.Series([], dtype=pl.String)
    assert near_ids(nobody, pl.Series(["P10234"])).height == near_ids(pl.Series(["P10234"]), nobody).height == 0


@pytest.mark.slow
def test_a_hundred_thousand_beside_a_hundred_thousand() -> None:
    numbers = random.Random(1).sample(range(10**9, 10**10), 200_000)
    ids, others = pl.Series(map(str, numbers[:100_000])), pl.Series(map(str, numbers[100_000:]))
    start = time.process_time()
    assert near_ids(ids, others).height > 1_000
    assert time.process_time() - start < 60
