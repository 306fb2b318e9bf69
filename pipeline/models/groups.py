"""Sums, means and deviations by group, of groups coded 0, 1, 2 …"""

from __future__ import annotations

import numpy as np


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
