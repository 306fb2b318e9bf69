"""Means and covariances without a model (h1), and the model of no covariances (baseline), from incomplete answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.errors import ModelError
from pipeline.sem.engine.data import Data, GroupData
from pipeline.sem.engine.likelihood import Point, is_positive_definite
from pipeline.sem.engine.moments import triangle


@dataclass(frozen=True)
class Moments:
    """Means, covariances and the log-likelihood there, of one group; the models of one ladder share ``point``."""

    mean: np.ndarray
    covariance: np.ndarray
    loglik: float
    point: Point
    is_converged: bool = True


def saturated_moments(data: Data) -> tuple[Moments, ...]:
    """The unrestricted moments of every group, found once for all models of these answers. Raises as ``saturated``."""
    if ("saturated",) not in data.found:
        data.found["saturated",] = tuple(saturated(group, data.variables) for group in data.groups)
    moments: tuple[Moments, ...] = data.found["saturated",]
    return moments


def _moments(point: Point, is_converged: bool = True) -> Moments:
    return Moments(point.mean, point.covariance, point.loglik, point, is_converged)


SINGULAR = 1e-7  # eigenvalue of the correlation matrix below which variables count as repeating each other


def saturated(data: GroupData, variables: Sequence[str] = (), *, tolerance: float = 1e-5, most: int = 500) -> Moments:
    """Maximum likelihood means and covariances, by EM finished with Newton steps.

    Complete answers: their mean and covariance, divisor N. Otherwise EM from the available-case means and variances
    (Dempster, Laird & Rubin 1977); after every few EM steps a Newton step with the observed information is tried and
    kept if it raises the likelihood. Without a usable Newton step EM runs to lavaan's tolerance (largest change of a
    moment below 1e-5 standard deviations), ``is_converged`` says whether it got there.

    Raises ModelError if the covariance matrix of the answers is not positive definite, with the ``variables`` it is
    about.
    """
    if data.is_complete:
        block = data.blocks[0]
        mean, covariance = block.mean[0], block.covariance[0] if block.covariance is not None else np.zeros((1, 1))
        dependent = _dependent(covariance)
        if dependent is not None:
            raise _not_definite(data, variables, dependent)
        return _moments(Point(data, mean, covariance))
    try:
        with np.errstate(all="ignore"):
            found = _expectation_maximisation(data, tolerance, most)
    except np.linalg.LinAlgError:
        dependent = _dependent(_of_pairs(data.y))
        raise _not_definite(
            data, variables, np.zeros(data.y.shape[1], bool) if dependent is None else dependent
        ) from None
    dependent = _dependent(found.covariance)
    if dependent is not None:
        raise _not_definite(data, variables, dependent)
    return found


def _of_pairs(y: np.ndarray) -> np.ndarray:
    """Covariances among the people who answered both of two variables."""
    answered = (~np.isnan(y)).astype(float)
    both = np.maximum(answered.T @ answered, 1)
    centred = np.where(np.isnan(y), 0.0, y - np.nanmean(y, axis=0))
    sums = centred.T @ answered
    return np.asarray(centred.T @ centred / both - sums * sums.T / both**2)


def _dependent(covariance: np.ndarray) -> np.ndarray | None:
    """Which variables add up to nothing, if some do; a mask."""
    if not np.isfinite(covariance).all() or (covariance.diagonal() <= 0).any():
        return np.asarray(~(np.isfinite(covariance).all(1) & (covariance.diagonal() > 0)))
    sd = np.sqrt(covariance.diagonal())
    values, vectors = np.linalg.eigh(covariance / np.outer(sd, sd))
    if values[0] > SINGULAR:
        return None
    weight = np.abs(vectors[:, 0])
    return np.asarray(weight > 0.1 * weight.max())


def _not_definite(data: GroupData, variables: Sequence[str], dependent: np.ndarray) -> ModelError:
    names = [name for name, one in zip(variables, dependent, strict=True) if one] if len(variables) else []
    few = data.n <= data.y.shape[1]
    listed = ", ".join(names[:6]) + (", …" if len(names) > 6 else "") if not few else ""
    return ModelError(
        "the covariance matrix of the answers is not positive definite",
        where=" in group ".join(part for part in (listed, data.label) if part),
        count=data.n,
        todo=f"There are no more persons than variables ({data.y.shape[1]})." if few
        else "One of these variables is a combination of the others: leave it out.",
    )  # fmt: skip


def _expectation_maximisation(data: GroupData, tolerance: float, most: int) -> Moments:
    mean, variance = data.available()
    covariance, sd = np.diag(variance), np.sqrt(variance)
    total, change = data.total, np.inf
    for step in range(1, most + 1):
        moved = _em_step(data, mean, covariance, total)
        shift = (np.abs(moved[0] - mean) / sd).max()
        change = max(shift, (np.abs(moved[1] - covariance) / np.outer(sd, sd)).max())
        mean, covariance = moved
        if not np.isfinite(covariance).all():
            break
        if not is_positive_definite(covariance):
            covariance = covariance + np.diag(covariance.diagonal()) * 1e-8
        if step % 8 == 0 or change < tolerance:
            finished = _newton(data, mean, covariance)
            if finished is not None:
                return finished
        if change < tolerance:
            break
    return _moments(Point(data, mean, covariance), change < tolerance)


def _em_step(data: GroupData, mean: np.ndarray, covariance: np.ndarray, total: float) -> tuple[np.ndarray, np.ndarray]:
    """One EM step written by the gradient: Σ⁺ = Σ + Σ G Σ / N, taken about the moved mean."""
    at = Point(data, mean, covariance).slope
    shift = covariance @ at.mean / total
    moved = covariance + covariance @ at.covariance @ covariance / total - np.outer(shift, shift)
    return mean + shift, 0.5 * (moved + moved.T)


def _newton(data: GroupData, mean: np.ndarray, covariance: np.ndarray, most: int = 12) -> Moments | None:
    """Newton's method from moments near the top; None if the information is not positive definite on the way."""
    p = len(mean)
    tri = triangle(p)
    best = -np.inf
    for _ in range(most):
        here = Point(data, mean, covariance)
        if here.loglik < best - 1e-8 * abs(best):
            return None
        best, gradient = here.loglik, here.slope.vector
        curvature = here.information()
        scale = np.sqrt(np.maximum(curvature.diagonal(), 1e-300))
        scaled = curvature / np.outer(scale, scale)
        if not is_positive_definite(scaled - 1e-9 * np.eye(len(scaled))):
            return None
        step = np.linalg.solve(scaled, gradient / scale) / scale
        if float(step @ gradient) < 1e-9:
            return _moments(here)
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
