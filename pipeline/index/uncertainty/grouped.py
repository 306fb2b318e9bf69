"""Weighted means of many columns in every area and wave, in the sample and in all replicates, as matrix products."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from pipeline.errors import CohesionError
from pipeline.index.uncertainty.arrays import FloatArray, IntArray

BLOCK = 64
"""Columns in one pass over the rows: so many that the replicates' weights are read seldom, so few that memory holds."""


@dataclass
class Groups:
    """Rows sorted by group (an area in a wave), with weights; ``multiples`` (persons × replicates) vary them.

    All results have the sample first, then the replicates: shape (1 + replicates, groups, …).
    """

    bounds: IntArray
    weights: FloatArray
    person: IntArray
    multiples: FloatArray
    _totals: dict[bytes, FloatArray] = field(default_factory=dict)

    @property
    def count(self) -> int:
        return len(self.bounds) - 1

    @property
    def draws(self) -> int:
        return 1 + int(self.multiples.shape[1])

    def sums(self, columns: FloatArray) -> FloatArray:
        """Σ weight × value in each group: (1 + replicates) × groups × columns."""
        found = np.empty((self.draws, self.count, columns.shape[1]))
        for group, (start, stop) in enumerate(zip(self.bounds[:-1], self.bounds[1:], strict=True)):
            base = columns[start:stop] * self.weights[start:stop, None]
            found[0, group] = base.sum(axis=0)
            if self.draws > 1:
                found[1:, group] = self.multiples[self.person[start:stop]].T @ base
        return found

    def totals(self, mask: np.ndarray) -> FloatArray:
        """The weight of the rows in the mask: (1 + replicates) × groups."""
        key = np.packbits(mask).tobytes()
        if key not in self._totals:
            self._totals[key] = self.sums(mask.astype(np.float64)[:, None])[:, :, 0]
        return self._totals[key]

    def means(self, columns: FloatArray) -> FloatArray:
        """Weighted means of the rows that have a value: (1 + replicates) × groups × columns; NaN where none has."""
        found = np.empty((self.draws, self.count, columns.shape[1]))
        for first in range(0, columns.shape[1], BLOCK):
            part = columns[:, first : first + BLOCK]
            there = np.isfinite(part)
            sums = self.sums(np.where(there, part, 0.0))
            for at in range(part.shape[1]):
                with np.errstate(invalid="ignore", divide="ignore"):
                    found[:, :, first + at] = sums[:, :, at] / self.totals(there[:, at])
        return found

    def total_sums(self, columns: FloatArray) -> FloatArray:
        """Σ weight × value over all rows: (1 + replicates) × columns."""
        found = np.zeros((self.draws, columns.shape[1]))
        for start, stop in zip(self.bounds[:-1], self.bounds[1:], strict=True):
            base = columns[start:stop] * self.weights[start:stop, None]
            found[0] += base.sum(axis=0)
            if self.draws > 1:
                found[1:] += self.multiples[self.person[start:stop]].T @ base
        return found

    def each(self) -> Iterator[FloatArray]:
        """The rows' weights in the sample and in each replicate, one after the other."""
        yield self.weights
        for at in range(self.multiples.shape[1]):
            yield self.weights * self.multiples[self.person, at]


def groups_of(codes: IntArray, weights: FloatArray, person: IntArray, multiples: FloatArray) -> Groups:
    """Groups of rows that are sorted by ``codes`` (0, 1, …, none left out)."""
    if len(codes) and (np.diff(codes) < 0).any():
        raise CohesionError("the rows are not sorted by group", where="areas")
    bounds = np.concatenate([[0], np.cumsum(np.bincount(codes))])
    return Groups(bounds.astype(np.int64), weights, person, multiples)
