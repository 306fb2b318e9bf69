"""Completely standardised solutions and their standard errors (delta method)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pipeline.sem.engine.ram import Matrices, Model
from pipeline.sem.engine.table import Parameter


def standardised(model: Model, theta: np.ndarray, rows: Sequence[Parameter]) -> np.ndarray:
    """``std.all`` of each row: every variable, latent or observed, in units of its own standard deviation.

    A covariance of two residuals becomes the correlation of the residuals, a residual variance its share of the
    variance. NaN where a variance is not positive.
    """
    at = {name: k for k, name in enumerate(model.variables)}
    groups = [part.matrices(theta) for part in model.groups]
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.array([_one(row, at, groups[row.group - 1]) for row in rows])


def _one(row: Parameter, at: dict[str, int], matrices: Matrices) -> float:
    sd = np.sqrt(matrices.C.diagonal())
    i = at[row.lhs]
    if row.op == "~1":
        return float(matrices.m[i] / sd[i])
    j = at[row.rhs]
    if row.op == "=~":
        return float(matrices.A[j, i] * sd[i] / sd[j])
    if row.op == "~":
        return float(matrices.A[i, j] * sd[j] / sd[i])
    if i == j:
        return float(matrices.S[i, i] / sd[i] ** 2)
    return float(matrices.S[i, j] / np.sqrt(matrices.S[i, i] * matrices.S[j, j]))


def derivative_steps(theta: np.ndarray, covariance: np.ndarray) -> np.ndarray:
    """A ten-thousandth of each parameter's standard error, or of its size where it has none: no scale is assumed."""
    error = np.sqrt(np.maximum(covariance.diagonal(), 0.0))
    return 1e-4 * np.where(error > 0, error, np.where(theta != 0, np.abs(theta), 1.0))


def standardised_errors(
    model: Model, theta: np.ndarray, covariance: np.ndarray, rows: Sequence[Parameter]
) -> np.ndarray:
    """Standard errors of ``standardised``, by numeric derivatives (central, steps of 1e-4 standard errors)."""
    jacobian = np.empty((len(rows), len(theta)))
    for k, step in enumerate(derivative_steps(theta, covariance)):
        up, down = theta.copy(), theta.copy()
        up[k] += step
        down[k] -= step
        with np.errstate(invalid="ignore"):
            jacobian[:, k] = (standardised(model, up, rows) - standardised(model, down, rows)) / (2 * step)
    variance = ((jacobian @ covariance) * jacobian).sum(1)
    # below 1e-18 lies the rounding of a value that cannot move, such as a first wave's standardised variance of one
    return np.sqrt(np.where(variance > 1e-18, variance, np.where(variance > -1e-12, 0.0, np.nan)))
