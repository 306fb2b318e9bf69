"""Cells of people with fixed effects and crossed random intercepts: the equations that both outcomes solve.

A cell has a row of the fixed design X and, for each random term, the number of its level. With u = theta × b and b of
standard deviation one (on the scale of the residual), everything is of H = T'Z'WZT + I, T = diag(theta).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

FloatArray = np.ndarray
SMALL = 1e-7
"""A relative standard deviation below this is zero."""


@dataclass(frozen=True)
class Terms:
    """``design`` (C × p); ``levels``: for each random term each cell's level (C); ``sizes``: how many levels it has."""

    design: FloatArray
    levels: tuple[FloatArray, ...]
    sizes: tuple[int, ...]

    @cached_property
    def starts(self) -> FloatArray:
        """Where each term's levels begin among all."""
        return np.concatenate([[0], np.cumsum(self.sizes)])

    @cached_property
    def columns(self) -> list[FloatArray]:
        """Each cell's level of each term, counted over all terms."""
        return [level + start for level, start in zip(self.levels, self.starts, strict=False)]

    def spread(self, theta: FloatArray) -> FloatArray:
        """theta of each level of all terms (q)."""
        return np.repeat(theta, self.sizes)

    def add(self, effects: FloatArray) -> FloatArray:
        """Z u: of each cell, for effects (… × q)."""
        return np.asarray(sum(effects[..., column] for column in self.columns))

    def collect(self, values: FloatArray) -> FloatArray:
        """Z'v (q, or q × k)."""
        if values.ndim > 1:
            return np.column_stack([self.collect(column) for column in values.T])
        sums = [np.bincount(level, values, size) for level, size in zip(self.levels, self.sizes, strict=True)]
        return np.concatenate(sums)

    def cross(self, weight: FloatArray) -> FloatArray:
        """Z'WZ (q × q)."""
        q, columns = int(self.starts[-1]), self.columns
        made = np.zeros(q * q)
        for one in columns:
            for other in columns:
                made += np.bincount(one * q + other, weight, q * q)
        return made.reshape(q, q)


def lowest(
    value_and_slope: Callable[[FloatArray], tuple[float, FloatArray]],
    start: FloatArray,
    bounded: int,
    *,
    exact: bool = True,
) -> FloatArray:
    """Where the function is lowest; the first ``bounded`` parameters are zero or more.

    Quasi-Newton, then (where ``exact``) Newton steps on the slope among the parameters that are not at zero, to the
    last digits.
    """
    from scipy.optimize import minimize

    bounds = [(0.0, None)] * bounded + [(None, None)] * (len(start) - bounded)
    options = {"maxiter": 1000, "ftol": 1e-14 if exact else 1e-9, "gtol": 1e-9 if exact else 1e-5}
    found = np.asarray(minimize(value_and_slope, start, jac=True, method="L-BFGS-B", bounds=bounds, options=options).x)
    if not exact:
        return found
    zero = np.zeros(len(found), dtype=bool)
    for at in np.flatnonzero(found[:bounded] < 1e-2):
        flat = found.copy()
        flat[at] = 0.0
        if value_and_slope(flat)[0] <= value_and_slope(found)[0] + 1e-9:
            found, zero[at] = flat, True
    free = np.flatnonzero(~zero)
    for _ in range(12 if len(free) else 0):
        slope = value_and_slope(found)[1][free]
        step = np.linalg.solve(_curvature(value_and_slope, found, free), slope)
        trial = found.copy()
        trial[free] -= step
        if (trial[:bounded] < 0).any() or np.abs(value_and_slope(trial)[1][free]).max() >= np.abs(slope).max():
            break
        found = trial
    return found


def _curvature(
    value_and_slope: Callable[[FloatArray], tuple[float, FloatArray]], at: FloatArray, free: FloatArray
) -> FloatArray:
    rows = []
    for one in free:
        step = np.zeros(len(at))
        step[one] = 1e-5 * max(1.0, abs(at[one]))
        above, below = value_and_slope(at + step)[1][free], value_and_slope(at - step)[1][free]
        rows.append((above - below) / (2 * step[one]))
    return np.asarray(0.5 * (np.array(rows) + np.array(rows).T))
