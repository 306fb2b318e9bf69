"""Means and covariances without a model (h1), and the model of no covariances (baseline), from incomplete answers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.errors import ModelError
from pipeline.sem.data import GroupData
from pipeline.sem.likelihood import information, is_positive_definite, loglik, slope
from pipeline.sem.moments import triangle


@dataclass(frozen=True)
class Moments:
    """Means, covariances and the log-likelihood there, of one group."""

    mean: np.ndarray
    covariance: np.ndarray
    loglik: float
    is_converged: bool = True


def saturated(data: GroupData, tolerance: float = 1e-5, most: int = 500) -> Moments:
    """Maximum likelihood means and covariances, by EM finished with Newton steps.

    Complete answers: their mean and covariance, divisor N. Otherwise EM from the available-case means and variances
    (Dempster, Laird & Rubin 1977); after every few EM steps a Newton step with the observed information is tried and
    kept if it raises the likelihood. Without a usable Newton step EM runs to lavaan's tolerance (largest change of a
    moment below 1e-5), ``is_converged`` tells whether it got there.

    Raises ModelError if the covariance matrix of the answers is not positive definite.
    """
    if data.is_complete:
        block = data.blocks[0]
        mean, covariance = block.mean[0], block.covariance[0] if block.covariance is not None else np.zeros((1, 1))
        if not is_positive_definite(covariance):
            raise ModelError(
                "the sample covariance matrix is not positive definite", where=data.label or "", count=data.n,
                todo="A variable is a combination of others, or there are too few persons.",
            )  # fmt: skip
        return Moments(mean, covariance, loglik(data, mean, covariance))
    mean, variance = data.available()
    covariance = np.diag(variance)
    total = data.total
    for step in range(1, most + 1):
        moved = _em_step(data, mean, covariance, total)
        change = max(np.abs(moved[0] - mean).max(), np.abs(moved[1] - covariance).max())
        mean, covariance = moved
        if not is_positive_definite(covariance):
            covariance = covariance + np.eye(len(mean)) * covariance.diagonal().max() * 1e-8
        if step % 8 == 0 or change < tolerance:
            finished = _newton(data, mean, covariance)
            if finished is not None:
                return finished
        if change < tolerance:
            break
    return Moments(mean, covariance, loglik(data, mean, covariance), change < tolerance)


def _em_step(data: GroupData, mean: np.ndarray, covariance: np.ndarray, total: float) -> tuple[np.ndarray, np.ndarray]:
    """One EM step written by the gradient: Σ⁺ = Σ + Σ G Σ / N, taken about the moved mean."""
    at = slope(data, mean, covariance)
    shift = covariance @ at.mean / total
    moved = covariance + covariance @ at.covariance @ covariance / total - np.outer(shift, shift)
    return mean + shift, 0.5 * (moved + moved.T)


def _newton(data: GroupData, mean: np.ndarray, covariance: np.ndarray, most: int = 12) -> Moments | None:
    """Newton's method from moments near the top; None if the information is not positive definite on the way."""
    p = len(mean)
    tri = triangle(p)
    best = -np.inf
    for _ in range(most):
        at = slope(data, mean, covariance)
        if at.loglik < best - 1e-8 * abs(best):
            return None
        best = at.loglik
        curvature = information(data, mean, covariance)
        scale = np.sqrt(np.maximum(curvature.diagonal(), 1e-300))
        scaled = curvature / np.outer(scale, scale)
        if not is_positive_definite(scaled - 1e-9 * np.eye(len(scaled))):
            return None
        step = np.linalg.solve(scaled, at.vector / scale) / scale
        if float(step @ at.vector) < 1e-9:
            return Moments(mean, covariance, at.loglik)
        moved = np.zeros((p, p))
        moved[tri.rows, tri.columns] = moved[tri.columns, tri.rows] = step[p:]
        mean, covariance = mean + step[:p], covariance + moved
        if not is_positive_definite(covariance):
            return None
    return None


def never_together(data: GroupData, variables: tuple[str, ...]) -> list[tuple[str, str]]:
    """Pairs of variables that no person answered both: their covariance rests on the model alone."""
    answered = (~np.isnan(data.y)).astype(float)
    together = answered.T @ answered
    pairs = np.argwhere(np.tril(together == 0, -1))
    return [(variables[b], variables[a]) for a, b in pairs]
