"""The cells into which population margins cut a sample, which is all that raking iterates over."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from pipeline.weights.arrays import FloatArray, IntArray, Sparse


@dataclass(frozen=True)
class Cells:
    """The sample cut by all margins at once: rows of a cell share one adjustment.

    ``codes[v]`` is each cell's category of margin ``v``, the last being ``unanswered`` where people did not answer;
    ``declared[v]`` the population's share of each category as declared; ``shares[v]`` the shares to meet, summing to
    one: a number for each category, or categories × sets where they differ between sets of weights. ``row_cell`` is
    each row's cell. Memory and time depend on the cells that occur, not on the rows.
    """

    variables: list[str]
    categories: list[list[str]]
    declared: list[FloatArray]
    codes: list[IntArray]
    row_cell: IntArray
    shares: list[FloatArray] = field(default_factory=list)

    @property
    def count(self) -> int:
        """The number of cells that occur."""
        return len(self.codes[0])

    @cached_property
    def indicators(self) -> list[Sparse]:
        """One sparse category × cell matrix per margin: sums cells, for many sets of weights at once."""
        from scipy.sparse import csr_array

        ones, cells = np.ones(self.count), np.arange(self.count)
        return [
            csr_array((ones, (code, cells)), shape=(len(names), self.count))
            for code, names in zip(self.codes, self.categories, strict=True)
        ]

    @cached_property
    def _gather(self) -> Sparse:
        """The sparse cell × row matrix that sums rows into cells."""
        from scipy.sparse import csr_array

        rows = np.arange(len(self.row_cell))
        return csr_array((np.ones(len(rows)), (self.row_cell, rows)), shape=(self.count, len(rows)))

    def mass(self, weights: FloatArray) -> FloatArray:
        """The weight in each cell: of one set of weights (rows), or of several (rows × sets)."""
        if weights.ndim == 1:
            return np.bincount(self.row_cell, weights, minlength=self.count).astype(float)
        summed: FloatArray = self._gather @ weights
        return summed

    def achieved(self, mass: FloatArray) -> list[FloatArray]:
        """The share of the weight in each category of each margin."""
        total = mass.sum()
        return [
            np.bincount(code, mass, minlength=len(names)) / total
            for code, names in zip(self.codes, self.categories, strict=True)
        ]

    def meeting(self, base: FloatArray) -> Cells:
        """These cells with the shares to meet: those who did not answer a margin keep their share of ``base`` there.

        ``base`` is one set of weights (rows), or several (rows × sets).
        """
        if all(len(names) == len(share) for names, share in zip(self.categories, self.declared, strict=True)):
            return replace(self, shares=self.declared)
        mass = self.mass(base)
        total = mass.sum(axis=0)
        shares = []
        for code, names, share in zip(self.codes, self.categories, self.declared, strict=True):
            if len(names) > len(share):
                left = mass[code == len(share)].sum(axis=0) / total
                share = np.concatenate([np.multiply.outer(share, 1 - left), left[None]])
            shares.append(share)
        return replace(self, shares=shares)

    def of_set(self, place: int) -> Cells:
        """The cells with the targets of one set of weights."""
        return replace(self, shares=[share if share.ndim == 1 else share[:, place] for share in self.shares])


def listed(names: list[str]) -> str:
    """Names as a list in words: ``a, b and c``."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
