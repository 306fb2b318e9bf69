"""Sums, means and deviations by group, of groups coded 0, 1, 2 …"""

from __future__ import annotations

import numpy as np

ROUNDING = 1e-20
"""A group with less than this share of all squares has none but rounding."""


def group_sums(values: np.ndarray, group: np.ndarray) -> np.ndarray:
    """Sums by group (groups × columns) of ``values`` (rows × columns)."""
    n_groups = int(group.max()) + 1
    return np.column_stack([np.bincount(group, column, n_groups) for column in values.T])


def means_of(values: np.ndarray, group: np.ndarray) -> np.ndarray:
    """Each row's group mean."""
    return np.asarray((group_sums(values, group) / np.bincount(group)[:, None])[group])


def within(values: np.ndarray, group: np.ndarray) -> np.ndarray:
    """Deviations from the group mean."""
    return np.asarray(values - means_of(values, group))


def by_content(group: np.ndarray, values: np.ndarray) -> np.ndarray:
    """The codes of groups numbered by what is in them: squares of ``values`` (n, or n × columns), and rows.

    A draw is the number of a group: by the order of rows, or by names of people, which differ between installations,
    the same seed would draw otherwise.
    """
    return np.asarray(
        np.argsort(order_of(group_sums(values.reshape(len(values), -1) ** 2, group), np.bincount(group)))[group]
    )


def order_of(squares: np.ndarray, counts: np.ndarray | None = None) -> np.ndarray:
    """The places of groups in the order of their sums of squares (groups × columns), what is but rounding as zero."""
    clean = np.where(squares > ROUNDING * squares.sum(axis=0), squares, 0.0)
    return np.lexsort([*([] if counts is None else [counts]), *clean.T[::-1]])
