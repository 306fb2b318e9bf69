"""Near-matching ids are counted only beyond what chance gives: dense numbering, and ids that occur once."""

import random

import polars as pl
import pytest
from shared import shared

from pipeline import ingest
from pipeline.ingest.linking.kinds import PROPOSED


def people(ids: list[str], **facts: list[int]) -> pl.DataFrame:
    return pl.DataFrame({"id": ids, **facts})


def counts(first: list[str], second: list[str], **how: object) -> dict[str, int]:
    made = ingest.link_waves({"w01": people(first), "w02": people(second)}, "id", **how).counts  # type: ignore[arg-type]
    found = made.group_by("kind", maintain_order=True).agg(pl.col("count").sum())
    return {kind: count for kind, count in found.iter_rows() if count}


def doubtful(found: dict[str, int]) -> int:
    return sum(found.get(kind, 0) for kind in PROPOSED)


NUMBERINGS = {
    "consecutive numbers": "{:06d}",
    "consecutive numbers after letters": "VU{:05d}",
    "numbers within a place": "{0:05d}-KT",
}


@pytest.mark.parametrize("form", NUMBERINGS.values(), ids=NUMBERINGS)
def test_in_dense_numbering_new_people_are_new(form: str) -> None:
    chance = random.Random(3)
    first = [form.format(number) for number in range(1, 701)]
    stayed = [one for one in first if chance.random() < 0.75]
    new = [form.format(number) for number in range(701, 761)]
    assert counts(first, [*stayed, *new]) == {"exact": len(stayed), "new": 60}


def test_ids_of_every_other_number_are_dense_too() -> None:
    chance = random.Random(4)
    numbers = [10_000 + 2 * number for number in range(600)]
    first, new = [str(one) for one in numbers[:500]], [str(one) for one in numbers[500:]]
    stayed = [one for one in first if chance.random() < 0.6]
    assert counts(first, [*stayed, *new]) == {"exact": len(stayed), "new": 100}


def test_typing_errors_in_sparse_ids_are_still_doubtful() -> None:
    chance = random.Random(5)
    first = [f"{chance.randrange(10**9):09d}" for _ in range(500)]
    stayed, mistyped = first[:380], first[380:400]
    slips = [one[:4] + str((int(one[4]) + 5) % 10) + one[5:] for one in mistyped]
    found = counts(first, [*stayed, *slips])
    assert (found["exact"], doubtful(found)) == (380, 20)


def test_a_letter_where_all_others_have_a_digit_is_no_chance() -> None:
    first = [f"P{number}" for number in range(1000, 1060)]
    found = counts(first, ["P10O5", *first[:5], *first[6:]])
    assert (found["exact"], doubtful(found)) == (59, 1)


def test_lasting_facts_tell_a_typing_error_from_a_neighbour() -> None:
    chance = random.Random(6)
    born = [chance.randrange(1930, 2004) for _ in range(400)]
    first = people([str(1000 + number) for number in range(400)], born=born)
    stayed = first.head(280)
    slips = [("9" + one[1:], year) for one, year in first.slice(280, 30).iter_rows()]
    later = pl.concat([stayed, pl.DataFrame(slips, schema=first.schema, orient="row")])
    made = ingest.link_waves({"w01": first, "w02": later}, "id", facts=["born"]).counts
    found = dict(made.filter(pl.col("kind") != "facts_contradict").select("kind", "count").iter_rows())
    assert found["likely"] >= 25


def test_06_dense_ids() -> None:
    first, second = (shared("faults", "drift", f"06_dense_ids_w{wave}.csv") for wave in (1, 2))
    frames = [pl.read_csv(path, schema_overrides={"id": pl.String}) for path in (first, second)]
    made = ingest.link_waves({"w01": frames[0], "w02": frames[1]}, "id").counts
    assert made.filter(pl.col("count") > 0).select("kind", "count", "near", "once").rows() == [
        ("exact", 2, 0, 0),
        ("new", 1, 1, 1),
    ]


def test_ids_that_occur_once_in_a_late_wave_are_counted() -> None:
    chance = random.Random(7)
    ids = [f"{chance.randrange(10**9):09d}" for _ in range(120)]
    waves = {"w01": ids[:80], "w02": [*ids[:70], *ids[80:100]], "w03": [*ids[:60], *ids[90:110]]}
    frames = {wave: people(who) for wave, who in waves.items()}
    made = ingest.link_waves(frames, "id", refreshment={"w03": ids[105:110]}).counts.filter(pl.col("kind") == "new")
    assert made.select("later", "count", "once").rows() == [("w02", 20, 10), ("w03", 5, 5)]
