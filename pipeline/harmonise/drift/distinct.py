"""The distinct values of a column of answers: few whole numbers, mostly, which need no sorting."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

WIDEST = 1_000
"""Whole numbers within this range are counted in place; all others are sorted."""


def distinct(values: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """The distinct values in ascending order, and for each value its place among them; NaN is not among ``values``."""
    places = _whole(values)
    if places is None:
        found, inverse = np.unique(values, return_inverse=True)
        return found, inverse.ravel()
    there = np.bincount(places) > 0
    return np.flatnonzero(there) + values.min(), (np.cumsum(there) - 1)[places]


def _whole(values: NDArray[np.float64]) -> NDArray[np.int64] | None:
    """How far each value lies above the least, if all are whole numbers near each other."""
    if not len(values) or not values.max() - values.min() <= WIDEST or not float(values.min()).is_integer():
        return None
    places = (values - values.min()).astype(np.int64)
    return places if (places + values.min() == values).all() else None
