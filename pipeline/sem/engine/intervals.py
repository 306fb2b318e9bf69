"""Intervals from bootstrap draws: percentile, and bias-corrected and accelerated, as R's ``boot.ci`` makes them."""

from __future__ import annotations

from typing import Literal

import numpy as np

Interval = Literal["percentile", "bca"]


def bootstrap_intervals(
    draws: np.ndarray, estimate: np.ndarray, influence: np.ndarray | None, level: float, kind: Interval
) -> np.ndarray:
    """Low and high ends (quantities × 2) from draws (draws × quantities) of each quantity.

    BCa (Efron 1987) shifts the percentiles by the share of draws below ``estimate`` and by the acceleration
    a = Σ L³ / 6 (Σ L²)^1.5 of ``influence`` (persons × quantities; None: a = 0, lavaan's "bca.simple"). Quantiles are
    interpolated on the normal scale (Davison & Hinkley 1997, 5.6).
    """
    from scipy.special import ndtr, ndtri

    tails = np.array([(1 - level) / 2, (1 + level) / 2])
    found = np.empty((draws.shape[1], 2))
    for k in range(draws.shape[1]):
        wanted = tails
        if kind == "bca":
            below = float(
                np.clip((draws[:, k] < estimate[k]).mean(), 1 / (len(draws) + 1), len(draws) / (len(draws) + 1))
            )
            shift, a = float(ndtri(below)), 0.0 if influence is None else _acceleration(influence[:, k])
            moved = shift + ndtri(tails)
            wanted = ndtr(shift + moved / (1 - a * moved))
        found[k] = _normal_quantiles(np.sort(draws[:, k]), wanted)
    return found


def _acceleration(influence: np.ndarray) -> float:
    spread = float((influence**2).sum())
    return float((influence**3).sum()) / (6 * spread**1.5) if spread > 0 else 0.0


def _normal_quantiles(ordered: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Quantiles between order statistics, interpolated linearly in normal scores."""
    from scipy.special import ndtri

    count = len(ordered)
    place = np.clip((count + 1) * wanted, 1, count)
    below = np.minimum(np.floor(place).astype(int), count - 1) if count > 1 else np.ones(2, dtype=int)
    low, high = ndtri(below / (count + 1)), ndtri((below + 1) / (count + 1))
    share = np.where(place == below, 0.0, (ndtri(np.minimum(place / (count + 1), 1 - 1e-16)) - low) / (high - low))
    above = np.minimum(below, count - 1)
    return np.asarray(ordered[below - 1] + share * (ordered[above] - ordered[below - 1]))
