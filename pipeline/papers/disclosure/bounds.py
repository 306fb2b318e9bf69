"""The narrowest interval of each population that follows from a system: linear programming, part by part.

Intervals are tightened row by row first (cheap); what then still has room is solved exactly with HiGHS, for each set of
populations that hang together. Counts are whole numbers, so that the ends are rounded inwards.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from pipeline.papers.disclosure.populations import Population
from pipeline.papers.disclosure.system import SLACK, Row, System

ROUNDS = 50
Interval = tuple[float, float]


class ContradictionError(ValueError):
    """What is printed cannot all be true of the same people."""


def bounds(system: System, wanted: Collection[Population]) -> dict[Population, Interval]:
    """Population → the lowest and highest number that agree with everything in the ``system``.

    Raises ``ContradictionError`` if nothing does.
    """
    low, high = _tightened(system)
    fixed = {of: low[of] for of in low if high[of] - low[of] <= SLACK}
    found = {of: (low[of], high[of]) for of in wanted if of in fixed}
    for part in _parts([row for row in system.rows if any(of not in fixed for of, _ in row.terms)], fixed):
        chosen = [of for of in wanted if of in part.members]
        if chosen:
            found.update(_solve(part, chosen, low, high, fixed))
    return {of: _whole(*found.get(of, (low[of], high[of]))) for of in wanted}


def _whole(low: float, high: float) -> Interval:
    return math.ceil(low - 1e-6), math.floor(high + 1e-6) if math.isfinite(high) else math.inf


def _tightened(system: System) -> tuple[dict[Population, float], dict[Population, float]]:
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
) -> dict[Population, Interval]:
    """The exact interval of each ``wanted`` population of one part."""
    from scipy.optimize import linprog

    matrix, ends = _matrix(part, fixed)
    box = [(low[of], None if math.isinf(high[of]) else high[of]) for of in part.members]
    found = {}
    for of in wanted:
        aim = [0.0] * len(part.members)
        interval = []
        for sign in (1.0, -1.0):
            aim[part.members[of]] = sign
            solved = linprog(aim, A_ub=matrix, b_ub=ends, bounds=box, method="highs")
            if solved.status == 2:
                raise ContradictionError(str(of))
            interval.append(sign * solved.fun if solved.status == 0 else (low[of] if sign > 0 else high[of]))
        found[of] = (interval[0], interval[1])
    return found


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
