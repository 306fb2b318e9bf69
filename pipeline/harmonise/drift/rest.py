"""Ordered items of a file as a matrix, and those that are negatively correlated with what they used to go with."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from pipeline.harmonise.drift.finding import MANY
from pipeline.harmonise.drift.reading import Reading

WENT_WITH = 0.25
"""Items whose correlation was at least this were associated."""
PARTNERS = 2
"""With fewer nobody could say which of two items was turned round."""

Matrix = NDArray[np.float64]


class Items:
    """The ordered items of one file as columns of a matrix: rows are the file's rows, NaN where there is no value.

    ``rows`` chooses rows of the file, in that order.
    """

    def __init__(self, readings: Mapping[str, Reading], rows: NDArray[np.int64] | None = None) -> None:
        self.names = list(readings)
        columns = [reading.numbers if rows is None else reading.numbers[rows] for reading in readings.values()]
        self.values: Matrix = np.column_stack(columns) if columns else np.empty((0, 0))
        self._standardise()

    def _standardise(self) -> None:
        answered = ~np.isnan(self.values)
        counts = np.maximum(answered.sum(axis=0), 1)
        centred = np.where(answered, self.values - np.where(answered, self.values, 0).sum(axis=0) / counts, 0.0)
        spread = np.sqrt((centred**2).sum(axis=0) / counts)
        self.answered = answered
        self.scores: Matrix = centred / np.where(spread > 0, spread, 1.0)

    def correlations(self) -> Matrix:
        """Pairwise, from the people who answered both; 0 where they are fewer than ``MANY``."""
        both = self.answered.T.astype(float) @ self.answered.astype(float)
        products = self.scores.T @ self.scores
        with np.errstate(invalid="ignore", divide="ignore"):
            found = np.where(both >= MANY, products / np.maximum(both, 1), 0.0)
        np.fill_diagonal(found, 0.0)
        return np.clip(found, -1, 1)

    def with_rest(self, name: str, signs: Mapping[str, float]) -> tuple[float, int] | None:
        """Correlation of an item with the sum of others (each with its sign), and people; ``None`` for too few."""
        own = self.names.index(name)
        others = [self.names.index(other) for other in signs if other in self.names]
        if not others:
            return None
        rest = self.scores[:, others] @ np.array([signs[self.names[other]] for other in others])
        people = self.answered[:, own] & self.answered[:, others].any(axis=1)
        mine, theirs = self.scores[people, own], rest[people]
        if len(mine) < MANY or not mine.std() or not theirs.std():
            return None
        return float(np.corrcoef(mine, theirs)[0, 1]), len(mine)


def bounds(found: tuple[float, int], z: float) -> tuple[float, float]:
    """Lower and upper confidence bound of a correlation (Fisher's z)."""
    centre, half = math.atanh(max(-0.999, min(0.999, found[0]))), z / math.sqrt(found[1] - 3)
    return math.tanh(centre - half), math.tanh(centre + half)


def turned_against(now: Items, before: Items, z: float) -> dict[str, tuple[float, float, int]]:
    """Item → its correlation before and now with its associates, and people now, where the sign changed."""
    shared = [name for name in now.names if name in before.names]
    matrix = before.correlations()
    found: dict[str, tuple[float, float, int]] = {}
    for name in shared:
        row = matrix[before.names.index(name)]
        signs = {
            other: float(np.sign(row[before.names.index(other)]))
            for other in shared
            if abs(row[before.names.index(other)]) >= WENT_WITH
        }
        if len(signs) < PARTNERS:
            continue
        was, is_now = before.with_rest(name, signs), now.with_rest(name, signs)
        if was and is_now and bounds(was, z)[0] > 0 and bounds(is_now, z)[1] < 0:
            found[name] = (was[0], *is_now)
    return found
