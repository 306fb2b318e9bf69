"""The narrowest interval of each population that follows from a system: linear programming, part by part.

Intervals are tightened row by row first (cheap); what then still has room is solved exactly with HiGHS, for each set of
populations that hang together. Counts are whole numbers, so that the ends are rounded inwards.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.papers.disclosure.populations import Population
from pipeline.papers.disclosure.system import SLACK, Row, System

ROUNDS = 50
Interval = tuple[float, float]


class ContradictionError(ValueError):
    """What is printed cannot all be true of the same people."""


Enough = Callable[[Population, float, float], bool]
"""Whether it is known of a population that its interval is wide enough, once it holds both ends."""


def bounds(system: System, wanted: Collection[Population], enough: Enough | None = None) -> dict[Population, Interval]:
    """Population → the lowest and highest number that agree with everything in the ``system``.

    With ``enough``, whatever has been shown to be wide enough is left out: each solution is one that a reader has to
    think possible, for all populations at once, so that most intervals need no search of their own.

    Raises ``ContradictionError`` if nothing does.
    """
    low, high = tightened(system)
    fixed = {of: low[of] for of in low if high[of] - low[of] <= SLACK}
    found: dict[Population, Interval | None] = {of: (low[of], high[of]) for of in wanted if of in fixed}
    for part in _parts([row for row in system.rows if any(of not in fixed for of, _ in row.terms)], fixed):
        chosen = [of for of in wanted if of in part.members]
        if chosen:
            found.update(_solve(part, chosen, low, high, fixed, enough))
    intervals = {of: found.get(of, (low[of], high[of])) for of in wanted}
    return {of: _whole(*interval) for of, interval in intervals.items() if interval is not None}


def _whole(low: float, high: float) -> Interval:
    return math.ceil(low - 1e-6), math.floor(high + 1e-6) if math.isfinite(high) else math.inf


def tightened(system: System) -> tuple[dict[Population, float], dict[Population, float]]:
    """Intervals narrowed by each row in turn, until none narrows any more."""
    low, high = dict(system.low), dict(system.high)
    for _ in range(ROUNDS):
        changed = False
        for row in system.rows:
            changed |= _narrow(row, low, high)
        if not changed:
            break
    return low, high


def _narrow(row: Row, low: dict[Population, float], high: dict[Population, float]) -> bool:
    """Whether one row narrows the interval of one of its populations."""
    least = [(c * low[of]) if c > 0 else (c * high[of]) for of, c in row.terms]
    most = [(c * high[of]) if c > 0 else (c * low[of]) for of, c in row.terms]
    changed = False
    for place, (of, c) in enumerate(row.terms):
        if c == 0:
            continue
        ends = (
            (row.low - _sum(most, place)) / c,
            (row.high - _sum(least, place)) / c,
        )
        lowest, highest = ends if c > 0 else ends[::-1]
        if lowest > low[of] + SLACK:
            low[of], changed = math.ceil(lowest - SLACK), True
        if highest < high[of] - SLACK:
            high[of], changed = math.floor(highest + SLACK), True
        if low[of] > high[of] + SLACK:
            raise ContradictionError(str(of))
    return changed


def _sum(values: Sequence[float], but: int) -> float:
    return sum(value for place, value in enumerate(values) if place != but)


@dataclass
class Part:
    """Populations that rows tie to one another."""

    members: dict[Population, int]
    rows: list[Row]


def _parts(rows: Sequence[Row], fixed: Collection[Population]) -> list[Part]:
    """The rows in sets that share no population which is not fixed."""
    parent: dict[Population, Population] = {}

    def root(of: Population) -> Population:
        parent.setdefault(of, of)
        while parent[of] != of:
            parent[of] = parent[parent[of]]
            of = parent[of]
        return of

    for row in rows:
        free = [of for of, _ in row.terms if of not in fixed]
        for of in free[1:]:
            parent[root(of)] = root(free[0])
    found: dict[Population, Part] = {}
    for row in rows:
        free = [of for of, _ in row.terms if of not in fixed]
        part = found.setdefault(root(free[0]), Part({}, []))
        part.rows.append(row)
        for of in free:
            part.members.setdefault(of, len(part.members))
    return list(found.values())


def _solve(
    part: Part,
    wanted: Sequence[Population],
    low: dict[Population, float],
    high: dict[Population, float],
    fixed: dict[Population, float],
    enough: Enough | None,
) -> dict[Population, Interval | None]:
    """The exact interval of each ``wanted`` population of one part; None where it has been shown to be wide enough."""
    import numpy as np
    from scipy.optimize import linprog

    matrix, ends = _matrix(part, fixed)
    box = [(low[of], None if math.isinf(high[of]) else high[of]) for of in part.members]
    seen = np.full((2, len(part.members)), [[math.inf], [-math.inf]])
    found: dict[Population, Interval | None] = {}
    for of in wanted:
        at, aim = part.members[of], np.zeros(len(part.members))
        interval = [low[of], high[of]]
        for end, sign in enumerate((1.0, -1.0)):
            if _is_wide(of, seen[:, at], enough):
                break
            aim[at] = sign
            solved = linprog(aim, A_ub=matrix, b_ub=ends, bounds=box, method="highs")
            if solved.status == 2:
                raise ContradictionError(str(of))
            if solved.status == 0:
                interval[end] = sign * solved.fun
                seen = np.stack([np.minimum(seen[0], solved.x), np.maximum(seen[1], solved.x)])
        found[of] = None if _is_wide(of, seen[:, at], enough) else (interval[0], interval[1])
    return found


def _is_wide(of: Population, seen: Any, enough: Enough | None) -> bool:
    """Whether the solutions seen so far show that the interval of a population is wide enough."""
    return enough is not None and math.isfinite(seen[0]) and enough(of, *_whole(seen[0], seen[1]))


def _matrix(part: Part, fixed: dict[Population, float]) -> tuple[object, list[float]]:
    """Every row as one or two inequalities ``A x <= b``, without the populations that are fixed."""
    from scipy.sparse import csr_array

    data: list[float] = []
    across: list[int] = []
    down: list[int] = []
    ends: list[float] = []
    for row in part.rows:
        known = sum(c * fixed[of] for of, c in row.terms if of in fixed)
        free = [(part.members[of], c) for of, c in row.terms if of not in fixed]
        for end, sign in ((row.high, 1.0), (row.low, -1.0)):
            if math.isfinite(end):
                data += [sign * c for _, c in free]
                across += [place for place, _ in free]
                down += [len(ends)] * len(free)
                ends.append(sign * (end - known) + SLACK)
    return csr_array((data, (down, across)), shape=(len(ends), len(part.members))), ends
