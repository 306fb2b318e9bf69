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
    """The places of groups in the order of their sums of squares (groups × columns), what is but rounding as zero.

    As ``np.lexsort`` of all columns; each column after the first is looked at for those alone that are alike so far.
    """
    order, alike = np.arange(len(squares)), np.zeros(len(squares), dtype=np.int64)
    left = np.arange(len(squares))  # the places in `order` of those that are alike so far, numbered by `alike`
    columns: list[np.ndarray] = [np.where(column > ROUNDING * column.sum(), column, 0.0) for column in squares.T]
    for values in [*columns, *([] if counts is None else [counts])]:
        own = order[left]
        by = np.lexsort((values[own], alike[left]))
        order[left] = own[by]
        same = (np.diff(values[order[left]]) == 0) & (np.diff(alike[left]) == 0)
        alike[left] = np.cumsum(np.concatenate([[0], ~same]))
        left = left[np.concatenate([same, [False]]) | np.concatenate([[False], same])]
        if not len(left):
            break
    return order
