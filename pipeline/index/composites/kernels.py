"""Normalisation and aggregation on arrays: areas on the last axis but one, indicators on the last, any axes before.

Replicates and draws are axes before, so that thousands of indices are one call. NaN is a missing value.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata

Floats = npt.NDArray[np.floating[Any]]
AREAS = -2
SAME = 12
"""Digits of the largest score, beyond which two scores are the same."""
OWN_BOUNDS = dict.fromkeys(("percentile", "distance", "distance_to_max", "share_of_max"), (0.0, 1.0))
"""The bounds that a normalisation has by itself, as in COINr; of the others 0 to 100."""


def bounds_of(method: str, bounds: tuple[float, float] | None) -> tuple[float, float]:
    """The bounds asked for, or those of the method."""
    return bounds if bounds is not None else OWN_BOUNDS.get(method, (0.0, 100.0))


def normalised(
    values: Floats,
    directions: Floats,
    method: str,
    *,
    bounds: tuple[float, float] | None = None,
    mean_sd: tuple[float, float] = (0.0, 1.0),
    ranges: Floats | None = None,
    references: Floats | None = None,
    cap: bool = False,
) -> Floats:
    """The indicators on one scale, higher being better. ``ranges`` (2 × indicators) are the own ranges or goalposts,
    in the units of the values; ``references`` the values that ``distance`` is to. A constant indicator becomes NaN.
    """
    low, high = bounds_of(method, bounds)
    turned = values * directions
    with np.errstate(invalid="ignore", divide="ignore"):
        if method in ("own_range", "goalposts"):
            if ranges is None:
                raise ValueError("the ranges of the scales are not given")
            ends = np.where(directions > 0, ranges, ranges[::-1])
            share = (values - ends[0]) / (ends[1] - ends[0])
            share = np.clip(share, 0, 1) if method == "goalposts" else share
            return np.asarray(low + share * (high - low))
        if method == "distance":
            if references is None:
                raise ValueError("the references are not given")
            least = np.nanmin(turned, axis=AREAS, keepdims=True)
            share = 1 - (references * directions - turned) / (references * directions - least)
            return np.asarray(low + (np.minimum(share, 1) if cap else share) * (high - low))
        return _among_areas(turned, method, (low, high), mean_sd)


def _among_areas(turned: Floats, method: str, bounds: tuple[float, float], mean_sd: tuple[float, float]) -> Floats:
    """Normalisations by what all areas have."""
    low, high = bounds
    if method == "none":
        return turned
    if method in ("min_max", "distance_to_max"):
        least = np.nanmin(turned, axis=AREAS, keepdims=True)
        most = np.nanmax(turned, axis=AREAS, keepdims=True)
        share = np.where(most > least, (turned - least) / (most - least), np.nan)
        return np.asarray(low + share * (high - low))
    if method == "share_of_max":
        return np.asarray(low + turned / np.nanmax(turned, axis=AREAS, keepdims=True) * (high - low))
    if method == "z_score":
        mean = np.nanmean(turned, axis=AREAS, keepdims=True)
        sd = np.nanstd(turned, axis=AREAS, ddof=1, keepdims=True)
        varies = sd > 1e-12 * np.maximum(1, np.abs(mean))
        return np.asarray(np.where(varies, (turned - mean) / sd, np.nan) * mean_sd[1] + mean_sd[0])
    ranks = ascending(turned)
    if method == "rank":
        return ranks
    if method == "borda":
        return np.asarray(ranks - 1)
    if method == "percentile":
        there = np.sum(~np.isnan(turned), axis=AREAS, keepdims=True)
        return np.asarray(low + (ranks - 1) / (there - 1) * (high - low))
    raise ValueError(f"no normalisation is called {method}")


def ascending(values: Floats) -> Floats:
    """Ranks over areas, 1 the lowest; those that are equal share the lowest of their ranks; NaN stays."""
    filled = np.where(np.isnan(values), np.inf, values)
    ranks = np.asarray(rankdata(filled, method="min", axis=AREAS), dtype=float)
    return np.where(np.isnan(values), np.nan, ranks)


def descending(scores: Floats) -> Floats:
    """Ranks over the last axis, 1 the highest; those that are equal share the best of their ranks; NaN stays.

    Scores that differ by what rounding leaves are equal: sums of the same ranks come out different by their order.
    """
    given = np.asarray(scores, dtype=float)
    size = np.abs(np.where(np.isnan(given), 0, given)).max(axis=-1, keepdims=True, initial=0)
    return ascending(-np.round(given / np.where(size > 0, size, 1), SAME)[..., None])[..., 0]


def averaged(values: Floats, weights: Floats, method: str, least: float = 0.0) -> Floats:
    """One score per area from its indicators, which are reweighted among those present.

    ``weights``: … × indicators, relative. NaN where fewer than the share ``least`` of the indicators are there, or
    none is. Geometric and harmonic means of what is not above zero are NaN.
    """
    there = ~np.isnan(values)
    score = _MEANS[method](values, np.broadcast_to(weights, np.broadcast_shapes(values.shape, np.shape(weights))))
    enough = (there.mean(axis=-1) >= least - 1e-12) & there.any(axis=-1)
    return np.where(enough, score, np.nan)


def _shares(values: Floats, weights: Floats) -> Floats:
    present = np.where(np.isnan(values), 0, weights)
    total = present.sum(axis=-1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(present / total)


def _arithmetic(values: Floats, weights: Floats) -> Floats:
    return np.asarray(np.sum(_shares(values, weights) * np.nan_to_num(values), axis=-1))


def _geometric(values: Floats, weights: Floats) -> Floats:
    with np.errstate(invalid="ignore", divide="ignore"):
        logs = np.where(np.isnan(values), 0, np.log(np.where(values > 0, values, np.nan)))
    present = np.where(np.isnan(values), 0.0, logs)
    return np.asarray(np.exp(np.sum(_shares(values, weights) * present, axis=-1)))


def _harmonic(values: Floats, weights: Floats) -> Floats:
    with np.errstate(invalid="ignore", divide="ignore"):
        turned = np.where(np.isnan(values), 0, 1 / np.where(values > 0, values, np.nan))
        return np.asarray(1 / np.sum(_shares(values, weights) * turned, axis=-1))


def outranking(values: Floats, weights: Floats) -> Floats:
    """… × area × area: the share of the weight on which the first is above the second; where they are equal, half.

    Of the indicators that both have, so that nothing depends on the order of rows. (COINr leaves out what either lacks
    in one half of the matrix and takes the rest from 1, so that the later row gains.)
    """
    one, other = values[..., :, None, :], values[..., None, :, :]
    both = ~np.isnan(one) & ~np.isnan(other)
    weight = np.where(both, weights[..., None, :], 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        won = np.sum(weight * (np.where(one > other, 1.0, 0.0) + np.where(one == other, 0.5, 0.0)), axis=-1)
        share = won / weight.sum(axis=-1)
    size = values.shape[AREAS]
    share[..., np.arange(size), np.arange(size)] = np.nan
    return np.asarray(share)


def _copeland(values: Floats, weights: Floats) -> Floats:
    """Areas outranked less areas outranked by: each comparison is won by more than half of the weight."""
    share = outranking(values, weights)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.sum((share > 0.5 + 1e-12).astype(float) - (share < 0.5 - 1e-12), axis=-1))


def _outranking_sum(values: Floats, weights: Floats) -> Floats:
    """Row sums of the outranking matrix: the Copeland score of COINr before it counted wins and losses."""
    return np.asarray(np.nansum(outranking(values, weights), axis=-1))


_MEANS: dict[str, Callable[[Floats, Floats], Floats]] = {
    "arithmetic": _arithmetic,
    "geometric": _geometric,
    "harmonic": _harmonic,
    "copeland": _copeland,
    "outranking": _outranking_sum,
}
