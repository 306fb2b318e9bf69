"""The arrays that the kernels of weighting take, by name."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]
Sparse = Any
"""A sparse matrix of scipy, which has no types."""


def crossproducts(columns: FloatArray, weights: FloatArray) -> FloatArray:
    """Σ w x x' for each row of ``weights`` (sets × rows); ``columns`` is rows × terms. Sets × terms × terms."""
    transposed = np.ascontiguousarray(columns.T)
    found = np.empty((len(weights), columns.shape[1], columns.shape[1]))
    for place, weight in enumerate(weights):
        found[place] = (transposed * weight) @ columns
    return found
