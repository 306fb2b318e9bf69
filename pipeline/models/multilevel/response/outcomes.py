"""Outcomes given the linear predictor: log density of each row, and its derivatives.

Both are log-concave in the linear predictor η, so that the random effects have one mode.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np


@dataclass(frozen=True)
class Edges:
    """Of each row, by the upper and by the lower threshold of its category (2 × rows): derivatives of the log density,
    of ``slope`` and of ``curvature``."""

    log: np.ndarray
    slope: np.ndarray
    curvature: np.ndarray


@dataclass(frozen=True)
class Density:
    """Of each row: log density, its derivative by η, minus its second derivative, and the derivative of that."""

    log: np.ndarray
    slope: np.ndarray
    curvature: np.ndarray
    change: np.ndarray
    edges: Edges | None = None


class Outcome(Protocol):
    """``cuts`` are parameters of its own, unbounded; none of a binary outcome."""

    @property
    def n_cuts(self) -> int: ...
    def start(self) -> np.ndarray: ...
    def at(self, eta: np.ndarray, cuts: np.ndarray) -> Density: ...
    def by_cuts(self, by_edges: np.ndarray, cuts: np.ndarray) -> np.ndarray:
        """The derivative by its own parameters from those by each row's edges (2 × rows)."""
        ...


def logistic(x: np.ndarray) -> np.ndarray:
    """1 / (1 + exp(−x)), without overflow."""
    from scipy.special import expit

    return np.asarray(expit(x))


@dataclass(frozen=True)
class Binary:
    """``ones`` of ``trials`` in each row, P = logistic(η)."""

    ones: np.ndarray
    trials: np.ndarray

    n_cuts = 0

    def start(self) -> np.ndarray:
        return np.empty(0)

    def by_cuts(self, by_edges: np.ndarray, cuts: np.ndarray) -> np.ndarray:  # noqa: ARG002  (it has none)
        return np.empty(0)

    @cached_property
    def constant(self) -> np.ndarray:
        """The logarithm of the binomial coefficient."""
        from scipy.special import gammaln

        return np.asarray(gammaln(self.trials + 1) - gammaln(self.ones + 1) - gammaln(self.trials - self.ones + 1))

    def at(self, eta: np.ndarray, cuts: np.ndarray) -> Density:  # noqa: ARG002  (it has none)
        chance = logistic(eta)
        curvature = self.trials * chance * (1 - chance)
        return Density(
            self.constant + self.ones * eta - self.trials * np.logaddexp(0.0, eta),
            self.ones - self.trials * chance,
            curvature,
            curvature * (1 - 2 * chance),
        )


@dataclass(frozen=True)
class Ordered:
    """A category 0 … K in each row: P(at most k) = logistic(cut_k − η). ``cuts``: the first, then logs of the steps."""

    category: np.ndarray
    n_categories: int

    @property
    def n_cuts(self) -> int:
        return self.n_categories - 1

    def start(self) -> np.ndarray:
        below = np.cumsum(np.bincount(self.category, minlength=self.n_categories))[:-1] / len(self.category)
        cuts = np.log(below / (1 - below))
        return np.concatenate([cuts[:1], np.log(np.diff(cuts))])

    @staticmethod
    def cuts(free: np.ndarray) -> np.ndarray:
        """The thresholds."""
        return np.concatenate([free[:1], free[0] + np.cumsum(np.exp(free[1:]))])

    def at(self, eta: np.ndarray, cuts: np.ndarray) -> Density:
        edges = np.concatenate([[-np.inf], self.cuts(cuts), [np.inf]])
        upper, lower = edges[self.category + 1] - eta, edges[self.category] - eta
        high, low = logistic(upper), logistic(lower)
        # log(F(upper) − F(lower)) without cancellation: F(u) − F(l) = F(u) (1 − F(l)) (1 − exp(l − u))
        inside = np.isfinite(upper) & np.isfinite(lower)
        gap = np.where(inside, -np.expm1(np.where(inside, lower - upper, -1.0)), 1.0)
        log = -np.logaddexp(0.0, -upper) - np.logaddexp(0.0, lower) + np.log(gap)
        first, second = high * (1 - high), low * (1 - low)
        bends = np.stack([first * (1 - 2 * high), second * (1 - 2 * low)])
        odds = np.where(inside, (1 - gap) / gap, 0.0)
        by_edge = Edges(np.stack([1 - high + odds, -low - odds]), np.stack([first, second]), bends)
        return Density(log, high + low - 1, first + second, -bends.sum(axis=0), by_edge)

    def by_cuts(self, by_edges: np.ndarray, cuts: np.ndarray) -> np.ndarray:
        size = self.n_categories
        upper, lower = (np.bincount(self.category, one, size) for one in by_edges)
        by_threshold = upper[:-1] + lower[1:]
        later = np.cumsum(by_threshold[::-1])[::-1]
        return np.concatenate([later[:1], later[1:] * np.exp(cuts[1:])])
