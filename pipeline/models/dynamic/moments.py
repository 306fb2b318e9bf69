"""The sums over persons that a generalised method of moments needs: Z'HZ, and each person's Z'X and Z'y."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.models.dynamic.instruments import Blocks
from pipeline.models.dynamic.transforms import Transformation, transposed

PERSONS = 2_000
"""So many at once: what is dense in periods and instruments stays small."""


@dataclass(frozen=True)
class Moments:
    """``weight`` Z'HZ (instruments × instruments), ``matrix`` Z_i'X_i (persons × instruments × terms), ``outcome``
    Z_i'y_i (persons × instruments)."""

    weight: np.ndarray
    matrix: np.ndarray
    outcome: np.ndarray

    @property
    def n_instruments(self) -> int:
        return int(self.outcome.shape[1])

    def of(self, kept: np.ndarray) -> Moments:
        """The same with some of the instruments only."""
        return Moments(self.weight[np.ix_(kept, kept)], self.matrix[:, kept], self.outcome[:, kept])

    def errors(self, estimates: np.ndarray) -> np.ndarray:
        """Z_i'e_i (persons × instruments)."""
        return np.asarray(self.outcome - self.matrix @ estimates)


@dataclass(frozen=True)
class Equation:
    """One equation's rows: ``matrix`` (persons × periods × terms), ``outcome`` (persons × periods), zero outside
    ``rows``."""

    matrix: np.ndarray
    outcome: np.ndarray
    rows: np.ndarray


def moments(
    change: Equation, level: Equation | None, blocks: Blocks, complete: np.ndarray, how: Transformation
) -> Moments:
    """The sums of the transformed equation, with those of the level equation in a system.

    H = M M', the covariance of transformed errors that are independent and of equal variance; in a system that of
    both equations together (xtabond2's ``h(3)``, plm's "full").
    """
    n_persons, size = len(complete), blocks.count
    first = len(blocks.transformed)
    weight = np.zeros((size, size))
    matrix = np.empty((n_persons, size, change.matrix.shape[2]))
    outcome = np.empty((n_persons, size))
    for start in range(0, n_persons, PERSONS):
        part = slice(start, start + PERSONS)
        instruments = _stacked([column for _, column in blocks.transformed], change.rows, part)
        matrix[part, :first] = instruments.transpose(0, 2, 1) @ change.matrix[part]
        outcome[part, :first] = np.einsum("itl,it->il", instruments, change.outcome[part])
        spread = np.zeros((*complete[part].shape, size))
        spread[:, :, :first] = transposed(instruments, complete[part], how)
        if level is not None:
            levels = _stacked([column for _, column in blocks.level], level.rows, part)
            matrix[part, first:] = levels.transpose(0, 2, 1) @ level.matrix[part]
            outcome[part, first:] = np.einsum("itl,it->il", levels, level.outcome[part])
            spread[:, :, first:] = levels
        flat = spread.reshape(-1, size)
        weight += flat.T @ flat
    return Moments(weight, matrix, outcome)


def _stacked(columns: Sequence[np.ndarray], rows: np.ndarray, part: slice) -> np.ndarray:
    """Columns (persons × periods × columns) of some persons, zero outside ``rows``."""
    made = np.empty((*rows[part].shape, len(columns)))
    for place, column in enumerate(columns):
        made[:, :, place] = np.where(rows[part], column[part], 0.0)
    return made
