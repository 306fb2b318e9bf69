"""Whether lasting facts agree between two rows that may be one person, and how often they would by chance."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

SHIFTS = 50
"""So many ways of linking everybody with somebody else are looked at, evenly spread over all there are."""


def compare_facts(left: pl.DataFrame, right: pl.DataFrame, facts: Sequence[str]) -> pl.DataFrame:
    """One row per pair of rows: ``facts_agree`` and ``facts_contradict``; a fact that either lacks counts as neither.

    A frame may lack a fact altogether.
    """
    none = pl.repeat(0, left.height, dtype=pl.Int64, eager=True)
    agree, contradict = none, none
    for fact in facts:
        if fact in left.columns and fact in right.columns:
            same = left[fact] == right[fact]
            agree = agree + same.fill_null(False).cast(pl.Int64)
            contradict = contradict + (~same).fill_null(False).cast(pl.Int64)
    return pl.DataFrame({"facts_agree": agree, "facts_contradict": contradict})


def disagreement_by_chance(left: pl.DataFrame, right: pl.DataFrame, facts: Sequence[str]) -> float | None:
    """The share of pairs of a row of ``left`` with one of ``right`` that contradict in some fact, of those that can be
    compared at all; None if none can. It is what linking at random would give.

    The rows of ``right`` are shifted against those of ``left``, which pairs each with all others in turn: exact where
    ``right`` has up to ``SHIFTS`` rows, and an even sample of all pairs, without a random draw, where it has more.
    (That sample leaves out the shift by nothing, by which people would stand beside themselves.)
    """
    names = [fact for fact in facts if fact in left.columns and fact in right.columns]
    if not names or not left.height or not right.height:
        return None
    ours, theirs = _numbered(left, right, names)
    places = np.arange(left.height)
    compared = contradicting = 0
    shifts = min(SHIFTS, right.height)
    for shift in ((2 * np.arange(shifts) + 1) * right.height) // (2 * shifts):
        others = theirs[(places + shift) % right.height]
        known = (ours >= 0) & (others >= 0)
        compared += int(known.any(axis=1).sum())
        contradicting += int((known & (ours != others)).any(axis=1).sum())
    return contradicting / compared if compared else None


def _numbered(left: pl.DataFrame, right: pl.DataFrame, names: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """The facts of both as whole numbers, equal where they are; -1 where there is none."""
    both = pl.concat([left.select(names), right.select(names)], how="vertical_relaxed")
    numbers = both.select(pl.col(name).rank("dense").cast(pl.Int64).fill_null(-1) for name in names).to_numpy()
    return numbers[: left.height], numbers[left.height :]
