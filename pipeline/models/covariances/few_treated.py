"""Whether enough clusters differ in a treatment for a test that draws clusters."""

from __future__ import annotations

import numpy as np

FEW = 2
"""With so few treated clusters the wild bootstrap is seldom right."""


def few_treated(column: np.ndarray, clusters: np.ndarray) -> tuple[str | None, str | None]:
    """Why the wild bootstrap of a column (n) is refused, and what to be careful of where it is not.

    A cluster is treated if it differs, in any row, from the value that others have throughout. One alone: the
    restricted bootstrap hardly ever rejects, the unrestricted one nearly always (MacKinnon & Webb 2017, 2018). The
    same holds where all but one are treated in all rows.

    >>> few_treated(np.array([1.0, 1, 0, 0, 0, 0]), np.array([0, 0, 1, 1, 2, 2]))[0]
    'one of 3 clusters alone differs in it, so that a wild bootstrap cannot tell its effect from what is special there'
    """
    total = int(clusters.max()) + 1
    if total == 1:
        return "there is one cluster, and a bootstrap of clusters needs several", None
    constant = _constants(column, clusters)
    if not constant.size:
        return None, None
    values, counts = np.unique(constant, return_counts=True)
    differing = total - int(counts.max())
    if np.any(counts == total - 1):
        return (
            f"one of {total} clusters alone differs in it, so that a wild bootstrap cannot tell its effect from what "
            "is special there"
        ), None
    binary = len(np.unique(column)) == 2
    fewest = total - int(counts.max()) if len(values) == 1 else int(min(counts.min(), differing))
    if binary and fewest <= FEW:
        which = "treated" if len(values) == 1 or counts.argmin() == 1 else "untreated"
        return None, f"{fewest} {which} clusters of {total}: prefer randomisation inference to the wild bootstrap"
    if binary and len(values) == 1 and counts[0] == 1:
        return None, f"one of {total} clusters has the same value throughout: prefer randomisation inference"
    return None, None


def _constants(column: np.ndarray, clusters: np.ndarray) -> np.ndarray:
    """The values of the clusters in which the column never changes."""
    order = np.lexsort((column, clusters))
    ordered, sorted_column = clusters[order], column[order]
    starts = np.flatnonzero(np.diff(ordered, prepend=-1))
    ends = np.append(starts[1:], len(ordered)) - 1
    low, high = sorted_column[starts], sorted_column[ends]
    return np.asarray(low[low == high])
