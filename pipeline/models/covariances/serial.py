"""Covariances for errors that depend on each other over time: Newey–West and Driscoll–Kraay."""

from __future__ import annotations

import numpy as np

from pipeline.errors import ModelError
from pipeline.models.covariances.problem import LeastSquares, sums_by


def newey_west(
    problem: LeastSquares,
    times: np.ndarray,
    units: np.ndarray | None = None,
    *,
    lags: int | None = None,
    prewhite: bool = False,
    adjust: bool = False,
) -> tuple[np.ndarray, int]:
    """The covariance with Bartlett weights 1 − l/(L + 1) within each unit (Newey & West 1987), and L.

    ``times`` (n) are periods 0, 1, 2 …; a lag is so many periods, whatever rows are missing. One unit, or None:
    ``sandwich::NeweyWest``; ``lags`` None is its automatic choice (Newey & West 1994), ``prewhite`` its VAR(1), and
    ``adjust`` n/(n−k). Several: plm's ``vcovNW``, whose choice is the fourth root of the longest series' length.

    Raises ModelError where periods repeat within a unit, for prewhitening of several, and for as many lags as periods.
    """
    units = np.zeros(problem.n_obs, dtype=np.int64) if units is None else units
    single = int(units.max()) == 0
    key = units * (int(times.max()) + 1) + times
    order = np.argsort(key, kind="stable")
    if np.any(np.diff(key[order]) == 0):
        raise ModelError("a period more than once in a series", where="times", todo="Give one row per unit and time.")
    if prewhite and not single:
        raise ModelError("prewhitening is of one series", where="prewhite", todo="Leave it out.")
    if not single:
        longest = int(np.bincount(units).max())
        lags = _checked(int(longest**0.25) if lags is None else lags, longest)
        middle = _bartlett(problem.scores[order], units[order], times[order], lags)
    else:
        columns = problem.scores[order] @ np.linalg.inv(problem.back)
        chosen = int(bandwidth(columns, problem, prewhite=prewhite)) if lags is None else lags
        lags = _checked(chosen, problem.n_obs)
        middle = _one_series(problem.scores[order], times[order], lags, prewhite=prewhite)
    factor = problem.n_obs / (problem.n_obs - problem.n_terms) if adjust else 1.0
    return problem.covariance(middle * factor), lags


def driscoll_kraay(
    problem: LeastSquares, times: np.ndarray, *, lags: int | None = None, adjust: bool = False
) -> tuple[np.ndarray, int]:
    """The covariance of errors that depend on each other across units and over time (Driscoll & Kraay 1998), and L.

    Newey–West of the sums of scores of each period: plm's ``vcovSCC``, whose choice of ``lags`` is the fourth root of
    the number of periods. It is meant for many periods. Raises ModelError for as many lags as periods.
    """
    sums = sums_by(problem.scores, times)
    lags = _checked(int(len(sums) ** 0.25) if lags is None else lags, len(sums))
    middle = _bartlett(sums, np.zeros(len(sums), dtype=np.int64), np.arange(len(sums)), lags)
    factor = problem.n_obs / (problem.n_obs - problem.n_terms) if adjust else 1.0
    return problem.covariance(middle * factor), lags


def _checked(lags: int, periods: int) -> int:
    if not 0 <= lags < periods:
        raise ModelError(f"{lags} lags of a series of {periods}", where="lags", todo="Take fewer lags than periods.")
    return lags


def _bartlett(scores: np.ndarray, units: np.ndarray, times: np.ndarray, lags: int) -> np.ndarray:
    """Σ_l w_l Σ s_t s_{t−l}' + its transpose, of rows sorted by unit and time."""
    span = int(times.max()) + 1 + lags
    key = units * span + times
    middle = scores.T @ scores
    for lag in range(1, lags + 1):
        place = np.searchsorted(key, key - lag)
        found = np.flatnonzero(key[np.minimum(place, len(key) - 1)] == key - lag)
        product = scores[found].T @ scores[place[found]]
        middle = middle + (1 - lag / (lags + 1)) * (product + product.T)
    return np.asarray(middle)


def _one_series(scores: np.ndarray, times: np.ndarray, lags: int, *, prewhite: bool) -> np.ndarray:
    """``sandwich::meatHAC`` times n: after a VAR(1) of the scores, if asked for."""
    if not prewhite:
        return _bartlett(scores, np.zeros(len(scores), dtype=np.int64), times, lags)
    left, turn = _whitened(scores)
    middle = _bartlett(left, np.zeros(len(left), dtype=np.int64), np.arange(len(left)), lags)
    return np.asarray(turn @ middle @ turn.T)


def _whitened(scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Residuals of a first-order vector autoregression without intercept, and (I − A)⁻¹."""
    before, after = scores[:-1], scores[1:]
    slopes = np.linalg.lstsq(before, after, rcond=None)[0]
    return after - before @ slopes, np.linalg.inv(np.eye(scores.shape[1]) - slopes.T)


def bandwidth(columns: np.ndarray, problem: LeastSquares, *, prewhite: bool) -> float:
    """Newey & West's (1994) choice for Bartlett weights from the scores (n × k) in the terms' own units.

    ``sandwich::bwNeweyWest``: the sum of the scores of all terms but the intercept.
    """
    n = len(columns)
    matrix = problem.basis @ np.linalg.inv(problem.back)
    constant = np.ptp(matrix, axis=0) <= 1e-12 * np.abs(matrix).max(axis=0)
    counted = ~constant if not constant.all() else np.ones(len(constant), dtype=bool)
    if prewhite:
        columns = _whitened(columns)[0]
    total = columns @ counted.astype(float)
    last = int((3 if prewhite else 4) * (n / 100) ** (2 / 9))
    sigma = np.array([total[: len(total) - lag] @ total[lag:] for lag in range(last + 1)]) / len(total)
    level, slope = sigma[0] + 2 * sigma[1:].sum(), 2 * np.arange(1, last + 1) @ sigma[1:]
    return float(1.1447 * ((slope / level) ** 2) ** (1 / 3) * n ** (1 / 3))
