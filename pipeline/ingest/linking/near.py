"""Ids that are nearly the same: one or two slips of a key apart."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, pairwise

import numpy as np
import polars as pl

LENGTHS = {1: (4, 36), 2: (7, 12)}
"""Slips → the shortest and the longest id that is searched: shorter ones are all alike, longer ones too many to try."""
CROWDED = 40
"""A remainder that more ids than this share says nothing about any of them."""
SCHEMA = {"left": pl.UInt32, "right": pl.UInt32, "distance": pl.Int8}

_BATCH = 1_000_000
_PART = 20_000


def near_ids(ids: pl.Series, others: pl.Series) -> pl.DataFrame:
    """One row per pair of near ids: ``left`` and ``right`` (places in ``ids`` and ``others``), ``distance`` (1 or 2).

    A slip is a character typed wrongly, left out, put in, or exchanged with its neighbour (optimal string alignment,
    a restricted Damerau–Levenshtein distance). Two slips are looked for only where there is no id one slip away. Pairs
    are found by what is left of both ids after one (two) deletions (Mor & Fraenkel 1982, doi:10.1145/358728.358752), so
    that 100,000 ids beside 100,000 others take seconds. Equal ids are no pair; each id should be there once.
    """
    near = _within(ids, others, 1)
    everyone = pl.DataFrame({"left": pl.int_range(len(ids), dtype=pl.UInt32, eager=True)})
    alone = everyone.join(near, on="left", how="anti", maintain_order="left")["left"]
    farther = _within(ids.gather(alone), others, 2)
    return pl.concat([near, farther.with_columns(left=alone.gather(farther["left"]))]).sort("left", "distance", "right")


def _within(ids: pl.Series, others: pl.Series, slips: int) -> pl.DataFrame:
    """Pairs at most this many slips apart."""
    left, right = _remainders(ids, slips), _remainders(others, slips)
    shared = right.group_by("remainder").len().filter(pl.col("len") <= CROWDED)
    right = right.join(shared, on="remainder", how="semi")
    found = [pl.DataFrame(schema=SCHEMA)]
    for start in range(0, len(ids), _PART):
        batch = left.filter(pl.col("place").is_between(start, start + _PART, closed="left"))
        pairs = batch.join(right, on="remainder", suffix="_right").select(left="place", right="place_right").unique()
        pairs = pairs.with_columns(distance=slips_between(ids.gather(pairs["left"]), others.gather(pairs["right"])))
        found.append(pairs.filter(pl.col("distance").is_between(1, slips)))
    return pl.concat(found)


def _remainders(ids: pl.Series, slips: int) -> pl.DataFrame:
    """One row per id and what is left of it after up to ``slips`` deletions, as a hash: ``place``, ``remainder``."""
    shortest, longest = LENGTHS[slips]
    numbered = pl.DataFrame({"place": pl.int_range(len(ids), dtype=pl.UInt32, eager=True), "id": ids})
    numbered = numbered.with_columns(length=pl.col("id").str.len_chars())
    numbered = numbered.filter(pl.col("length").is_between(shortest, longest))
    parts = [
        of_length.select("place", remainder=rest.hash())
        for of_length in numbered.partition_by("length")
        for rest in _deletions(int(of_length["length"][0]), slips)
    ]
    empty = pl.DataFrame(schema={"place": pl.UInt32, "remainder": pl.UInt64})
    return pl.concat([empty, *parts]).unique()


def _deletions(length: int, slips: int) -> Iterator[pl.Expr]:
    """An id of this length without each choice of up to ``slips`` characters."""
    for gone in (chosen for many in range(slips + 1) for chosen in combinations(range(length), many)):
        edges = [-1, *gone, length]
        kept = [pl.col("id").str.slice(before + 1, after - before - 1) for before, after in pairwise(edges)]
        yield pl.concat_str(kept)


def slips_between(ids: pl.Series, others: pl.Series) -> pl.Series:
    """The distance of each id from the other in the same place, by optimal string alignment."""
    distances = [
        _alignment(ids.slice(start, _BATCH).to_list(), others.slice(start, _BATCH).to_list())
        for start in range(0, len(ids), _BATCH)
    ]
    return pl.Series("distance", np.concatenate([np.empty(0, np.int8), *distances]), dtype=pl.Int8)


def _alignment(ids: list[str], others: list[str]) -> np.ndarray:
    """The recursion over both strings, for all pairs at once; characters beyond an id's end are never looked at."""
    left, right = _characters(ids), _characters(others)
    ends = np.array([[len(one), len(other)] for one, other in zip(ids, others, strict=True)]).reshape(-1, 2)
    rows = [np.broadcast_to(np.arange(right.shape[1] + 1, dtype=np.int8), (len(ids), right.shape[1] + 1))]
    for i in range(1, left.shape[1] + 1):
        row = np.empty_like(rows[0])
        row[:, 0] = i
        for j in range(1, right.shape[1] + 1):
            wrong = left[:, i - 1] != right[:, j - 1]
            row[:, j] = np.minimum(np.minimum(rows[-1][:, j], row[:, j - 1]) + 1, rows[-1][:, j - 1] + wrong)
            if i > 1 and j > 1:
                swapped = (left[:, i - 1] == right[:, j - 2]) & (left[:, i - 2] == right[:, j - 1])
                row[:, j] = np.where(swapped, np.minimum(row[:, j], rows[-2][:, j - 2] + 1), row[:, j])
        rows.append(row)
    table = np.stack(rows, axis=1)
    return table[np.arange(len(ids)), ends[:, 0], ends[:, 1]].astype(np.int8)


def _characters(texts: list[str]) -> np.ndarray:
    """One row per text, one column per character."""
    array = np.array(texts, dtype=np.str_)
    width = max(array.dtype.itemsize // 4, 1)
    return array.view(np.uint32).reshape(len(texts), width)
