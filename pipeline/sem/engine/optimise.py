"""Maximum likelihood by scoring steps that turn into Newton steps, with a line search and a damped fallback."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.sem.engine.data import GroupData
from pipeline.sem.engine.likelihood import information_times, is_positive_definite, loglik, slope
from pipeline.sem.engine.ram import Model

NEAR = 0.1  # expected gain in log-likelihood below which Newton steps replace scoring steps
DONE = 1e-14  # expected gain at which the top is reached: estimates then lie within 1e-6 standard errors of it
RIDGE = 1e-9


@dataclass(frozen=True)
class Optimum:
    """Where the search ended. ``gain`` is the rise of the log-likelihood that one more Newton step promises."""

    x: np.ndarray
    loglik: float
    gradient: np.ndarray
    gain: float
    iterations: int
    is_converged: bool


@dataclass(frozen=True)
class Target:
    """The log-likelihood of a model on data, by its unconstrained parameters x."""

    model: Model
    groups: Sequence[GroupData]

    def value(self, x: np.ndarray) -> float:
        theta = self.model.full(x)
        total = 0.0
        for part, data in zip(self.model.groups, self.groups, strict=True):
            mean, covariance = part.implied(theta)
            total += loglik(data, mean, covariance)
            if not np.isfinite(total):
                return -np.inf
        return total

    def gradient(self, x: np.ndarray) -> tuple[float, np.ndarray]:
        theta = self.model.full(x)
        total, by_theta = 0.0, np.zeros(len(theta))
        for part, data in zip(self.model.groups, self.groups, strict=True):
            at = slope(data, *part.implied(theta))
            total += at.loglik
            by_theta += part.jacobian(theta).T @ at.vector
        return total, self.model.basis.T @ by_theta

    def information(self, x: np.ndarray, kind: str) -> np.ndarray:
        """Expected or observed information of x, summed over persons; observed is minus the exact Hessian."""
        theta = self.model.full(x)
        basis = self.model.basis
        return basis.T @ theta_information(self.model, self.groups, theta, kind) @ basis


def theta_information(model: Model, groups: Sequence[GroupData], theta: np.ndarray, kind: str) -> np.ndarray:
    """Information of every free parameter, constraints not applied."""
    total = np.zeros((len(theta), len(theta)))
    for part, data in zip(model.groups, groups, strict=True):
        mean, covariance = part.implied(theta)
        delta = part.jacobian(theta)
        total += delta.T @ information_times(data, mean, covariance, kind, delta)
        if kind == "observed":
            at = slope(data, mean, covariance)
            total -= part.curvature(theta, at.mean, at.covariance)
    return total


def maximise(target: Target, x: np.ndarray, most: int = 200) -> Optimum:
    """Climb from x to the nearest top of the log-likelihood."""
    value = target.value(x)
    gain, gradient = np.inf, np.zeros_like(x)
    for iteration in range(1, most + 1):
        value, gradient = target.gradient(x)
        direction, gain = _direction(target, x, gradient, gain)
        if gain < DONE:
            return Optimum(x, value, gradient, gain, iteration, True)
        step = _search(target, x, value, direction, float(gradient @ direction))
        if step is None:
            # no rise is left that arithmetic can see: a top, if the promised gain is below rounding of the likelihood
            return Optimum(x, value, gradient, gain, iteration, gain < 1e-13 * abs(value) + 1e-9)
        x = x + step
    return Optimum(x, value, gradient, gain, most, False)


def _direction(target: Target, x: np.ndarray, gradient: np.ndarray, before: float) -> tuple[np.ndarray, float]:
    """Newton's direction near the top, the scoring direction elsewhere; and the gain it promises."""
    if before < NEAR:
        curvature = target.information(x, "observed")
        if is_positive_definite(curvature):
            return _solved(curvature, gradient)
    return _solved(target.information(x, "expected"), gradient)


def _solved(curvature: np.ndarray, gradient: np.ndarray) -> tuple[np.ndarray, float]:
    diagonal = curvature.diagonal()
    scale = np.sqrt(np.where(diagonal > 0, diagonal, 1.0))
    scaled = curvature / np.outer(scale, scale)
    ridge = 0.0
    while not is_positive_definite(scaled + ridge * np.eye(len(scale)) - 1e-11 * np.eye(len(scale))):
        ridge = max(10 * ridge, RIDGE)
    step = np.linalg.solve(scaled + ridge * np.eye(len(scale)), gradient / scale) / scale
    return step, 0.5 * float(step @ gradient)


def _search(target: Target, x: np.ndarray, value: float, direction: np.ndarray, rate: float) -> np.ndarray | None:
    """The longest of 1, ½, ¼, … of the direction that raises the log-likelihood enough (Armijo)."""
    length = 1.0
    for _ in range(40):
        if target.value(x + length * direction) >= value + 1e-4 * length * rate:
            return length * direction
        length *= 0.5
    return None
