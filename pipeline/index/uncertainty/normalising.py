"""Normalisation over areas, treatment of outlying areas, and weights that the data choose, replicate by replicate."""

from __future__ import annotations

import warnings

import numpy as np

from pipeline.index.uncertainty.arrays import FloatArray

SKEW, KURTOSIS = 2.0, 3.5
"""Beyond both a distribution of areas has outliers (OECD & JRC 2008; COINr's default)."""


def over_areas(values: FloatArray, kind: str, lowest: float) -> FloatArray:
    """Values (replicates × areas × indicators) normalised over the areas of each replicate."""
    if kind == "own_range":
        return lifted(values, kind, lowest)
    with warnings.catch_warnings(), np.errstate(invalid="ignore", divide="ignore"):
        warnings.simplefilter("ignore", RuntimeWarning)  # an indicator that no area has
        if kind == "z_score":
            spread = np.nanstd(values, axis=1, ddof=1, keepdims=True)
            made = 50 + 10 * (values - np.nanmean(values, axis=1, keepdims=True)) / np.where(spread > 0, spread, np.nan)
            return lifted(made, kind, lowest)
        if kind == "min_max":
            low, high = np.nanmin(values, axis=1, keepdims=True), np.nanmax(values, axis=1, keepdims=True)
            made = 100 * (values - low) / np.where(high > low, high - low, np.nan)
            return lifted(made, kind, lowest)
    return lifted(_percentiles(values), kind, lowest)


def lifted(values: FloatArray, kind: str, lowest: float) -> FloatArray:
    """Scores from 0 to 100 as ``lowest`` to 100; z-scores, which have no ends, not below ``lowest``."""
    if lowest <= 0:
        return values
    return np.maximum(values, lowest) if kind == "z_score" else lowest + (100 - lowest) / 100 * values


def _percentiles(values: FloatArray) -> FloatArray:
    """100 times the share of areas below, those equal (with itself) counting half."""
    found = np.full(values.shape, np.nan)
    for at in range(values.shape[2]):
        column = values[:, :, at]
        there = np.isfinite(column)
        number = np.maximum(there.sum(axis=1, keepdims=True), 1)
        order = np.sort(np.where(there, column, np.inf), axis=1)
        for row in range(len(column)):
            below = np.searchsorted(order[row], column[row], side="left")
            upto = np.searchsorted(order[row], column[row], side="right")
            found[row, :, at] = np.where(there[row], 100 * (below + upto) / 2 / number[row], np.nan)
    return found


def winsorised(
    values: FloatArray, points: int = 5, skew_limit: float = SKEW, kurtosis_limit: float = KURTOSIS
) -> FloatArray:
    """Up to ``points`` outlying areas of an indicator set to the next value, while skew and kurtosis exceed both."""
    found = values.copy()
    flat = np.moveaxis(found, 1, 2)  # replicates × indicators × areas
    for _ in range(points):
        skew, kurtosis = _moments(flat)
        outlying = (np.abs(skew) > skew_limit) & (kurtosis > kurtosis_limit)
        if not outlying.any():
            break
        for where in np.argwhere(outlying):
            _cut(flat[tuple(where)], high=bool(skew[tuple(where)] > 0))
    return np.moveaxis(flat, 2, 1)


def _cut(areas: FloatArray, *, high: bool) -> None:
    """The highest (lowest) value, and those equal to it, become the next."""
    edge = np.nanmax(areas) if high else np.nanmin(areas)
    rest = areas[areas != edge]
    rest = rest[np.isfinite(rest)]
    if len(rest):
        areas[areas == edge] = rest.max() if high else rest.min()


def _moments(flat: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Adjusted skew (G1) and excess kurtosis (G2) over the last axis (Joanes & Gill 1998, type 2, as COINr takes)."""
    n = np.isfinite(flat).sum(axis=-1).astype(float)
    with warnings.catch_warnings(), np.errstate(invalid="ignore", divide="ignore"):
        warnings.simplefilter("ignore", RuntimeWarning)
        centred = flat - np.nanmean(flat, axis=-1, keepdims=True)
        m2, m3, m4 = (np.nanmean(centred**power, axis=-1) for power in (2, 3, 4))
        skew = m3 / m2**1.5 * np.sqrt(n * (n - 1)) / (n - 2)
        kurtosis = ((n + 1) * (m4 / m2**2 - 3) + 6) * (n - 1) / ((n - 2) * (n - 3))
    return np.nan_to_num(skew), np.nan_to_num(kurtosis)


def pca_weights(correlations: FloatArray) -> FloatArray:
    """Absolute loadings on the first component of correlations (… × k × k); equal where there are none.

    Directions are declared, so that what runs against the others still counts for what it was declared to be.
    """
    size = correlations.shape[-1]
    usable = np.asarray(np.isfinite(correlations).all(axis=(-2, -1)))
    safe = np.where(usable[..., None, None], correlations, np.eye(size))
    loadings = np.abs(np.linalg.eigh(safe)[1][..., -1])
    return np.asarray(np.where(usable[..., None], loadings, 1 / np.sqrt(size)))


def correlations(values: FloatArray) -> FloatArray:
    """Correlations of the last axis over the areas that have all: replicates × areas × k → replicates × k × k."""
    there = np.isfinite(values).all(axis=2, keepdims=True)
    number = np.maximum(there.sum(axis=1, keepdims=True), 1)
    centred = np.where(there, values, 0.0)
    centred = np.where(there, centred - centred.sum(axis=1, keepdims=True) / number, 0.0)
    return scaled(np.einsum("rai,raj->rij", centred, centred))


def scaled(products: FloatArray) -> FloatArray:
    """Correlations from sums of squares and products; NaN where a measure does not vary."""
    spread = np.sqrt(np.einsum("...ii->...i", products))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(products / (spread[..., :, None] * spread[..., None, :]))
