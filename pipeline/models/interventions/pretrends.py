"""Were the groups on parallel paths before? A joint test, what it could have seen, and bounds if they were not.

Roth (2022), American Economic Review: Insights 4, 305–322: a test that finds nothing may have had no power: the slopes
of a linear difference in trends that it would find in half, and in four fifths, of all samples.

Rambachan & Roth (2023), Review of Economic Studies 90, 2555–2591, relative magnitudes: between two neighbouring waves
after the start the paths diverge by at most M times what they did at most between two neighbouring waves before.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from math import isqrt, sqrt

import numpy as np

from pipeline.models.interventions.normal import density, increasing_root, normal, normal_quantile

POWERS = (0.5, 0.8)
MAGNITUDES = (0.5, 1.0, 1.5, 2.0)
LARGEST = 1e4


@dataclass(frozen=True)
class Path:
    """Estimates (k) by event time (k, rising) with their covariance; ``omitted``: the event time that they are against.

    ``anticipation``: event times from its negative on count as after the start. ``df``: of t, infinite for the normal.
    """

    event: np.ndarray
    estimates: np.ndarray
    covariance: np.ndarray
    omitted: float
    df: float = np.inf
    anticipation: float = 0.0

    @property
    def before(self) -> np.ndarray:
        return np.asarray(self.event < -self.anticipation)


@dataclass(frozen=True)
class JointTest:
    """F (chi-squared over its degrees of freedom where ``df`` is infinite) that all leads are zero."""

    statistic: float
    k: int
    df: float
    p_value: float


def joint_test(path: Path) -> JointTest:
    """Whether all estimates before the start are zero. Raises numpy's LinAlgError for a singular covariance."""
    from scipy.special import chdtrc, fdtrc

    lead = path.estimates[path.before]
    covariance = path.covariance[np.ix_(path.before, path.before)]
    if np.linalg.matrix_rank(covariance, tol=1e-10 * np.trace(covariance), hermitian=True) < len(lead):
        raise np.linalg.LinAlgError("singular")
    wald, k = float(lead @ np.linalg.solve(covariance, lead)), len(lead)
    p = chdtrc(k, wald) if np.isinf(path.df) else fdtrc(k, path.df, wald / k)
    return JointTest(wald / k, k, path.df, float(p))


def detectable_slope(path: Path, power: float, level: float = 0.05) -> float:
    """The slope (per unit of time) of a linear difference in trends that the joint test finds with this power."""
    from scipy.optimize import brentq
    from scipy.stats import f, ncf, ncx2

    trend = (path.event - path.omitted)[path.before]
    covariance = path.covariance[np.ix_(path.before, path.before)]
    information = float(trend @ np.linalg.solve(covariance, trend))
    k = len(trend)
    if np.isinf(path.df):
        from scipy.special import chdtri

        critical = float(chdtri(k, level))
        noncentral = brentq(lambda size: ncx2.sf(critical, k, size) - power, 1e-9, 1e4)
    else:
        critical = float(f.isf(level, k, path.df))
        noncentral = brentq(lambda size: ncf.sf(critical, k, path.df, size) - power, 1e-9, 1e5)
    return float(np.sqrt(noncentral / information))


def slope_seen(path: Path, power: float, level: float = 0.05) -> float:
    """The slope at which any lead is significant by itself with this power (R: pretrends, ``slope_for_power``)."""
    from scipy.optimize import brentq
    from scipy.special import ndtri

    trend = (path.event - path.omitted)[path.before]
    covariance = path.covariance[np.ix_(path.before, path.before)]
    errors = np.sqrt(np.diag(covariance))
    drawn = _quasi_random((covariance / np.outer(errors, errors)).tobytes())
    bound = float(ndtri(1 - level / 2))
    ends = (np.array([[-bound], [bound]])[:, :, None] - drawn) / (trend / errors)  # slopes that leave a lead at an end
    low, high = ends.min(axis=0).max(axis=1), ends.max(axis=0).min(axis=1)

    def missed(slope: float) -> float:
        return np.count_nonzero((low <= slope) & (slope <= high)) / len(drawn) - (1 - power)

    top = (bound + 6) * float(np.min(errors / np.abs(trend)))
    return float(brentq(missed, 0.0, top, xtol=top * 1e-6)) if missed(0.0) > 0 else 0.0


@lru_cache(maxsize=4)
def _quasi_random(held: bytes) -> np.ndarray:
    """Evenly spread normals (2¹⁴ × k) of the correlation (k × k) in these bytes, always the same ones."""
    from scipy.stats import qmc

    flat = np.frombuffer(held)
    correlation = flat.reshape(isqrt(len(flat)), -1)
    return np.asarray(qmc.MultivariateNormalQMC(np.zeros(len(correlation)), correlation, rng=2022).random(2**14))


