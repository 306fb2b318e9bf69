"""Working correlations within clusters, and how they are taken out of residuals.

Rows come in the order of clusters and, within them, of time. Each correlation gives ``whiten``: W with W'W = R⁻¹ in
each cluster, so that any D'R⁻¹r is (WD)'(Wr).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from pipeline.errors import ModelError

Structure = Literal["independence", "exchangeable", "ar1", "unstructured"]

MOST_PAIRS = 30_000_000


@dataclass(frozen=True)
class Pairs:
    """Two rows of a cluster each (their places), the parameter that says how they correlate, and their distance."""

    one: np.ndarray
    other: np.ndarray
    parameter: np.ndarray
    distance: np.ndarray
    count: int

    def correlation(self, structure: str, parameters: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Of each pair: its correlation, and the derivative by its parameter."""
        value = parameters[self.parameter]
        if structure != "ar1":
            return value, np.ones(len(value))
        with np.errstate(divide="ignore", invalid="ignore"):
            slope = np.where(self.distance == 1, 1.0, self.distance * value ** (self.distance - 1))
            return value**self.distance, np.where(np.isfinite(slope), slope, 0.0)


def pairs_of(structure: str, cluster: np.ndarray, time: np.ndarray, code: np.ndarray, where: str) -> Pairs:
    """All pairs within clusters; ``time`` in numbers, ``code`` its place among the times.

    Raises ModelError where there are none, too many, or where two waves share nobody.
    """
    if structure == "independence":
        none = np.zeros(0, dtype=np.int64)
        return Pairs(none, none, none, np.zeros(0), 0)
    size = np.bincount(cluster)
    total = int((size * (size - 1) // 2).sum())
    if total == 0:
        raise ModelError("no cluster has two rows, so that there is no correlation within one", where=where,
                         todo="Use `correlation: independence`.")  # fmt: skip
    if total > MOST_PAIRS:
        raise ModelError("clusters are too large for a correlation within them", where=where, count=int(size.max()),
                         todo="Use `correlation: independence`, or cluster by person.")  # fmt: skip
    ones, others = [], []
    for lag in range(1, int(size.max())):
        place = np.flatnonzero(cluster[lag:] == cluster[:-lag])
        ones.append(place)
        others.append(place + lag)
    one, other = np.concatenate(ones), np.concatenate(others)
    distance = np.abs(time[other] - time[one])
    if structure != "unstructured":
        return Pairs(one, other, np.zeros(total, dtype=np.int64), distance, 1)
    parameter, count = _each_two(code, one, other, where)
    return Pairs(one, other, parameter, distance, count)


def _each_two(code: np.ndarray, one: np.ndarray, other: np.ndarray, where: str) -> tuple[np.ndarray, int]:
    """The parameter of each pair, of all pairs of waves in order, and how many there are."""
    waves = int(code.max()) + 1
    low, high = np.minimum(code[one], code[other]), np.maximum(code[one], code[other])
    index = np.full((waves, waves), -1)
    index[np.triu_indices(waves, 1)] = np.arange(waves * (waves - 1) // 2)
    parameter = index[low, high]
    count = waves * (waves - 1) // 2
    absent = count - len(np.unique(parameter))
    if absent:
        raise ModelError("pairs of waves that nobody answered both of, so that they have no correlation", where=where,
                         count=absent, todo="Use `correlation: ar1` or `exchangeable`.")  # fmt: skip
    return parameter, count


@dataclass(frozen=True)
class Whitener:
    """The correlation of ``structure`` with its ``parameters``, on rows in ``cluster`` (codes that rise)."""

    structure: str
    parameters: np.ndarray
    cluster: np.ndarray
    time: np.ndarray
    code: np.ndarray
    where: str

    def whiten(self, values: np.ndarray) -> np.ndarray:
        """W × ``values`` (rows × columns). Raises ModelError where the parameters are no correlation."""
        if self.structure == "independence":
            return values
        if self.structure == "exchangeable":
            return self._exchangeable(values)
        return self._ar1(values) if self.structure == "ar1" else self._unstructured(values)

    def _exchangeable(self, values: np.ndarray) -> np.ndarray:
        alpha, size = float(self.parameters[0]), np.bincount(self.cluster)
        whole = 1 + (size - 1) * alpha
        if not alpha < 1 or whole.min() <= 0:
            raise self._refused()
        means = np.add.reduceat(values, _starts(size)) / size[:, None]
        shared = means[self.cluster]
        return np.asarray((values - shared) / np.sqrt(1 - alpha) + shared / np.sqrt(whole)[self.cluster][:, None])

    def _ar1(self, values: np.ndarray) -> np.ndarray:
        alpha = float(self.parameters[0])
        if not -1 < alpha < 1:
            raise self._refused()
        follows = np.concatenate([[False], self.cluster[1:] == self.cluster[:-1]])
        distance = np.concatenate([[0.0], np.diff(self.time)])
        if alpha < 0 and np.any(distance[follows] != np.round(distance[follows])):
            raise self._refused()
        kept = np.zeros(len(values))
        kept[follows] = alpha ** distance[follows]
        before = np.concatenate([np.zeros((1, values.shape[1])), values[:-1]])
        return np.asarray((values - kept[:, None] * before) / np.sqrt(1 - kept**2)[:, None])

    def _unstructured(self, values: np.ndarray) -> np.ndarray:
        """Cluster by cluster of the same waves."""
        waves = int(self.code.max()) + 1
        whole = np.eye(waves)
        whole[np.triu_indices(waves, 1)] = self.parameters
        whole = whole + whole.T - np.eye(waves)
        size = np.bincount(self.cluster)
        start = _starts(size)
        seen = np.zeros((len(size), waves), dtype=bool)
        seen[self.cluster, self.code] = True
        patterns, which = np.unique(seen, axis=0, return_inverse=True)
        made = np.empty_like(values)
        for number, pattern in enumerate(patterns):
            here = np.flatnonzero(which.ravel() == number)
            rows = start[here][:, None] + np.arange(int(pattern.sum()))
            try:
                root = np.linalg.cholesky(whole[np.ix_(pattern, pattern)])
            except np.linalg.LinAlgError:
                raise self._refused() from None
            made[rows] = np.einsum("ij,gjk->gik", np.linalg.inv(root), values[rows])
        return made

    def _refused(self) -> ModelError:
        return ModelError(
            f"the estimated `{self.structure}` correlation is none: it lies outside of what correlations can be",
            where=self.where, todo="Use `correlation: exchangeable` or `independence`.",
        )  # fmt: skip


def _starts(size: np.ndarray) -> np.ndarray:
    return np.concatenate([[0], np.cumsum(size)[:-1]])
