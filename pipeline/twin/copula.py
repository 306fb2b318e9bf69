"""The correlations of normal variables that, cut and ordered as the columns are, correlate as the columns do.

NORTA (normal to anything): Cario and Nelson (1997); for codes, the relation between the two correlations is a power
series in Hermite coefficients, which is inverted for all pairs at once (Xiao 2014; for binary and ordinal columns
Emrich and Piedmonte 1991, Ferrari and Barbiero 2012). What chance alone would give is taken off each correlation, and
the matrix is moved to the nearest that is one (Higham 2002).
"""

from __future__ import annotations

import numpy as np

Array = np.ndarray
FEWEST_PAIRS = 20
"""Two columns that fewer people answered both are taken to be unrelated."""
LARGEST = 0.995
STEPS, PROJECTIONS = 25, 10
FLOOR = 1e-6


def correlations(scores: Array) -> tuple[Array, Array]:
    """Pairwise correlations of columns of ``scores`` (people × columns, NaN where unknown), and people in each pair."""
    known = np.isfinite(scores)
    values, here = np.where(known, scores, 0.0), known.astype(float)
    count = here.T @ here
    safe = np.maximum(count, 1.0)
    means = (values.T @ here) / safe  # of the row's column among those who have the other
    squares = (values**2).T @ here / safe
    spread = np.maximum(squares - means**2, 0.0)
    product = (values.T @ values) / safe - means * means.T
    size = np.sqrt(spread * spread.T)
    found = np.where((size > 1e-9) & (count >= FEWEST_PAIRS), product / np.maximum(size, 1e-12), 0.0)
    np.fill_diagonal(found, 1.0)
    return np.clip(found, -1.0, 1.0), count


def without_chance(found: Array, count: Array) -> Array:
    """Each correlation less what as many unrelated people give by chance: weak ones vanish, strong ones stay."""
    square = np.maximum(found**2, 1e-12)
    kept = found * np.maximum(0.0, 1.0 - 1.0 / (np.maximum(count, 1.0) * square))
    np.fill_diagonal(kept, 1.0)
    return np.asarray(kept)


def latent(found: Array, hermite: Array) -> Array:
    """The correlations of the normal variables. ``hermite``: columns × coefficients, put on unit variance."""
    low, high = np.full_like(found, -LARGEST), np.full_like(found, LARGEST)
    for _ in range(STEPS):
        middle = (low + high) / 2
        above = _carried(middle, hermite) > found
        high, low = np.where(above, middle, high), np.where(above, low, middle)
    solved = (low + high) / 2
    solved[np.abs(found) < FLOOR] = 0.0
    np.fill_diagonal(solved, 1.0)
    return np.asarray((solved + solved.T) / 2)


def _carried(rho: Array, hermite: Array) -> Array:
    """What normal variables that correlate by ``rho`` correlate by once they are cut."""
    total = np.zeros_like(rho)
    for n in range(hermite.shape[1] - 1, -1, -1):
        total = (total + np.outer(hermite[:, n], hermite[:, n])) * rho
    return np.asarray(total)


def factor(matrix: Array) -> Array:
    """A square root of the nearest correlation matrix: independent normal rows times it correlate so."""
    found, correction = matrix.copy(), np.zeros_like(matrix)
    values, vectors = np.linalg.eigh(found)
    for _ in range(PROJECTIONS):
        if values[0] > FLOOR:
            break
        shifted = found - correction
        values, vectors = np.linalg.eigh(shifted)
        projected = (vectors * np.maximum(values, FLOOR)) @ vectors.T
        correction = projected - shifted
        found = projected.copy()
        np.fill_diagonal(found, 1.0)
        values, vectors = np.linalg.eigh(found)
    root = vectors * np.sqrt(np.maximum(values, FLOOR))
    return np.asarray(root / np.sqrt(np.sum(root**2, axis=1, keepdims=True)))
