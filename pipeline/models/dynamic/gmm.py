"""One-step and two-step generalised method of moments, with standard errors that hold in samples of usual size."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.models.dynamic.moments import Moments

SINGULAR = 1e-10
"""Eigenvalues below this share of the largest, of a matrix with ones on its diagonal, count as zero."""


@dataclass(frozen=True)
class Step:
    """Estimates of one step: those it weighted by (``weights``, the inverse of the moments' covariance), the bread
    (X'Z W Z'X)⁻¹ and each person's Z'e."""

    estimates: np.ndarray
    weights: np.ndarray
    rank: int
    bread: np.ndarray
    errors: np.ndarray

    @property
    def criterion(self) -> float:
        """e'Z W Z'e: chi-squared in the second step if the instruments are valid."""
        total = self.errors.sum(axis=0)
        return float(total @ self.weights @ total)


def inverse(matrix: np.ndarray) -> tuple[np.ndarray, int]:
    """The inverse, a generalised one where instruments are collinear, and the rank; free of the columns' units."""
    size = np.sqrt(np.maximum(np.diag(matrix), 1e-300))
    values, vectors = np.linalg.eigh(matrix / np.outer(size, size))
    kept = values > SINGULAR * max(values[-1], 1e-300)
    half = vectors[:, kept] / np.sqrt(values[kept]) / size[:, None]
    return half @ half.T, int(kept.sum())


def step(given: Moments, covariance: np.ndarray) -> Step:
    """The estimates that weight the moments by the inverse of ``covariance``.

    Raises numpy's LinAlgError where fewer moments vary by themselves than there are terms.
    """
    weights, rank = inverse(covariance)
    slopes = given.matrix.sum(axis=0)
    if rank < slopes.shape[1]:
        raise np.linalg.LinAlgError("fewer moments than terms")
    weighted = slopes.T @ weights
    bread = np.linalg.inv(weighted @ slopes)
    estimates = bread @ (weighted @ given.outcome.sum(axis=0))
    return Step(estimates, weights, rank, bread, given.errors(estimates))


def sandwich(given: Moments, fitted: Step) -> np.ndarray:
    """The covariance of the one-step estimates under any pattern of errors within a person."""
    half = fitted.bread @ given.matrix.sum(axis=0).T @ fitted.weights
    scores = fitted.errors @ half.T
    return np.asarray(scores.T @ scores)


def windmeijer(given: Moments, first: Step, second: Step) -> np.ndarray:
    """The covariance of the two-step estimates that counts in that the weights are estimated (Windmeijer 2005)."""
    slopes = given.matrix.sum(axis=0)
    u = second.weights @ second.errors.sum(axis=0)
    by_term = np.einsum("ilk,i->lk", given.matrix, first.errors @ u)
    by_error = first.errors.T @ np.einsum("ilk,l->ik", given.matrix, u)
    moved = second.bread @ slopes.T @ second.weights @ (by_term + by_error)
    around = second.bread + moved @ second.bread + second.bread @ moved.T
    return np.asarray(around + moved @ sandwich(given, first) @ moved.T)
