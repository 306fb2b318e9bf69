"""Whether two models were fitted to the same answers: a difference of fit means something only then."""

from __future__ import annotations

import numpy as np

from pipeline.sem.engine.data import Data, GroupData


def difference_between(one: Data, other: Data) -> str | None:
    """The first respect in which two sets of answers differ, in words; None if they are the same, in any order."""
    if one is other:
        return None
    if set(one.variables) != set(other.variables):
        return "other variables"
    if one.variables != other.variables:
        return "the variables in another order"
    if [group.label for group in one.groups] != [group.label for group in other.groups]:
        return "other groups"
    for a, b in zip(one.groups, other.groups, strict=True):
        found = _between(a, b)
        if found:
            return found
    return None


def _between(a: GroupData, b: GroupData) -> str | None:
    if a.n != b.n:
        return f"{a.n:,} and {b.n:,} persons"
    if (a.weights is None) != (b.weights is None) or (a.clusters is None) != (b.clusters is None):
        return "weights or clusters in one of them only"
    if not np.array_equal(_sorted(a.y), _sorted(b.y), equal_nan=True):
        return "other answers"
    if a.weights is not None and b.weights is not None:
        one, two = _sorted(np.column_stack([a.y, a.weights])), _sorted(np.column_stack([b.y, b.weights]))
        if not np.allclose(one, two, rtol=1e-9, atol=0, equal_nan=True):
            return "other weights"
    if a.clusters is not None and b.clusters is not None:
        one, two = _cluster_sums(a.y, a.clusters), _cluster_sums(b.y, b.clusters)
        if one.shape != two.shape or not np.array_equal(one, two):
            return "other clusters"
    return None


def _cluster_sums(y: np.ndarray, clusters: np.ndarray) -> np.ndarray:
    """One row per cluster: persons and sums of answers, in order of their values, whatever the codes."""
    codes = np.unique(clusters, return_inverse=True)[1]
    rows = np.column_stack([np.ones(len(y)), np.nan_to_num(y)])
    order = np.lexsort((*rows.T[::-1], codes))
    sums = np.zeros((int(codes.max()) + 1, rows.shape[1]))
    np.add.at(sums, codes[order], rows[order])
    return _sorted(np.round(sums, 9))


def _sorted(rows: np.ndarray) -> np.ndarray:
    return np.asarray(rows[np.lexsort(rows.T[::-1])])
