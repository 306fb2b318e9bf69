"""Ordered items of a file as a matrix, and those negatively correlated with their earlier associates."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from pipeline.harmonise.drift.finding import MANY
from pipeline.harmonise.drift.reading import Reading

WENT_WITH = 0.25
"""Items whose correlation was at least this were associated."""
PARTNERS = 2
"""With fewer nobody could say which of two items was turned round."""

NO_SPREAD = 1e-12
"""Variances of standardised scores up to this are rounding."""
AT_ONCE = 32
"""Items whose rests are summed at once, so that large files need little memory."""

Matrix = NDArray[np.float64]


class Items:
    """The ordered items of one file as columns of a matrix: rows are the file's rows, NaN where there is no value.

    ``rows`` chooses rows of the file, in that order.
    """

    def __init__(self, readings: Mapping[str, Reading], rows: NDArray[np.int64] | None = None) -> None:
        self.names = list(readings)
        columns = [reading.numbers if rows is None else reading.numbers[rows] for reading in readings.values()]
        self._standardise(np.column_stack(columns) if columns else np.empty((0, 0)))

    def _standardise(self, values: Matrix) -> None:
        answered = ~np.isnan(values)
        counts = np.maximum(answered.sum(axis=0), 1)
        scores: Matrix = np.where(answered, values, 0.0)
        scores -= scores.sum(axis=0) / counts
        np.copyto(scores, 0.0, where=~answered)
        spread = np.sqrt((scores**2).sum(axis=0) / counts)
        scores /= np.where(spread > 0, spread, 1.0)
        self.answered, self.scores = answered, scores

    @cached_property
    def ones(self) -> Matrix:
        """1 where there is an answer, else 0."""
        return self.answered.astype(float)

    @cached_property
    def correlations(self) -> Matrix:
        """Pairwise, from the people who answered both; 0 where they are fewer than ``MANY``."""
        both = self.ones.T @ self.ones
        products = self.scores.T @ self.scores
        with np.errstate(invalid="ignore", divide="ignore"):
            found = np.where(both >= MANY, products / np.maximum(both, 1), 0.0)
        np.fill_diagonal(found, 0.0)
        return np.clip(found, -1, 1)

    def with_rest(self, name: str, signs: Mapping[str, float]) -> tuple[float, int] | None:
        """Correlation of an item with the sum of others (each with its sign), and people; ``None`` for too few."""
        return self.with_rests({name: signs})[name]

    def with_rests(self, rests: Mapping[str, Mapping[str, float]]) -> dict[str, tuple[float, int] | None]:
        """As ``with_rest``, for many items at once: item → the signs of its others."""
        found: dict[str, tuple[float, int] | None] = {}
        names = list(rests)
        for start in range(0, len(names), AT_ONCE):
            found |= self._with_rests({name: rests[name] for name in names[start : start + AT_ONCE]})
        return found

    def _with_rests(self, rests: Mapping[str, Mapping[str, float]]) -> dict[str, tuple[float, int] | None]:
        place = {name: number for number, name in enumerate(self.names)}
        signs = np.zeros((len(self.names), len(rests)))
        for column, others in enumerate(rests.values()):
            for other, sign in others.items():
                if other in place:
                    signs[place[other], column] = sign
        own = [place[name] for name in rests]
        people = self.answered[:, own] & (self.ones @ (signs != 0).astype(float) > 0)
        own_scores, of_rests = (np.where(people, values, 0.0) for values in (self.scores[:, own], self.scores @ signs))
        found = _correlated(own_scores, of_rests, people)
        return dict(zip(rests, found, strict=True))


def _correlated(one: Matrix, other: Matrix, people: NDArray[np.bool_]) -> list[tuple[float, int] | None]:
    """Column by column the correlation among ``people``, and how many; 0 stands for everybody else."""
    count = people.sum(axis=0)
    n = np.maximum(count, 1)
    first, second = one.sum(axis=0) / n, other.sum(axis=0) / n
    products = (one * other).sum(axis=0) / n - first * second
    variance, of_other = (one**2).sum(axis=0) / n - first**2, (other**2).sum(axis=0) / n - second**2
    scale = np.sqrt(np.maximum(variance, 0.0) * np.maximum(of_other, 0.0))
    enough = (count >= MANY) & (variance > NO_SPREAD) & (of_other > NO_SPREAD)
    found = np.clip(products / np.where(enough, scale, 1.0), -1, 1)
    return [(float(r), int(k)) if use else None for r, k, use in zip(found, count, enough, strict=True)]


def bounds(found: tuple[float, int], z: float) -> tuple[float, float]:
    """Lower and upper confidence bound of a correlation (Fisher's z)."""
    centre, half = math.atanh(max(-0.999, min(0.999, found[0]))), z / math.sqrt(found[1] - 3)
    return math.tanh(centre - half), math.tanh(centre + half)


def turned_against(now: Items, before: Items, z: float) -> dict[str, tuple[float, float, int]]:
    """Item → its correlation before and now with its associates, and people now, where the sign changed."""
    shared = [name for name in now.names if name in before.names]
    matrix = before.correlations
    place = [before.names.index(name) for name in shared]
    among = matrix[np.ix_(place, place)]
    rests = {
        name: {other: float(np.sign(r)) for other, r in zip(shared, row, strict=True) if abs(r) >= WENT_WITH}
        for name, row in zip(shared, among, strict=True)
    }
    rests = {name: signs for name, signs in rests.items() if len(signs) >= PARTNERS}
    were, are = before.with_rests(rests), now.with_rests(rests)
    return {
        name: (was[0], *is_now)
        for name in rests
        if (was := were[name]) and (is_now := are[name]) and bounds(was, z)[0] > 0 and bounds(is_now, z)[1] < 0
    }
