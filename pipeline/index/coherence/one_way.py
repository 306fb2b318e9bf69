"""Variance between and within areas: y_ij = μ + u_j + e_ij by restricted maximum likelihood, and how sure it is.

Given θ = τ²/σ² everything has a closed form, so that the likelihood is one of θ alone; its score is solved to machine
precision (as lme4's ``lmer(y ~ 1 + (1 | area))``, where weights are equal). With weights, an area counts with its Kish
effective number, its weighted mean and its weighted variance. The interval of θ is exact under normality however
unequal the areas are (Wald 1940; Seely & El-Bassiouni 1983): the between mean square at θ over the within mean
square is F.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import CohesionError

FloatArray = NDArray[np.float64]
LARGEST = 1e8
"""Beyond this ratio of the two variances people of an area do not differ."""


@dataclass(frozen=True)
class OneWay:
    """Both variances, their ratio with its interval, the mean, and means and effective numbers of the areas."""

    between: float
    within: float
    mean: float
    ratio: float
    ratio_low: float
    ratio_high: float
    means: FloatArray
    effective: FloatArray

    def reliability(self, number: FloatArray, ratio: float | None = None) -> FloatArray:
        """τ² / (τ² + σ²/n): of a mean of ``number`` people; ICC(1) for one, ICC(2) for an area's own."""
        theta = self.ratio if ratio is None else ratio
        return np.asarray(np.where(np.isinf(theta), 1.0, theta * number / (1 + theta * number)))


@dataclass(frozen=True)
class _Sums:
    number: FloatArray
    mean: FloatArray
    within: float

    @property
    def total(self) -> float:
        return float(self.number.sum())

    def at(self, theta: float) -> tuple[FloatArray, float, float]:
        """Weights n/(1 + nθ), the mean they give, and the weighted squares of areas about it."""
        weights = self.number / (1 + self.number * theta)
        mean = float(weights @ self.mean / weights.sum())
        return weights, mean, float(weights @ (self.mean - mean) ** 2)

    def score(self, theta: float) -> float:
        """The derivative of minus twice the restricted likelihood, σ² profiled out."""
        weights, mean, squares = self.at(theta)
        slope = float(weights**2 @ (self.mean - mean) ** 2)
        fit = (self.total - 1) * slope / (self.within + squares)
        return float(weights.sum() - (weights**2).sum() / weights.sum() - fit)

    def deviance(self, theta: float) -> float:
        weights, _, squares = self.at(theta)
        logs = np.log1p(self.number * theta).sum() + np.log(weights.sum())
        return float((self.total - 1) * np.log(self.within + squares) + logs)


def one_way(values: FloatArray, area: NDArray[np.int64], weights: FloatArray, confidence: float = 0.95) -> OneWay:
    """REML of a one-way random-effects model; ``area`` codes 0, 1, …

    Raises CohesionError for fewer than two areas, nobody beside another in an area, or no variance within areas.
    """
    sums = _sums(values, area, weights)
    areas = len(sums.number)
    freedom = sums.total - areas
    if areas < 2 or freedom <= 0:
        what = "fewer than two areas" if areas < 2 else "no area has two people"
        raise CohesionError(f"{what}: nothing between and within can be told apart", where="area", count=areas)
    if sums.within <= 1e-14 * max(float((values**2).sum()), 1e-300):
        raise CohesionError("people of an area do not differ", where="area")
    theta = _solved(sums)
    _, mean, squares = sums.at(theta)
    within = (sums.within + squares) / (sums.total - 1)
    low, high = _interval(sums, areas, freedom, confidence)
    return OneWay(theta * within, within, mean, theta, low, high, sums.mean, sums.number)


def _sums(values: FloatArray, area: NDArray[np.int64], weights: FloatArray) -> _Sums:
    total = np.bincount(area, weights=weights)
    mean = np.bincount(area, weights=weights * values) / total
    effective = total**2 / np.bincount(area, weights=weights**2)
    squares = np.bincount(area, weights=weights * (values - mean[area]) ** 2) / total
    return _Sums(effective, mean, float(effective @ squares))


def _solved(sums: _Sums) -> float:
    """θ at the highest restricted likelihood; zero where that is at the boundary."""
    from scipy.optimize import brentq

    grid = np.concatenate([[0.0], np.geomspace(1e-8, LARGEST, 200)])
    best = int(np.argmin([sums.deviance(theta) for theta in grid]))
    if best == 0 and sums.score(0.0) >= 0:
        return 0.0
    low, high = grid[max(best - 1, 0)], grid[min(best + 1, len(grid) - 1)]
    if sums.score(low) >= 0 or sums.score(high) <= 0:
        return float(grid[best])
    return float(brentq(sums.score, low, high, xtol=1e-300, rtol=8.9e-16))


def _interval(sums: _Sums, areas: int, freedom: float, confidence: float) -> tuple[float, float]:
    from scipy.stats import f

    def statistic(theta: float) -> float:
        return sums.at(theta)[2] / (areas - 1) / (sums.within / freedom)

    low = f.ppf((1 + confidence) / 2, areas - 1, freedom)
    high = f.ppf((1 - confidence) / 2, areas - 1, freedom)
    return _crossing(statistic, low), _crossing(statistic, high)


def _crossing(statistic: Callable[[float], float], level: float) -> float:
    """Where a falling function reaches a level; zero where it begins below it."""
    from scipy.optimize import brentq

    if statistic(0.0) <= level:
        return 0.0
    if statistic(LARGEST) > level:
        return float("inf")
    return float(brentq(lambda theta: statistic(theta) - level, 0.0, LARGEST, xtol=1e-14, rtol=1e-12))
