"""Ids that are nearly the same: one or two keystroke errors from each other."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from pipeline.ingest.linking.alignment import Signs, slips_between

LENGTHS = {1: (4, 36), 2: (7, 12)}
"""Slips → the shortest and the longest id that is searched: shorter ones are all alike, longer ones too many to try."""
CROWDED = 40
"""A remainder that more ids than this share says nothing about any of them."""
SCHEMA = {"left": pl.UInt32, "right": pl.UInt32, "distance": pl.Int8}

_PART = 20_000
_CODES = 0x110000

Places = npt.NDArray[np.int64]
Hashes = npt.NDArray[np.uint64]
Distances = npt.NDArray[np.int8]


def near_ids(ids: pl.Series, others: pl.Series) -> pl.DataFrame:
    """One row per pair of near ids: ``left`` and ``right`` (places in ``ids`` and ``others``), ``distance`` (1 or 2).

    A slip is a character typed wrongly, left out, put in, or exchanged with its neighbour (optimal string alignment,
    a restricted Damerau–Levenshtein distance). Two slips are looked for only where there is no id one slip away. Pairs
    are found by what is left of both ids after one (two) deletions (Mor & Fraenkel 1982, doi:10.1145/358728.358752), so
    that 100,000 ids compared with 100,000 others take seconds. Equal ids are no pair; each id should be there once.
    """
    if not len(ids) or not len(others):
        return pl.DataFrame(schema=SCHEMA)
    signs, other_signs = Signs.of(ids), Signs.of(others)
    near = _within(signs, other_signs, 1)
    alone = np.setdiff1d(np.arange(len(ids)), near[0])
    farther = _within(signs.at(alone), other_signs, 2)
    left, right = np.concatenate([near[0], alone[farther[0]]]), np.concatenate([near[1], farther[1]])
    found = pl.DataFrame({"left": left, "right": right, "distance": np.concatenate([near[2], farther[2]])})
    return found.select(pl.col(name).cast(dtype) for name, dtype in SCHEMA.items()).sort("left", "distance", "right")


def _within(ids: Signs, others: Signs, slips: int) -> tuple[Places, Places, Distances]:
    """Pairs that differ by at most this many slips: the places of both, and the distance."""
    places, remainders = _sorted(*_remainders(ids, slips))
    theirs = _uncrowded(remainders, *_sorted(*_remainders(others, slips)))
    found = [(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.int8))]
    for start in range(0, len(ids), _PART):
        part = (places >= start) & (places < start + _PART)
        left, right = _sharing(places[part], remainders[part], *theirs)
        distances = slips_between(ids.at(left), others.at(right))
        is_near = (distances >= 1) & (distances <= slips)
        found.append((left[is_near], right[is_near], distances[is_near]))
    left, right, distances = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return left, right, distances


def _sorted(places: Places, remainders: Hashes) -> tuple[Places, Hashes]:
    order = np.argsort(remainders)
    return places[order], remainders[order]


def _uncrowded(wanted: Hashes, places: Places, remainders: Hashes) -> tuple[Places, Hashes]:
    """Those remainders, all in ascending order, that are among the wanted and that few ids share."""
    if wanted.size:
        at = np.minimum(np.searchsorted(wanted, remainders), wanted.size - 1)
        is_wanted = wanted[at] == remainders
        places, remainders = places[is_wanted], remainders[is_wanted]
    starts = np.flatnonzero(_is_first(remainders))
    counts = np.diff(np.append(starts, remainders.size))
    few = np.repeat(counts <= CROWDED, counts)
    return places[few], remainders[few]


def _is_first(ordered: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """Whether each value differs from the one before it, along the last axis."""
    first = np.ones(ordered.shape, bool)
    first[..., 1:] = ordered[..., 1:] != ordered[..., :-1]
    return first


def _sharing(left: Places, wanted: Hashes, right: Places, remainders: Hashes) -> tuple[Places, Places]:
    """Every pair of places whose ids share a remainder, once; the remainders of both are in ascending order."""
    first = np.searchsorted(remainders, wanted, "left")
    counts = np.searchsorted(remainders, wanted, "right") - first
    ours = np.repeat(left, counts)
    offsets = np.arange(ours.size) - np.repeat(np.cumsum(counts) - counts, counts)
    theirs = right[np.repeat(first, counts) + offsets]
    width = int(right.max()) + 1 if right.size else 1
    pairs = np.sort(ours * width + theirs)
    pairs = pairs[_is_first(pairs)]
    return pairs // width, pairs % width


def _remainders(ids: Signs, slips: int) -> tuple[Places, Hashes]:
    """What is left of each id after up to ``slips`` deletions, as a hash, with the place of the id; each once an id."""
    shortest, longest = LENGTHS[slips]
    places, hashes = [np.empty(0, np.int64)], [np.empty(0, np.uint64)]
    for length in np.flatnonzero(np.bincount(ids.lengths, minlength=longest + 1)[: longest + 1]):
        if length >= shortest:
            of_length = np.flatnonzero(ids.lengths == length)
            texts = ids.matrix[of_length, :length]
            left = np.sort(np.stack(list(_deletions(texts, slips)), axis=1), axis=1)
            once = _is_first(left)
            places.append(np.repeat(of_length, once.sum(axis=1)))
            hashes.append(left[once])
    return np.concatenate(places), np.concatenate(hashes)


def _deletions(texts: npt.NDArray[np.uint32], slips: int) -> Iterator[Hashes]:
    """The hash of each id without each choice of up to ``slips`` characters.

    A hash is the sum over characters of a mixture of sign and position. Deletions move what follows them to the left:
    with the sums up to each character, unmoved, moved by one and moved by two, each deletion is a few differences.
    """
    length = texts.shape[1]
    sums = [_sums(texts, moved) for moved in range(slips + 1)]
    for gone in (chosen for many in range(slips + 1) for chosen in combinations(range(length), many)):
        edges = [-1, *gone, length]
        total = np.full(texts.shape[0], length - len(gone), np.uint64)
        for moved, (before, after) in enumerate(pairwise(edges)):
            total += sums[moved][:, after] - sums[moved][:, before + 1]
        yield total


def _sums(texts: npt.NDArray[np.uint32], moved: int) -> Hashes:
    """Column k: the sum over the first k characters, each as if it stood ``moved`` places to the left."""
    positions = np.arange(texts.shape[1], dtype=np.uint64) + np.uint64(8 - moved)
    mixed = _mixed(texts.astype(np.uint64) + positions * np.uint64(_CODES))
    sums = np.zeros((texts.shape[0], texts.shape[1] + 1), np.uint64)
    np.cumsum(mixed, axis=1, out=sums[:, 1:])
    return sums


def _mixed(numbers: Hashes) -> Hashes:
    """SplitMix64's finaliser (Steele, Lea & Flood 2014, doi:10.1145/2660193.2660195)."""
    numbers = (numbers ^ (numbers >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    numbers = (numbers ^ (numbers >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return numbers ^ (numbers >> np.uint64(31))
