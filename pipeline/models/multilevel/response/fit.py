"""The maximised likelihood of a mixed model of a binary or ordered outcome."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from pipeline.errors import ModelError
from pipeline.models.multilevel.gaussian.random import Factor, Random, factors
from pipeline.models.multilevel.response.modes import (
    INVERTED,
    Modes,
    OneGrouping,
    SeveralGroupings,
    laplace_slopes,
    laplace_slopes_of_several,
)
from pipeline.models.multilevel.response.outcomes import Outcome
from pipeline.models.multilevel.response.quadrature import quadrature

FARTHEST = 30.0
"""A fixed part beyond this is a probability of 0 or 1 to thirteen digits: the outcomes are separated."""
SINGULAR = 1e-4
TOO_FLAT = 1e-5
"""A diagonal element of Λ below this: the gradient of several groupings would divide by it."""
CONVERGED = 1e-4
"""The expected gain of another Newton step, in units of deviance, below which a maximum is reached."""


class Likelihood:
    """The deviance as a function of (fixed effects of the basis, the outcome's own parameters, θ)."""

    def __init__(self, outcome: Outcome, matrix: np.ndarray, random: list[Random], points: int) -> None:
        self.outcome, self.matrix, self.points = outcome, matrix, points
        self.factors: tuple[Factor, ...] = factors(random)
        self.one = len(self.factors) == 1
        if points > 1 and not (self.one and self.factors[0].q == 1):
            raise ModelError(
                "adaptive quadrature is of one random effect a group", where="points", todo="Leave `points` out."
            )
        self.groups: Any = (
            OneGrouping(self.factors[0], outcome) if self.one else SeveralGroupings(self.factors, outcome)
        )
        self.p, self.n_cuts = matrix.shape[1], outcome.n_cuts
        self._last: tuple[np.ndarray, Modes, Any] | None = None

    @property
    def n_theta(self) -> int:
        return sum(factor.size for factor in self.factors)

    def start(self) -> np.ndarray:
        own = [term.start for factor in self.factors for term in factor.terms]
        return np.concatenate([np.zeros(self.p), self.outcome.start(), *own])

    def split(self, point: np.ndarray) -> tuple[np.ndarray, np.ndarray, list[np.ndarray]]:
        """Fixed effects, the outcome's parameters, θ of each grouping."""
        fixed, cuts, theta = np.split(point, [self.p, self.p + self.n_cuts])
        ends = np.cumsum([factor.size for factor in self.factors])
        return fixed, cuts, np.split(theta, ends[:-1])

    def modes(self, point: np.ndarray) -> tuple[Modes, Any]:
        """The modes at a point, and Λ."""
        if self._last is not None and np.array_equal(self._last[0], point):
            return self._last[1], self._last[2]
        fixed, cuts, theta = self.split(point)
        made = [factor.factor(own) for factor, own in zip(self.factors, theta, strict=True)]
        spread: Any = made[0] if self.one else made
        start = None if self._last is None else self._last[1].effects
        modes = self.groups.at(self.matrix @ fixed, cuts, spread, start)
        self._last = point.copy(), modes, spread
        return modes, spread

    def deviance(self, point: np.ndarray) -> float:
        """−2 log-likelihood, by Laplace's approximation or quadrature; infinite where rows are impossible."""
        fixed, cuts, _ = self.split(point)
        if not np.abs(self.matrix @ fixed).max() < 1e3:
            return np.inf
        modes, spread = self.modes(point)
        if self.points == 1:
            return modes.deviance
        return quadrature(self.groups, modes, self.matrix @ fixed, cuts, spread, self.points)[0]

    def closed(self, point: np.ndarray) -> bool:
        """Whether the gradient has a closed form there that is worth its matrices."""
        if not all(factor.linear for factor in self.factors):
            return False
        if self.one:
            return True
        effects = sum(factor.n_groups * factor.q for factor in self.factors[1:])
        theta = self.split(point)[2]
        flat = min(np.abs(np.diag(one.factor(own))).min() for one, own in zip(self.factors, theta, strict=True))
        return len(self.matrix) * effects <= INVERTED and bool(flat > TOO_FLAT)

    def gradient(self, point: np.ndarray) -> np.ndarray:
        """In closed form, but for very many effects of several groupings: differences there."""
        if self.closed(point):
            return self._slopes(point)
        found = np.empty(len(point))
        for k in range(len(point)):
            step = np.zeros(len(point))
            step[k] = 1e-4
            found[k] = (self.deviance(point + step) - self.deviance(point - step)) / 2e-4
        return found

    def _slopes(self, point: np.ndarray) -> np.ndarray:
        fixed, cuts, _ = self.split(point)
        modes, spread = self.modes(point)
        if self.points > 1:
            linear = self.matrix @ fixed
            _, by_row, by_scale, by_edges = quadrature(self.groups, modes, linear, cuts, spread, self.points)
            by_fixed, by_theta = self.matrix.T @ by_row, np.array([by_scale])
        elif self.one:
            by_fixed, by_factor, by_edges = laplace_slopes(self.groups, modes, spread, self.matrix)
            by_theta = self.factors[0].by_theta(by_factor)
        else:
            by_fixed, each, by_edges = laplace_slopes_of_several(self.groups, modes, spread, self.matrix)
            by_theta = np.concatenate([one.by_theta(own) for one, own in zip(self.factors, each, strict=True)])
        return np.concatenate([by_fixed, self.outcome.by_cuts(by_edges, cuts), by_theta])

    def hessian(self, point: np.ndarray) -> np.ndarray:
        """Second derivatives: differences of the gradient, by central steps."""
        size = len(point)
        found = np.empty((size, size))
        for k in range(size):
            step = np.zeros(size)
            step[k] = 1e-3
            ends = [self.gradient(point + sign * step) for sign in (1, -1)]
            found[k] = (ends[0] - ends[1]) / 2e-3
        return (found + found.T) / 2


@dataclass(frozen=True)
class ResponseFit:
    """The point of the highest likelihood, and the deviance's second derivatives there."""

    likelihood: Likelihood
    point: np.ndarray
    deviance: float
    hessian: np.ndarray

    @property
    def log_likelihood(self) -> float:
        return -self.deviance / 2

    @cached_property
    def covariance(self) -> np.ndarray:
        """Of all parameters: twice the inverse of the second derivatives, where these are positive."""
        values, vectors = np.linalg.eigh(self.hessian)
        seen = values > 1e-8 * values.max()
        return np.asarray(2 * (vectors[:, seen] / values[seen]) @ vectors[:, seen].T)

    @cached_property
    def terms(self) -> tuple[tuple[Random, np.ndarray], ...]:
        """Each random term with its θ."""
        theta = self.likelihood.split(self.point)[2]
        return tuple(
            pair
            for factor, own in zip(self.likelihood.factors, theta, strict=True)
            for pair in zip(factor.terms, factor.split(own), strict=True)
        )

    @cached_property
    def singular(self) -> tuple[Random, ...]:
        """The terms whose covariance has no inverse."""
        found = []
        for term, own in self.terms:
            if np.linalg.svd(term.factor(own), compute_uv=False)[-1] < SINGULAR:
                found.append(term)
        return tuple(found)


def maximise(
    outcome: Outcome, matrix: np.ndarray, random: list[Random], points: int = 1, start: np.ndarray | None = None
) -> ResponseFit:
    """The fit. ``matrix`` (n × p) has columns of size about one; ``points`` of quadrature, 1 is Laplace's.

    Raises ModelError where the fixed terms separate the outcomes, or no maximum is found.
    """
    from scipy.optimize import minimize

    likelihood = Likelihood(outcome, matrix, random, points)
    with np.errstate(all="ignore"):
        found = minimize(
            likelihood.deviance,
            likelihood.start() if start is None else start,
            jac=likelihood.gradient,
            method="BFGS",
            options={"gtol": 1e-3, "maxiter": 300},
        )
        point = np.asarray(found.x)
        if not np.abs(matrix @ point[: likelihood.p]).max() <= FARTHEST:
            raise ModelError(
                "the terms separate the outcomes completely, so that the odds have no finite estimate",
                count=len(matrix),
                todo="Leave out the term that does, or merge its categories.",
            )
        point, hessian = _by_newton(likelihood, point)
    upright = _upright(likelihood, point)
    if not np.array_equal(upright, point):
        hessian = likelihood.hessian(upright)
    return ResponseFit(likelihood, upright, likelihood.deviance(upright), hessian)


def _by_newton(likelihood: Likelihood, point: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The point after Newton's steps, and the second derivatives there.

    Steps are shortened while the deviance would rise. Raises ModelError if they do not converge.
    """
    gain = np.inf
    for _ in range(6):
        slope, hessian = likelihood.gradient(point), likelihood.hessian(point)
        values, vectors = np.linalg.eigh(hessian)
        least = 1e-6 * max(1.0, float(np.abs(values).max()))
        step = -vectors @ ((vectors.T @ slope) / np.maximum(np.abs(values), least))
        gain, now = float(-slope @ step), likelihood.deviance(point)
        if gain < CONVERGED**2:
            return point, hessian
        share = 1.0
        while not likelihood.deviance(point + share * step) <= now + 1e-9 * abs(now) and share > 1e-3:
            share /= 2
        point = point + share * step
    if gain > CONVERGED:
        raise ModelError(
            "the likelihood has no maximum that can be found", todo="Leave out random slopes, or terms of few people."
        )
    return point, likelihood.hessian(point)


def _upright(likelihood: Likelihood, point: np.ndarray) -> np.ndarray:
    """The same Λ Λ' with a diagonal that is not negative."""
    fixed, cuts, theta = likelihood.split(point)
    parts = []
    for factor, own in zip(likelihood.factors, theta, strict=True):
        for term, values in zip(factor.terms, factor.split(own), strict=True):
            lower = term.factor(values)
            parts.append(term.by_theta(lower * np.where(np.diag(lower) < 0, -1.0, 1.0)))
    return np.concatenate([fixed, cuts, *parts])
