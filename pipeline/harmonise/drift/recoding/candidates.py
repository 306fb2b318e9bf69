"""The mappings that a recoding may be: which present code stands for which earlier answer, and at what cost."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from pipeline.harmonise.drift.recoding.transitions import Transitions

Links = NDArray[np.bool_]
"""Values before (rows) × symbols now (columns): which belong together."""
Places = NDArray[np.float64]
Points = tuple[float, ...]
RARE = 0.01
"""A code of a smaller share than this is left where it stands while others are searched for a mapping."""
FEW = 0.05
"""A code that is given less than this share as often as before has gone, or was not there."""
MOST_GROUPINGS = 500


@dataclass(frozen=True)
class Candidate:
    """One mapping. ``cost``: log of how many of its form there are, so that many tries do not win by number."""

    links: Links
    cost: float


def as_declared(table: Transitions) -> Candidate:
    """Each present code means what the declarations say; codes that nobody gave before stand alone."""
    return Candidate(np.equal.outer(table.values, table.symbols), 0.0)


def candidates(table: Transitions) -> Iterator[Candidate]:
    """Every mapping with a name: turned round, moved, two exchanged, relabelled in order, merged, split."""
    yield from _by_place(table)
    yield from _exchanged(table.values, table.symbols)
    if table.ordered:
        yield from _grouped(table)


def by_assignment(links: Links) -> Candidate:
    """A permutation that a search found, at the cost of all permutations."""
    size = max(min(links.shape), 2)
    return Candidate(links, math.lgamma(size + 1) + 1)


def _by_place(table: Transitions) -> Iterator[Candidate]:
    """Turned within the declared range or within the range answered; moved by a constant, if most answers are met."""
    ends = (min(table.declared), max(table.declared)) if table.declared else (table.values[0], table.values[-1])
    yield from _turned(table.values, table.symbols, ends)
    for one in _moved(table.values, table.symbols):
        if table.now[one.links.any(axis=0)].sum() > 0.9 * table.people:
            yield one


@lru_cache(maxsize=1024)
def _turned(values: Points, symbols: Points, declared: tuple[float, float]) -> tuple[Candidate, ...]:
    both_ends = sorted({values[0] + values[-1], sum(declared)})
    return tuple(Candidate(_same(both - np.array(values), np.array(symbols)), 1.0) for both in both_ends)


@lru_cache(maxsize=1024)
def _moved(values: Points, symbols: Points) -> tuple[Candidate, ...]:
    before, now = np.array(values), np.array(symbols)
    moves = np.unique(np.round(np.subtract.outer(now, before), 6))
    return tuple(Candidate(_same(before + move, now), math.log(6)) for move in moves[moves != 0])


def _same(values: Places, symbols: Places) -> Links:
    return np.equal.outer(np.round(values, 6), np.round(symbols, 6))


@lru_cache(maxsize=1024)
def _exchanged(values: Points, symbols: Points) -> tuple[Candidate, ...]:
    base, size = np.equal.outer(values, symbols), len(values)
    cost = math.log(max(size * (size - 1) / 2, 1)) + 1
    pairs = combinations(range(size), 2) if size > 2 else ()
    found = []
    for one, other in pairs:
        links = base.copy()
        links[[one, other]] = base[[other, one]]
        found.append(Candidate(links, cost))
    return tuple(found)


def _grouped(table: Transitions) -> Iterator[Candidate]:
    """Relabelled in the same order, with neighbours merged or split: only where a code has gone or is new."""
    if not _gone_or_new(table):
        return
    kept = table.now >= max(RARE * table.people, 2)
    was = table.before >= max(RARE * table.people, 2)
    for columns in {tuple(kept), (True,) * len(kept)}:
        for rows in {tuple(was), (True,) * len(was)}:
            yield from _groupings(table, np.flatnonzero(rows), np.flatnonzero(columns))


def _gone_or_new(table: Transitions) -> bool:
    before = dict(zip(table.values, table.before, strict=True))
    now = dict(zip(table.symbols, table.now, strict=True))
    often = max(RARE * table.people / 5, 2)
    return any(
        this.get(place, 0.0) >= often and other.get(place, 0.0) <= FEW * this[place]
        for this, other in ((before, now), (now, before))
        for place in this
    )


def _groupings(table: Transitions, rows: NDArray[np.int64], columns: NDArray[np.int64]) -> Iterator[Candidate]:
    many, few = max(len(rows), len(columns)), min(len(rows), len(columns))
    number = math.comb(many - 1, few - 1) if few else 0
    if few < 2 or number > MOST_GROUPINGS:
        return
    cost = math.log(number) + 1.5
    stands = as_declared(table).links
    for cuts in combinations(range(1, many), few - 1):
        group = np.searchsorted(np.array(cuts), np.arange(many), side="right")
        joined = np.equal.outer(group, np.arange(few))
        links = np.zeros_like(stands)
        links[np.ix_(rows, columns)] = joined if len(rows) == many else joined.T
        if (links != stands).any():
            yield Candidate(links, cost)
