"""How much true effects differ: tau squared by each estimator, and its Q-profile interval.

All on arrays: effects ``y`` (k), sampling variances ``v`` (k), design ``X`` (k, p). Solved to convergence, not to a
number of steps: a likelihood is searched over its whole range, since with few effects it can have two tops.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating[Any]]
POINTS = 80
"""Of the grid on which the top of a likelihood is looked for, before it is solved for."""


@dataclass(frozen=True)
class Weighted:
    """A weighted fit of the effects at one value of tau squared: w = 1 / (v + tau²)."""

    coefficients: Array
    covariance: Array
    weights: Array
    residuals: Array
    trace: float
    """Of P = W - W X (X'WX)⁻¹ X'W."""
    log_determinants: tuple[float, float]
    """Of M = diag(v + tau²), and of X'WX."""

    @property
    def q(self) -> float:
        """The weighted sum of squared residuals, y'Py."""
        return float((self.weights * self.residuals**2).sum())


def sizes(X: Array) -> tuple[int, int]:
    """How many effects, and how many coefficients."""
    return int(X.shape[0]), int(X.shape[1])


def weighted(y: Array, v: Array, X: Array, tau2: float = 0.0) -> Weighted:
    """The fit by weights 1 / (v + tau²)."""
    w = 1.0 / (v + tau2)
    inner = X.T @ (w[:, None] * X)
    covariance = np.linalg.inv(inner)
    coefficients = covariance @ (X.T @ (w * y))
    trace = float(w.sum() - np.einsum("ij,ji->", covariance, X.T @ ((w**2)[:, None] * X)))
    determinants = (-float(np.log(w).sum()), float(np.linalg.slogdet(inner)[1]))
    return Weighted(coefficients, covariance, w, y - X @ coefficients, trace, determinants)


def log_likelihood(y: Array, v: Array, X: Array, tau2: float, *, restricted: bool) -> float:
    """The (restricted) log likelihood, with the constants of metafor's ``logLik``."""
    k, p = sizes(X)
    fit = weighted(y, v, X, tau2)
    value = fit.log_determinants[0] + fit.q
    if not restricted:
        return -0.5 * (k * math.log(2 * math.pi) + value)
    own = float(np.linalg.slogdet(X.T @ X)[1])
    return -0.5 * ((k - p) * math.log(2 * math.pi) + value + fit.log_determinants[1] - own)


def dersimonian_laird(y: Array, v: Array, X: Array) -> float:
    """The moment estimator, zero where it would be negative."""
    k, p = sizes(X)
    fit = weighted(y, v, X)
    return max((fit.q - (k - p)) / fit.trace, 0.0)


def paule_mandel(y: Array, v: Array, X: Array) -> float:
    """The value at which the weighted sum of squares equals its degrees of freedom; zero if it starts below them."""
    return profiled(y, v, X, float(X.shape[0] - X.shape[1]))


def profiled(y: Array, v: Array, X: Array, target: float) -> float:
    """The tau squared at which Q(tau²), which falls in tau², equals ``target``; zero where it starts below."""
    return _root(lambda tau2: weighted(y, v, X, tau2).q - target, _scale(y, v, X))


def restricted_likelihood(y: Array, v: Array, X: Array) -> float:
    """REML: the top of the restricted likelihood."""
    return _top(y, v, X, restricted=True)


def maximum_likelihood(y: Array, v: Array, X: Array) -> float:
    """ML: the top of the likelihood."""
    return _top(y, v, X, restricted=False)


def hedges(y: Array, v: Array, X: Array) -> float:
    """The moment estimator without weights (Hedges; Cochran's ANOVA), zero where it would be negative."""
    fit = weighted(y, np.ones(len(y)), X)
    return max((fit.q - float(np.diag(_projection(np.ones(len(y)), X)) @ v)) / fit.trace, 0.0)


def sidik_jonkman(y: Array, v: Array, X: Array) -> float:
    """Sidik and Jonkman (2005), from the variance of the effects as a first guess; never zero."""
    k, p = sizes(X)
    first = float(y.var())
    return first * weighted(y, v, X, first).q / (k - p) if first > 0 else 0.0


def hunter_schmidt(y: Array, v: Array, X: Array) -> float:
    """Schmidt and Hunter's estimator, which is too low where effects are few; zero where it would be negative."""
    fit = weighted(y, v, X)
    return max((fit.q - len(y)) / float(fit.weights.sum()), 0.0)


ESTIMATORS: dict[str, Callable[[Array, Array, Array], float]] = {
    "REML": restricted_likelihood,
    "ML": maximum_likelihood,
    "DL": dersimonian_laird,
    "PM": paule_mandel,
    "EB": paule_mandel,  # Morris' empirical Bayes estimator solves the same equation
    "HE": hedges,
    "SJ": sidik_jonkman,
    "HS": hunter_schmidt,
    "FE": lambda _y, _v, _X: 0.0,
}
"""Name → the estimator of tau squared. ``FE``: one effect for all."""


def standard_error(y: Array, v: Array, X: Array, tau2: float, method: str) -> float | None:
    """Of tau squared, from the information (REML, ML) or the variance of its moment equation, as metafor's."""
    if method == "FE":
        return None
    k, p = sizes(X)
    at = {"DL": 0.0, "HS": 0.0, "SJ": float(y.var())}.get(method, tau2)
    w = np.ones(k) if method == "HE" else 1.0 / (v + at)
    if method == "ML":
        return math.sqrt(2.0 / float((w**2).sum()))
    if method in ("PM", "EB"):
        return math.sqrt(2.0 * k**2 / (k - p)) / float(w.sum())
    P = _projection(w, X)
    if method == "REML":
        return math.sqrt(2.0 / float((P * P).sum()))
    # each solves y'Py = a + b tau²: the variance of y'Py, of which v and tau² are the parts, over b
    slope = {"HE": float(k - p), "SJ": (k - p) / at if at > 0 else math.inf, "HS": float(w.sum())}.get(method)
    spread = P @ np.diag(v + tau2)
    return math.sqrt(2.0 * float((spread * spread.T).sum())) / (slope or float(np.trace(P)))


def _projection(w: Array, X: Array) -> Array:
    """P = W - W X (X'WX)⁻¹ X'W."""
    made: Array = np.diag(w) - (w[:, None] * X) @ np.linalg.inv(X.T @ (w[:, None] * X)) @ (X.T * w)
    return made


def q_profile(y: Array, v: Array, X: Array, confidence: float) -> tuple[float, float, bool]:
    """The interval of tau squared (Viechtbauer 2007), and whether no value of it is compatible with the effects.

    It holds the values at which Q(tau²) is between the quantiles of chi squared. Where effects are more alike than any
    value allows, both ends are zero and the flag is set.
    """
    from scipy.stats import chi2

    df = X.shape[0] - X.shape[1]
    half = (1 - confidence) / 2
    low, high = float(chi2.isf(half, df)), float(chi2.ppf(half, df))
    start = weighted(y, v, X).q
    if start < high:
        return 0.0, 0.0, True
    return profiled(y, v, X, low), profiled(y, v, X, high), False


def _top(y: Array, v: Array, X: Array, *, restricted: bool) -> float:
    """Where the likelihood is highest: the best point of a grid, then the root of the score between its neighbours."""
    from scipy.optimize import brentq

    def score(tau2: float) -> float:
        fit = weighted(y, v, X, tau2)
        squares = float(((fit.weights * fit.residuals) ** 2).sum())
        return squares - (fit.trace if restricted else float(fit.weights.sum()))

    largest = _scale(y, v, X)
    while score(largest) > 0:
        largest *= 4
    grid = np.concatenate([[0.0], np.geomspace(1e-9 * largest, largest, POINTS)])
    best = int(np.argmax(_heights(y, v, X, grid, restricted=restricted)))
    low, high = float(grid[max(best - 1, 0)]), float(grid[min(best + 1, len(grid) - 1)])
    if score(low) <= 0:  # the likelihood falls from here on: the top is at the boundary
        return low if low == 0.0 else float(grid[best])
    if score(high) >= 0:
        return float(grid[best])
    return float(brentq(score, low, high, xtol=1e-16 * largest + 1e-300, rtol=1e-14, maxiter=500))


def _heights(y: Array, v: Array, X: Array, grid: Array, *, restricted: bool) -> Array:
    """The (restricted) log likelihood but for constants, at every point of a grid at once."""
    w = 1.0 / (v + grid[:, None])
    inner = np.einsum("gk,kp,kq->gpq", w, X, X)
    coefficients = np.linalg.solve(inner, np.einsum("gk,kp,k->gp", w, X, y)[..., None])[..., 0]
    q = (w * (y - coefficients @ X.T) ** 2).sum(axis=1)
    value = q - np.log(w).sum(axis=1)
    heights: Array = -0.5 * (value + np.linalg.slogdet(inner)[1] if restricted else value)
    return heights


def _root(function: Callable[[float], float], scale: float) -> float:
    """The root of a function that falls; zero if it is not above zero there."""
    from scipy.optimize import brentq

    if function(0.0) <= 0:
        return 0.0
    high = scale
    while function(high) > 0:
        high *= 4
    return float(brentq(function, 0.0, high, xtol=1e-16 * high + 1e-300, rtol=1e-14, maxiter=500))


def _scale(y: Array, v: Array, X: Array) -> float:
    """A value that tau squared will hardly exceed: the variance of the effects around their fit, and of sampling."""
    residuals = y - X @ np.linalg.lstsq(X, y, rcond=None)[0]
    return float((residuals**2).sum() / (X.shape[0] - X.shape[1]) + v.max())
