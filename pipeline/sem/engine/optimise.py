"""Maximum likelihood by scoring steps that turn into Newton steps, with a line search and a damped fallback."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from pipeline.sem.engine.data import GroupData
from pipeline.sem.engine.likelihood import Point, is_positive_definite
from pipeline.sem.engine.ram import Model

NEAR = 0.1  # expected gain in log-likelihood below which Newton steps replace scoring steps
DONE = 1e-14  # expected gain at which the top is reached: estimates then lie within 1e-6 standard errors of it
RIDGE = 1e-9


@dataclass(frozen=True)
class Place:
    """A model at its free parameters θ, with the point of the likelihood that each group then stands at."""

    model: Model
    theta: np.ndarray
    points: tuple[Point, ...]

    @classmethod
    def of(cls, model: Model, groups: Sequence[GroupData], theta: np.ndarray) -> Place:
        pairs = zip(model.groups, groups, strict=True)
        return cls(model, theta, tuple(Point(data, *part.implied(theta)) for part, data in pairs))

    @cached_property
    def value(self) -> float:
        """Log-likelihood; minus infinity where a covariance matrix is not positive definite."""
        total = 0.0
        for point in self.points:
            total += point.loglik
            if not np.isfinite(total):
                return -np.inf
        return total

    @cached_property
    def deltas(self) -> list[np.ndarray]:
        """∂ moments / ∂ θ by group."""
        return [part.jacobian(self.theta) for part in self.model.groups]

    @cached_property
    def score(self) -> np.ndarray:
        """Derivative of the log-likelihood by every free parameter θ, constraints not applied."""
        return np.asarray(
            np.sum([delta.T @ at.slope.vector for delta, at in zip(self.deltas, self.points, strict=True)], axis=0)
        )

    @cached_property
    def gradient(self) -> np.ndarray:
        """Derivative of the log-likelihood by x."""
        return np.asarray(self.model.basis.T @ self.score)

    def information(self, kind: str) -> np.ndarray:
        """Expected or observed information of x, summed over persons; observed is minus the exact Hessian."""
        basis = self.model.basis
        return np.asarray(basis.T @ self.theta_information(kind) @ basis)

    def theta_information(self, kind: str) -> np.ndarray:
        """Information of every free parameter, constraints not applied."""
        total = np.zeros((len(self.theta), len(self.theta)))
        for part, delta, at in zip(self.model.groups, self.deltas, self.points, strict=True):
            total += delta.T @ at.information_times(kind, delta)
            if kind == "observed":
                total -= part.curvature(self.theta, at.slope.mean, at.slope.covariance)
        return total


@dataclass(frozen=True)
class Optimum:
    """Where the search ended. ``gain`` is the rise of the log-likelihood that one more Newton step promises."""

    x: np.ndarray
    loglik: float
    gradient: np.ndarray
    gain: float
    iterations: int
    is_converged: bool
    place: Place | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True)
class Target:
    """The log-likelihood of a model on data, by its unconstrained parameters x."""

    model: Model
    groups: Sequence[GroupData]

    def at(self, x: np.ndarray) -> Place:
        return Place.of(self.model, self.groups, self.model.full(x))

    def value(self, x: np.ndarray) -> float:
        return self.at(x).value


def maximise(target: Target, x: np.ndarray, most: int = 200) -> Optimum:
    """Climb from x to the nearest top of the log-likelihood."""
    here, gain = target.at(x), np.inf
    for iteration in range(1, most + 1):
        curvature = _Curvature.at(here, gain)
        direction, gain = curvature.step(here.gradient)
        if gain < DONE:
            return _optimum(here, x, gain, iteration, True)
        # a rise below the rounding of the likelihood cannot be seen: such a step is judged by the gain left after it
        is_seen = gain >= 1e-13 * abs(here.value) + 1e-9
        found = _search(target, x, here, direction) if is_seen else (x + direction, target.at(x + direction))
        if found is None:
            return _optimum(here, x, gain, iteration, False)
        moved, there = found
        left = curvature.step(there.gradient)[1] if np.isfinite(there.value) else np.inf
        if not is_seen and not left < 0.5 * gain:
            return _optimum(here, x, gain, iteration, True)
        here, x = there, moved
        if left < DONE and curvature.is_observed:
            return _optimum(here, x, left, iteration, True)
    return _optimum(here, x, gain, most, False)


def _optimum(place: Place, x: np.ndarray, gain: float, iterations: int, is_converged: bool) -> Optimum:
    return Optimum(x, place.value, place.gradient, gain, iterations, is_converged, place)


@dataclass(frozen=True)
class _Curvature:
    """An information matrix scaled to unit diagonal, with a ridge where it is not positive definite."""

    scaled: np.ndarray
    scale: np.ndarray
    is_observed: bool

    @classmethod
    def at(cls, place: Place, before: float) -> _Curvature:
        """Observed information (Newton's) near the top, expected information (scoring) elsewhere."""
        if before < NEAR:
            observed = place.information("observed")
            if is_positive_definite(observed):
                return cls._of(observed, True)
        return cls._of(place.information("expected"), False)

    @classmethod
    def _of(cls, matrix: np.ndarray, is_observed: bool) -> _Curvature:
        diagonal = matrix.diagonal()
        scale = np.sqrt(np.where(diagonal > 0, diagonal, 1.0))
        scaled, unit = matrix / np.outer(scale, scale), np.eye(len(scale))
        ridge = 0.0
        while not is_positive_definite(scaled + (ridge - 1e-11) * unit):
            ridge = max(10 * ridge, RIDGE)
        return cls(scaled + ridge * unit, scale, is_observed)

    def step(self, gradient: np.ndarray) -> tuple[np.ndarray, float]:
        """The step to the top of the quadratic with this curvature, and the gain it promises."""
        step = np.linalg.solve(self.scaled, gradient / self.scale) / self.scale
        return step, 0.5 * float(step @ gradient)


def _search(target: Target, x: np.ndarray, here: Place, direction: np.ndarray) -> tuple[np.ndarray, Place] | None:
    """Where the longest of 1, ½, ¼, … of the direction leads that raises the log-likelihood enough (Armijo)."""
    rate, length = float(here.gradient @ direction), 1.0
    for _ in range(40):
        moved = x + length * direction
        there = target.at(moved)
        if there.value >= here.value + 1e-4 * length * rate:
            return moved, there
        length *= 0.5
    return None
