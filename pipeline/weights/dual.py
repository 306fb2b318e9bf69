"""The solver of calibration: damped Newton on the convex dual, for many sets of weights at once.

The sets (replicates) are independent: each has its own multipliers, damping and steps, and leaves when it is done.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.weights.arrays import BoolArray, FloatArray, IntArray, crossproducts
from pipeline.weights.distances import Bounds, Method, ratio

MAX_STEPS = 300
LARGEST_DAMPING = 1e6
SINGULAR = 1e-12


@dataclass(frozen=True)
class Solved:
    """``ratio`` of weight to base (rows × sets), the ``rounds`` of each set, and whether its sums are met."""

    ratio: FloatArray
    rounds: IntArray
    is_met: BoolArray


def solve(
    columns: FloatArray,
    wanted: FloatArray,
    base: FloatArray,
    method: Method,
    bounds: Bounds | None,
    tolerance: float,
) -> Solved:
    """The ratios g with ``columns.T @ (base * g) = wanted``, for each set of weights.

    ``columns`` is rows × constraints; ``wanted`` constraints × sets, or × 1; ``base`` rows × sets; ``bounds`` on g are
    two numbers, or two arrays of the shape of ``base``. A row at its bound has no derivative left, so that the plain
    Newton step can be singular: damping keeps it short (Levenberg), and a step counts only if the dual or the largest
    gap falls. A base weight of zero stays zero.
    """
    problem = _Problem(columns, wanted, base, method, bounds)
    state = problem.at(np.arange(problem.sets), np.zeros((problem.sets, columns.shape[1])))
    multipliers, damping = np.zeros_like(problem.goal), np.zeros(problem.sets)
    rounds, is_met = np.full(problem.sets, MAX_STEPS), np.zeros(problem.sets, dtype=bool)
    active = np.arange(problem.sets)
    for step in range(1, MAX_STEPS + 1):
        done = state.distance[active] <= tolerance
        is_met[active[done]] = True
        ends = done | (damping[active] > LARGEST_DAMPING)
        rounds[active[ends]] = step
        active = active[~ends]
        if not active.size:
            break
        trial = multipliers[active] + problem.move(active, state, damping)
        found = problem.at(active, trial)
        better = (found.dual < state.dual[active]) | (found.distance < 0.5 * state.distance[active])
        state.take(active[better], found, better)
        multipliers[active[better]] = trial[better]
        damping[active] = _damped(damping[active], better)
    return Solved(state.g.T, rounds, is_met)


def _damped(damping: FloatArray, better: BoolArray) -> FloatArray:
    """Less damping after a step that counts, more after one that does not."""
    return np.where(better, np.where(damping < 1e-8, 0.0, damping / 10), np.maximum(damping * 10, 1e-9))


@dataclass
class _State:
    """Where each set stands, in rows: the ratios, their derivative, the gap left (scaled), its size, and the dual."""

    g: FloatArray
    derivative: FloatArray
    gap: FloatArray
    distance: FloatArray
    dual: FloatArray

    def take(self, rows: IntArray, other: _State, chosen: BoolArray) -> None:
        """Replace these rows by the chosen rows of another state."""
        for mine, theirs in zip(vars(self).values(), vars(other).values(), strict=True):
            mine[rows] = theirs[chosen]


class _Problem:
    """The constraints of all sets, scaled to be of order one; sets are rows here, so that each is contiguous."""

    def __init__(
        self, columns: FloatArray, wanted: FloatArray, base: FloatArray, method: Method, bounds: Bounds | None
    ) -> None:
        self.columns, self.method = columns, method
        self.base = np.ascontiguousarray(base.T)
        self.sets = len(self.base)
        self.size = np.sqrt(self.base @ columns**2 / self.base.sum(axis=1, keepdims=True))
        self.size = np.maximum(self.size, 1e-150)
        self.goal = wanted.T / self.size
        self.unit = np.maximum(np.abs(wanted.T), 1.0) / self.size
        self.bounds = bounds if bounds is None or isinstance(bounds[0], float | int) else _by_set(bounds)

    def at(self, active: IntArray, multipliers: FloatArray) -> _State:
        """Where these sets stand at these multipliers."""
        base, size = self.base[active], self.size[active]
        g, derivative, potential = ratio(self.method, (multipliers / size) @ self.columns.T, self._bounds_of(active))
        gap = self.goal[active] - (base * g) @ self.columns / size
        distance = np.abs(gap / self.unit[active]).max(axis=1)
        dual = np.einsum("sr,sr->s", base, potential) - np.einsum("sk,sk->s", self.goal[active], multipliers)
        return _State(g, derivative, gap, distance, dual)

    def move(self, active: IntArray, state: _State, damping: FloatArray) -> FloatArray:
        """The damped Newton step of these sets; the shortest one where the Hessian is singular."""
        base, size = self.base[active], self.size[active]
        hessian = crossproducts(self.columns, base * state.derivative[active])
        hessian /= size[:, :, None] * size[:, None, :]
        places = np.arange(size.shape[1])
        hessian[:, places, places] += (damping[active] * base.sum(axis=1))[:, None]
        inverse = np.linalg.pinv(hessian, rcond=SINGULAR, hermitian=True)
        move: FloatArray = np.einsum("skl,sl->sk", inverse, state.gap[active])
        return move

    def _bounds_of(self, active: IntArray) -> Bounds | None:
        if self.bounds is None or not isinstance(self.bounds[0], np.ndarray):
            return self.bounds
        low, high = self.bounds
        return np.asarray(low)[active], np.asarray(high)[active]


def _by_set(bounds: Bounds) -> Bounds:
    low, high = (np.ascontiguousarray(np.asarray(bound).T) for bound in bounds)
    return low, high
