"""Bounds if the paths of the groups diverge smoothly: their slope bends by at most M from one unit of time to the next.

Rambachan & Roth (2023), Review of Economic Studies 90, 2555–2591, Δ^SD(M): with M = 0 the difference in trends before
goes on as a straight line. The interval is the shortest of fixed length (Armstrong & Kolesár 2018, Econometrica 86,
655–683): effect less a combination of leads that takes the straight part out, plus and minus its standard error times
the critical value of a normal that is as far off as the bends can take it. R: ``HonestDiD::findOptimalFLCI``.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from pipeline.models.interventions.normal import density, increasing_root, normal, normal_quantile
from pipeline.models.interventions.pretrends import Bounds, Path

LARGEST = 1e6
FINE = 1e-14


@dataclass(frozen=True)
class _Problem:
    """Combinations ``fixed`` + ``free`` z of the estimates; their bias is ``bend`` × Σ|``bends`` v|."""

    fixed: np.ndarray
    free: np.ndarray
    bends: np.ndarray
    root: np.ndarray  # of the covariance, k × k

    def error(self, combination: np.ndarray) -> float:
        return float(np.linalg.norm(self.root.T @ combination))

    def bias(self, combination: np.ndarray) -> float:
        return float(np.abs(self.bends @ combination).sum())


def smooth_bounds(path: Path, weights: np.ndarray, bend: float, level: float = 0.05) -> Bounds:
    """Bounds for the effect ``weights`` (k, zero before the start) if the difference in trends bends by at most M.

    ``bend`` is M, the change of slope per unit of time (between the middles of two gaps, where waves are unevenly far
    apart: HonestDiD takes them for even). ``lower`` and ``upper`` are the estimate and the bias that it may have either
    way. Raises ValueError without two neighbouring waves before the start: a line has no slope.
    """
    problem = _problem(path, weights)
    return _bounds(path, problem, _shortest(problem, bend, level), bend, level)


def _bounds(path: Path, problem: _Problem, combination: np.ndarray, bend: float, level: float) -> Bounds:
    error, bias = problem.error(combination), bend * problem.bias(combination)
    estimate = float(combination @ path.estimates)
    half = _half(error, bias, level)
    return Bounds(bend, estimate - bias, estimate + bias, estimate - half, estimate + half)


def smooth_breakdown(path: Path, weights: np.ndarray, level: float = 0.05) -> float:
    """The largest M at which the interval still leaves out zero: 0 if it does not even with a straight line."""
    from scipy.optimize import brentq

    problem = _problem(path, weights)

    near: list[np.ndarray] = []  # the last combination, from which the next is not far

    def beyond(bend: float) -> float:
        near[:] = [_shortest(problem, bend, level, *near)]
        found = _bounds(path, problem, near[0], bend, level)
        return max(found.conf_low, -found.conf_high)

    if beyond(0.0) <= 0:
        return 0.0
    low, high = 0.0, float(np.sqrt(np.diag(path.covariance).max())) or 1.0
    while beyond(high) > 0:
        low, high = high, high * 2
        if high > LARGEST:
            return np.inf
    return float(brentq(beyond, low, high, rtol=1e-8))


def _half(error: float, bias: float, level: float) -> float:
    return error * folded_quantile(bias / error, level) if error > 0 else bias


def folded_quantile(off: float, level: float) -> float:
    """c with P(|z + t| ≤ c) = 1 − level for a standard normal z and t = ``off``."""
    low, high = -normal_quantile(level) + off, -normal_quantile(level / 2) + off
    if off > 30:
        return low
    return increasing_root(
        lambda c: normal(c - off) - normal(-c - off) - (1 - level),
        lambda c: density(c - off) + density(c + off),
        low - 1e-9,
        high + 1e-9,
    )


def _problem(path: Path, weights: np.ndarray) -> _Problem:
    """The combinations whose post-treatment part is ``weights`` and that no straight line moves."""
    line, bent = _line_and_bends(path)
    before = np.flatnonzero(path.before)
    if not before.size:
        raise ValueError("no two neighbouring waves before the start")
    own = line[before]
    least = np.zeros(len(weights))
    least[before] = -own * float(weights @ line) / float(own @ own)
    free = np.zeros((len(weights), len(before) - 1))
    free[before] = np.linalg.svd(own[None, :])[2][1:].T
    values, vectors = np.linalg.eigh(path.covariance)
    return _Problem(weights + least, free, bent.T, vectors * np.sqrt(np.maximum(values, 0.0)))


def _line_and_bends(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """How a slope (k) and each bend (k × bends) move the paths' difference, which is zero at the omitted event time."""
    times = np.sort(np.append(path.event, path.omitted))
    gaps = np.diff(times)
    between = np.array([(one + other) / 2 for one, other in pairwise(gaps)])
    slopes = np.hstack([np.ones((len(gaps), 1)), np.tril(np.ones((len(gaps), len(gaps) - 1)), -1) * between])
    course = np.vstack([np.zeros(slopes.shape[1]), np.cumsum(slopes * gaps[:, None], axis=0)])
    course -= course[np.searchsorted(times, path.omitted)]
    course = course[np.searchsorted(times, path.event)]
    return course[:, 0], course[:, 1:]


