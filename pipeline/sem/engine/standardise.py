"""Completely standardised solutions and their standard errors (delta method)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.sem.engine.ram import Matrices, Model
from pipeline.sem.engine.table import Parameter


@dataclass(frozen=True)
class _Entries:
    """The rows of one group with one operator: their places in the table, and the variables on both sides."""

    group: int
    op: str
    place: np.ndarray
    left: np.ndarray
    right: np.ndarray

    def values(self, matrices: Matrices) -> np.ndarray:
        """In units of standard deviations."""
        sd, i, j = np.sqrt(matrices.C.diagonal()), self.left, self.right
        if self.op == "~1":
            return np.asarray(matrices.m[i] / sd[i])
        if self.op == "=~":
            return np.asarray(matrices.A[j, i] * sd[i] / sd[j])
        if self.op == "~":
            return np.asarray(matrices.A[i, j] * sd[j] / sd[i])
        variance = matrices.S.diagonal()
        return np.asarray(
            np.where(i == j, variance[i] / sd[i] ** 2, matrices.S[i, j] / np.sqrt(variance[i] * variance[j]))
        )


def _entries(model: Model, rows: Sequence[Parameter]) -> list[_Entries]:
    at = {name: k for k, name in enumerate(model.variables)}
    places: dict[tuple[int, str], list[tuple[int, int, int]]] = {}
    for k, row in enumerate(rows):
        places.setdefault((row.group, row.op), []).append((k, at[row.lhs], at.get(row.rhs, 0)))
    return [_Entries(group - 1, op, *np.array(cells, dtype=np.intp).T) for (group, op), cells in places.items()]


def _standardised(model: Model, theta: np.ndarray, entries: Sequence[_Entries], size: int) -> np.ndarray:
    groups, result = [part.matrices(theta) for part in model.groups], np.empty(size)
    with np.errstate(invalid="ignore", divide="ignore"):
        for own in entries:
            result[own.place] = own.values(groups[own.group])
    return result


def standardised(model: Model, theta: np.ndarray, rows: Sequence[Parameter]) -> np.ndarray:
    """``std.all`` of each row: every variable, latent or observed, in units of its own standard deviation.

    A covariance of two residuals becomes the correlation of the residuals, a residual variance its share of the
    variance. NaN where a variance is not positive.
    """
    return _standardised(model, theta, _entries(model, rows), len(rows))


def derivative_steps(theta: np.ndarray, covariance: np.ndarray) -> np.ndarray:
    """A ten-thousandth of each parameter's standard error, or of its size where it has none: no scale is assumed."""
    error = np.sqrt(np.maximum(covariance.diagonal(), 0.0))
    return 1e-4 * np.where(error > 0, error, np.where(theta != 0, np.abs(theta), 1.0))


def standardised_errors(
    model: Model, theta: np.ndarray, covariance: np.ndarray, rows: Sequence[Parameter]
) -> np.ndarray:
    """Standard errors of ``standardised``, by numeric derivatives (central, steps of 1e-4 standard errors)."""
    entries, jacobian = _entries(model, rows), np.empty((len(rows), len(theta)))
    for k, step in enumerate(derivative_steps(theta, covariance)):
        up, down = theta.copy(), theta.copy()
        up[k] += step
        down[k] -= step
        with np.errstate(invalid="ignore"):
            above, below = (_standardised(model, moved, entries, len(rows)) for moved in (up, down))
            jacobian[:, k] = (above - below) / (2 * step)
    variance = ((jacobian @ covariance) * jacobian).sum(1)
    # below 1e-18 lies the rounding of a value that cannot move, such as a first wave's standardised variance of one
    return np.sqrt(np.where(variance > 1e-18, variance, np.where(variance > -1e-12, 0.0, np.nan)))
