"""Lasting facts that are not what they were, of people who are in two waves: linked wrongly, or coded differently."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from pipeline.ingest.linking.agreement import Facts, compare_facts, disagreement_by_chance, facts_of
from pipeline.ingest.linking.kinds import CONTRADICTS, COUNTS


def contradictions(loaded: Mapping[str, pl.DataFrame], facts: Sequence[str]) -> pl.DataFrame:
    """One row per pair of waves with facts to compare: how many people in both have a fact that is not what it was."""
    ids = pl.concat([pl.Series("id", [], dtype=pl.String), *(people["id"] for people in loaded.values())])
    numbers = ids.rank("dense").to_numpy().astype(np.int64) - 1
    ends = np.cumsum([people.height for people in loaded.values()])
    waves = [
        (wave, numbers[end - people.height : end], facts_of(people, facts))
        for (wave, people), end in zip(loaded.items(), ends, strict=True)
    ]
    place_of = np.full(ids.n_unique(), -1, np.int64)
    rows = []
    for after, (later, later_ids, now) in enumerate(waves):
        for earlier, earlier_ids, then in waves[:after]:
            place_of[earlier_ids] = np.arange(earlier_ids.size)
            was = place_of[later_ids]
            place_of[earlier_ids] = -1
            rows += _contradiction(earlier, later, now[was >= 0], then[was[was >= 0]])
    return pl.DataFrame(rows, schema=COUNTS, orient="row")


def _contradiction(earlier: str, later: str, now: Facts, then: Facts) -> list[tuple[object, ...]]:
    """The row of two waves, for the people in both of them; no row if no fact can be compared."""
    agree, contradict = compare_facts(now, then)
    compared = int(np.count_nonzero(agree + contradict))
    if not compared:
        return []
    chance = disagreement_by_chance(now, then)
    by_chance = None if chance is None else compared * chance
    return [(earlier, later, CONTRADICTS, int(np.count_nonzero(contradict)), compared, 0, by_chance, 0, 0)]