def _shortest(problem: _Problem, bend: float, level: float, near: np.ndarray | None = None) -> np.ndarray:
    """The combination whose interval is shortest: a convex problem in z and the sizes of the bends’ parts.

    The search starts at the combination ``near``.
    """
    from scipy.optimize import minimize

    least = _least_error(problem)
    scale = problem.error(least)
    if bend == 0 or not problem.free.shape[1] or scale == 0:
        return least
    many, parts = problem.free.shape[1], len(problem.bends)
    moved = problem.bends @ problem.free

    def half(point: np.ndarray) -> tuple[float, np.ndarray]:
        combination = least + problem.free @ point[:many]
        error, bias = problem.error(combination), bend * float(point[many:].sum())
        off = max(bias, 0.0) / error
        c = folded_quantile(off, level)
        slope = _slope(c, off)
        by_error = problem.free.T @ (problem.root @ (problem.root.T @ combination)) / error
        gradient = np.concatenate([(c - off * slope) * by_error, np.full(parts, slope * bend)])
        return error * c / scale, gradient / scale

    at, sizes = problem.bends @ least, np.eye(parts)
    jacobian = np.block([[-moved, sizes], [moved, sizes]])
    above = {
        "type": "ineq",
        "fun": lambda point: np.concatenate(
            [point[many:] - at - moved @ point[:many], point[many:] + at + moved @ point[:many]]
        ),
        "jac": lambda _: jacobian,
    }
    first = np.zeros(many) if near is None else problem.free.T @ (near - least)
    start = np.concatenate([first, np.abs(at + moved @ first)])
    options = {"maxiter": 2_000, "ftol": FINE}
    found = minimize(half, start, jac=True, method="SLSQP", constraints=[above], options=options)
    made = least + problem.free @ found.x[:many]

    def length(one: np.ndarray) -> float:
        return _half(problem.error(one), bend * problem.bias(one), level)

    return made if length(made) < length(least) else least


def _slope(c: float, off: float) -> float:
    """The derivative of the folded quantile by how far off the normal is."""
    above, below = np.exp(-((c - off) ** 2) / 2), np.exp(-((c + off) ** 2) / 2)
    return float((above - below) / (above + below))


def _least_error(problem: _Problem) -> np.ndarray:
    """Where the standard error alone is smallest."""
    if not problem.free.shape[1]:
        return problem.fixed
    spread = problem.root.T @ problem.free
    moved = np.linalg.lstsq(spread, -problem.root.T @ problem.fixed, rcond=None)[0]
    return np.asarray(problem.fixed + problem.free @ moved)
