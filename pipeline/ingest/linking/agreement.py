"""Whether lasting facts agree between two rows that may be one person, and how often they would by chance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import polars as pl
from numpy.lib.stride_tricks import sliding_window_view

SHIFTS = 50
"""So many ways of linking everybody with somebody else are looked at, evenly spread over all there are."""

Facts = npt.NDArray[np.int32]
"""One row per person, one column per fact: equal numbers are equal facts, -1 is none."""


def with_numbered_facts(frames: Mapping[str, pl.DataFrame], facts: Sequence[str]) -> dict[str, pl.DataFrame]:
    """The frames with each fact as a number: equal over all frames where the facts are; -1 where there is none.

    A frame may lack a fact altogether.
    """
    made = {name: frame.drop(facts, strict=False) for name, frame in frames.items()}
    for fact in facts:
        columns = [frame[fact] if fact in frame.columns else _no_fact(frame) for frame in frames.values()]
        every = pl.concat([column.rename(fact).to_frame() for column in columns], how="vertical_relaxed")[fact]
        numbers = every.rank("dense").cast(pl.Int32).fill_null(-1)
        start = 0
        for name, frame in made.items():
            made[name] = frame.with_columns(numbers.slice(start, frame.height).alias(fact))
            start += frame.height
    return made


def _no_fact(frame: pl.DataFrame) -> pl.Series:
    return pl.Series([None] * frame.height, dtype=pl.Null)


def facts_of(people: pl.DataFrame, facts: Sequence[str]) -> Facts:
    """The numbered facts of some people as an array."""
    return people.select(facts).to_numpy(order="fortran").reshape(people.height, len(facts)).astype(np.int32)


def compare_facts(ours: Facts, theirs: Facts) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Per pair of rows, how many facts agree and how many contradict; a fact that either lacks counts as neither."""
    both, same = (ours >= 0) & (theirs >= 0), ours == theirs
    return (both & same).sum(axis=1, dtype=np.int64), (both & ~same).sum(axis=1, dtype=np.int64)


def disagreement_by_chance(ours: Facts, theirs: Facts) -> float | None:
    """The share of pairs of one of ``ours`` with one of ``theirs`` that contradict in some fact, of those that can be
    compared at all; None if none can. It is what linking at random would give.

    The rows of ``theirs`` are shifted against those of ``ours``, which pairs each with all others in turn: exact where
    there are up to ``SHIFTS`` of them, and an even sample of all pairs, without a random draw, where there are more.
    (That sample leaves out the shift by zero, by which people would be compared with themselves.)
    """
    if not ours.size or not theirs.size:
        return None
    people, others = len(ours), len(theirs)
    shifts = min(SHIFTS, others)
    starts = ((2 * np.arange(shifts) + 1) * others) // (2 * shifts)
    can, do = np.zeros((shifts, people), bool), np.zeros((shifts, people), bool)
    for own, other in zip(ours.T, theirs.T, strict=True):
        in_a_row = np.tile(other, -(-(people + others) // others))  # so often that any shift has its whole row
        shifted = sliding_window_view(in_a_row, people)[starts]
        both = (own >= 0) & (shifted >= 0)
        can |= both
        do |= both & (own != shifted)
    compared = np.count_nonzero(can)
    return np.count_nonzero(do) / compared if compared else None
