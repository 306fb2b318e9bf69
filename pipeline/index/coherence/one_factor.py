"""One common factor by maximum likelihood: loadings, unique variances, and the loadings' standard errors.

Minimises log|Σ| + tr(S Σ⁻¹), Σ = λλ' + diag(ψ), by Fisher scoring to full convergence (R: ``lavaan::cfa`` with
``std.lv = TRUE``, ``factanal`` on the covariance).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import CohesionError

FloatArray = NDArray[np.float64]
ROUNDS, TOLERANCE = 500, 1e-10
SMALLEST = 1e-4
"""A unique variance below this share of an item's own is at its boundary (a Heywood case)."""


@dataclass(frozen=True)
class OneFactor:
    """Loadings (the factor has variance one), their standard errors, unique variances; ``proper``: none is at zero."""

    loadings: FloatArray
    errors: FloatArray
    unique: FloatArray
    proper: bool

    @property
    def omega(self) -> float:
        """McDonald's omega: (Σ λ)² / ((Σ λ)² + Σ ψ)."""
        common = float(self.loadings.sum() ** 2)
        return common / (common + float(self.unique.sum()))


def one_factor(covariance: FloatArray, number: float) -> OneFactor:
    """The factor behind a covariance of three or more items, of ``number`` people.

    Raises CohesionError where there is none: fewer items, a covariance that is not positive, no convergence.
    """
    size = len(covariance)
    if size < 3:
        raise CohesionError("fewer than three items have no factor of their own", where="items", count=size)
    spread = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    if not np.isfinite(spread).all() or (spread <= 0).any():
        raise CohesionError("items that do not vary have no factor", where="items")
    correlation = covariance / np.outer(spread, spread)
    if np.linalg.eigvalsh(correlation)[0] < 1e-10:
        raise CohesionError("items that repeat one another have no factor", where="items")
    values, vectors = np.linalg.eigh(correlation)
    start = vectors[:, -1] * np.sqrt(max(values[-1] - 0.5, 0.2))
    loadings = start * (1 if start.sum() >= 0 else -1)
    unique = np.clip(1 - loadings**2, 0.1, 1.0)
    loadings, unique = _scored(correlation, loadings, unique)
    information = _information(loadings, unique)[0] * number / 2
    proper = bool((unique > SMALLEST * 1.01).all())
    try:
        errors = np.sqrt(np.diag(np.linalg.inv(information))[:size])
    except np.linalg.LinAlgError:
        errors = np.full(size, np.nan)
    return OneFactor(loadings * spread, errors * spread, unique * spread**2, proper)


def _scored(correlation: FloatArray, loadings: FloatArray, unique: FloatArray) -> tuple[FloatArray, FloatArray]:
    size = len(loadings)
    value = _fit(correlation, loadings, unique)
    for _ in range(ROUNDS):
        information, inverse = _information(loadings, unique)
        slope = inverse - inverse @ correlation @ inverse
        gradient = np.concatenate([2 * slope @ loadings, np.diag(slope)])
        free = np.concatenate([np.ones(size, bool), (unique > SMALLEST) | (np.diag(slope) < 0)])
        step = np.zeros(2 * size)
        kept = np.ix_(free, free)
        step[free] = -np.linalg.lstsq(information[kept], gradient[free], rcond=None)[0]
        length = 1.0
        while length > 1e-8:
            trial = loadings + length * step[:size]
            varied = np.maximum(unique + length * step[size:], SMALLEST)
            new = _fit(correlation, trial, varied)
            if new <= value + 1e-15:
                break
            length /= 2
        else:
            return loadings, unique
        moved = max(np.abs(trial - loadings).max(), np.abs(varied - unique).max())
        loadings, unique, value = trial, varied, new
        if moved < TOLERANCE:
            return loadings, unique
    raise CohesionError("the one-factor model does not converge", where="items", todo="Look at their correlations.")


def _information(loadings: FloatArray, unique: FloatArray) -> tuple[FloatArray, FloatArray]:
    """tr(Σ⁻¹ ∂Σ/∂a Σ⁻¹ ∂Σ/∂b) of loadings and unique variances, and Σ⁻¹."""
    inverse = np.linalg.inv(np.outer(loadings, loadings) + np.diag(unique))
    along = inverse @ loadings
    both = 2 * (np.outer(along, along) + inverse * (loadings @ along))
    mixed = 2 * inverse * along[None, :]
    return np.asarray(np.block([[both, mixed], [mixed.T, inverse**2]])), np.asarray(inverse, dtype=np.float64)


def _fit(correlation: FloatArray, loadings: FloatArray, unique: FloatArray) -> float:
    implied = np.outer(loadings, loadings) + np.diag(unique)
    sign, log = np.linalg.slogdet(implied)
    if sign <= 0:
        return float("inf")
    return float(log + np.trace(np.linalg.solve(implied, correlation)))
