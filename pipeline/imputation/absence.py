"""Cross-products over the rows in which a column is missing, kept for groups of columns that miss nearly the same rows.

Whoever misses a wave misses all of its questions: the columns of a wave lack the same people, and a few more each. The
cross-products of the shared rows are kept up to date as columns change; only those of the few more rows are made anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

SHARED = 0.6
"""The share of its rows that a column and a group have to have in common, for the column to belong to it."""
FEW = 8
"""A column that misses less than one in so many rows needs no group: its few rows are quickly multiplied."""


@dataclass
class _Group:
    """``rows``: missing in all of its columns; ``matrix``: these rows; ``gram``: their cross-products."""

    rows: np.ndarray
    columns: list[str] = field(default_factory=list)
    matrix: np.ndarray = field(default_factory=lambda: np.empty((0, 0)))
    gram: np.ndarray = field(default_factory=lambda: np.empty((0, 0)))


class Absence:
    """``gram(column, matrix)``: the cross-products of all columns over the rows in which ``column`` is missing."""

    def __init__(self, matrix: np.ndarray, missing: Mapping[str, np.ndarray]) -> None:
        self._groups: list[_Group] = []
        for name in sorted(missing, key=lambda name: -missing[name].size):
            if missing[name].size * FEW > len(matrix):
                self._place(name, missing[name])
        self._of = {name: group for group in self._groups for name in group.columns}
        self._more = {
            name: np.setdiff1d(rows, self._of[name].rows, assume_unique=True) if name in self._of else rows
            for name, rows in missing.items()
        }
        for group in self._groups:
            group.matrix = matrix[group.rows]
            group.gram = group.matrix.T @ group.matrix

    def gram(self, column: str, matrix: np.ndarray) -> np.ndarray:
        """Columns × columns."""
        more = matrix[self._more[column]]
        few = more.T @ more
        return np.asarray(self._of[column].gram + few if column in self._of else few)

    def refresh(self, matrix: np.ndarray, places: np.ndarray) -> None:
        """Take in that the columns at ``places`` have changed."""
        for group in self._groups:
            group.matrix[:, places] = matrix[np.ix_(group.rows, places)]
            block = group.matrix.T @ group.matrix[:, places]
            group.gram[:, places] = block
            group.gram[places, :] = block.T

    def _place(self, name: str, rows: np.ndarray) -> None:
        """Into the group that shares most of its rows with the column, or into one of its own."""
        for group in self._groups:
            shared = np.intersect1d(group.rows, rows, assume_unique=True)
            if shared.size >= SHARED * max(group.rows.size, rows.size):
                group.rows = shared
                group.columns.append(name)
                return
        self._groups.append(_Group(rows, [name]))