def average_weights(path: Path) -> np.ndarray:
    """Equal weights of all event times from the start on."""
    after = ~path.before
    return np.asarray(after / after.sum())


def first_weights(path: Path) -> np.ndarray:
    """All weight on the first event time from the start on."""
    first = np.zeros(len(path.event))
    first[int(np.argmax(~path.before))] = 1.0
    return first


@dataclass(frozen=True)
class Bounds:
    """With parallel trends violated by at most ``magnitude``: the estimates that are possible, and their interval."""

    magnitude: float
    lower: float
    upper: float
    conf_low: float
    conf_high: float


def relative_magnitudes(path: Path, weights: np.ndarray, magnitude: float, level: float = 0.05) -> Bounds:
    """Bounds for the effect ``weights`` (k, zero before the start) if divergence is at most M times that before.

    The bias lies within M · C · m, m the largest divergence between neighbouring waves before (per unit of time) and C
    what one such step adds to the effect. For each step before and each sign that may be the largest, the effect meets
    two moment inequalities; their intervals have the least favourable critical value, and the union over steps covers
    the effect in at least 1 − ``level`` of all samples (Andrews, Roth & Pakes 2023). HonestDiD's hybrid test may give
    shorter intervals. Raises ValueError without two neighbouring waves before the start.
    """
    steps, reach = _steps(path), _reach(path, weights) * magnitude
    effect = float(weights @ path.estimates)
    lows, highs = [], []
    for step in steps:
        ways = [weights - reach * step, weights + reach * step]
        errors = [float(np.sqrt(way @ path.covariance @ way)) for way in ways]
        ends = [float(way @ path.estimates) for way in ways]
        critical = _critical(-float(ways[0] @ path.covariance @ ways[1]) / (errors[0] * errors[1]), level)
        for lower, upper in ((0, 1), (1, 0)):
            low, high = ends[lower] - critical * errors[lower], ends[upper] + critical * errors[upper]
            if low <= high:
                lows.append(low)
                highs.append(high)
    largest = reach * float(np.max(np.abs(steps @ path.estimates)))
    return Bounds(magnitude, effect - largest, effect + largest, min(lows), max(highs))


def breakdown(path: Path, weights: np.ndarray, level: float = 0.05) -> float:
    """The largest M at which the interval still leaves out zero: 0 if it never does, infinite if it always does."""
    from scipy.optimize import brentq

    def beyond(magnitude: float) -> float:
        """How far the interval lies from zero, below zero where it holds it."""
        found = relative_magnitudes(path, weights, magnitude, level)
        return max(found.conf_low, -found.conf_high)

    if beyond(0.0) <= 0:
        return 0.0
    low, high = 0.0, 1.0
    while beyond(high) > 0:
        low, high = high, high * 2
        if high > LARGEST:
            return np.inf
    return float(brentq(beyond, low, high, xtol=1e-9))


def _steps(path: Path) -> np.ndarray:
    """Rows that take the divergence per unit of time between neighbouring event times before, with the omitted."""
    place = [(path.omitted, -1), *((event, index) for index, event in enumerate(path.event) if path.before[index])]
    ordered = sorted(place)
    if len(ordered) < 2:
        raise ValueError("no two neighbouring waves before the start")
    rows = []
    for (early, first), (late, second) in pairwise(ordered):
        row = np.zeros(len(path.event))
        if second >= 0:
            row[second] += 1 / (late - early)
        if first >= 0:
            row[first] -= 1 / (late - early)
        rows.append(row)
    return np.array(rows)


def _reach(path: Path, weights: np.ndarray) -> float:
    """C: by how much the effect moves at most if each step after the start diverges by one per unit of time."""
    after = ~path.before
    event, share = path.event[after], weights[after]
    before = max([path.omitted, *path.event[path.before]])
    gaps = np.diff(np.concatenate([[before], event]))
    still = np.cumsum(share[::-1])[::-1]
    return float(np.sum(np.abs(still) * gaps))


def _critical(correlation: float, level: float) -> float:
    """c with P(max(z1, z2) ≤ c) = 1 − level, for two normals of this correlation: by Owen's T."""
    from scipy.special import owens_t

    rho = min(max(float(correlation), -1.0), 1.0)
    low, high = -normal_quantile(level), -normal_quantile(level / 2)
    if rho > 1 - 1e-9:
        return low
    if rho < -1 + 1e-9:
        return high
    ratio = sqrt((1 - rho) / (1 + rho))
    return increasing_root(
        lambda c: normal(c) - 2 * float(owens_t(c, ratio)) - (1 - level),
        lambda c: 2 * density(c) * normal(c * ratio),
        low - 1e-9,
        high + 1e-9,
    )
