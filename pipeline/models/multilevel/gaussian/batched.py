"""Small triangular algebra for many groups at once: arrays of shape (q, q, groups) and (q, columns, groups).

A loop over q of operations on whole arrays: with two or three random effects that is some fifty times as fast as a
loop over groups, and faster than numpy's stacked routines, which pay for each matrix anew.
"""

from __future__ import annotations

import numpy as np


def cholesky(matrices: np.ndarray) -> np.ndarray:
    """Lower triangles L with L L' = the positive definite ``matrices`` (q × q × groups)."""
    q = len(matrices)
    lower = np.zeros_like(matrices)
    for j in range(q):
        left = matrices[j, j] - (lower[j, :j] ** 2).sum(axis=0)
        lower[j, j] = np.sqrt(np.maximum(left, 1e-300))
        for i in range(j + 1, q):
            lower[i, j] = (matrices[i, j] - (lower[i, :j] * lower[j, :j]).sum(axis=0)) / lower[j, j]
    return lower


def forward(lower: np.ndarray, right: np.ndarray) -> np.ndarray:
    """L⁻¹ B for ``right`` = B (q × columns × groups)."""
    solved = np.empty_like(right)
    for i in range(len(lower)):
        rest = right[i]
        for k in range(i):
            rest = rest - lower[i, k] * solved[k]
        solved[i] = rest / lower[i, i]
    return solved


def backward(lower: np.ndarray, right: np.ndarray) -> np.ndarray:
    """L'⁻¹ B for ``right`` = B (q × columns × groups)."""
    solved = np.empty_like(right)
    q = len(lower)
    for i in reversed(range(q)):
        rest = right[i]
        for k in range(i + 1, q):
            rest = rest - lower[k, i] * solved[k]
        solved[i] = rest / lower[i, i]
    return solved


def log_determinant(lower: np.ndarray) -> np.ndarray:
    """log |L L'| of each group."""
    return np.asarray(2 * np.log(np.einsum("iim->im", lower)).sum(axis=0))


def on_left(matrix: np.ndarray, arrays: np.ndarray) -> np.ndarray:
    """matrix · array for each group: (a × q) times (q × columns × groups)."""
    return np.tensordot(matrix, arrays, axes=1)


def congruent(factor: np.ndarray, matrices: np.ndarray) -> np.ndarray:
    """Λ' M Λ for each group, with ``factor`` Λ (q × q) and symmetric ``matrices`` M."""
    half = on_left(factor.T, matrices)
    return on_left(factor.T, half.swapaxes(0, 1))
