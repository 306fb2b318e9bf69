"""Coefficients drawn from their joint distribution, or from clusters drawn with replacement.

Every equation of a level needs only cross-products of its columns, and these are sums over clusters: a draw of clusters
is a weighted sum of theirs, so that thousands of draws cost one matrix product and small systems of equations.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.errors import ModelError
from pipeline.models.groups import group_sums
from pipeline.models.mechanisms.equations import Equation
from pipeline.models.mechanisms.levels import LevelRows

AT_ONCE = 250
"""Draws whose cross-products are held at a time."""
MOST_FAILED = 0.05
"""Share of draws that may leave a term without variation (a rare category): beyond it there is no interval."""


def normal_draws(estimates: np.ndarray, covariance: np.ndarray, draws: int, seed: int) -> np.ndarray:
    """Coefficients (draws × K) from the normal distribution of ``estimates`` (Monte Carlo; MacKinnon et al. 2004).

    By their correlations: units that differ by a million leave no small variance to rounding.
    """
    errors = np.sqrt(np.diag(covariance))
    correlations = covariance / np.outer(errors, errors)
    try:
        root = errors[:, None] * np.linalg.cholesky(correlations)
    except np.linalg.LinAlgError:  # fewer clusters than coefficients, or two ways of clusters
        values, vectors = np.linalg.eigh(correlations)
        root = errors[:, None] * vectors * np.sqrt(np.maximum(values, 0.0))
    return np.asarray(estimates + np.random.default_rng(seed).standard_normal((draws, len(estimates))) @ root.T)


@dataclass(frozen=True)
class Moments:
    """Cross-products of a level's columns by cluster (clusters × pairs), and the size of each column."""

    sums: np.ndarray
    size: np.ndarray

    @classmethod
    def of(cls, level: LevelRows, clusters: np.ndarray) -> Moments:
        weighted = level.values * np.sqrt(level.weights)[:, None]
        size = np.linalg.norm(weighted, axis=0)
        scaled = weighted / np.where(size > 0, size, 1.0)
        left, right = np.triu_indices(scaled.shape[1])
        return cls(group_sums(scaled[:, left] * scaled[:, right], clusters), size)

    def products(self, counts: np.ndarray) -> np.ndarray:
        """Cross-products (draws × columns × columns) of clusters taken so many times (draws × clusters)."""
        k = len(self.size)
        left, right = np.triu_indices(k)
        found = np.empty((len(counts), k, k))
        found[:, left, right] = found[:, right, left] = counts @ self.sums
        return found


@dataclass(frozen=True)
class Refits:
    """The equations as functions of how often each cluster counts."""

    equations: tuple[Equation, ...]
    moments: tuple[Moments, ...]
    n_clusters: int

    @classmethod
    def of(cls, equations: Sequence[Equation], clusters: np.ndarray) -> Refits:
        levels = {id(one.level): one.level for one in equations}
        moments = {key: Moments.of(level, clusters) for key, level in levels.items()}
        return cls(tuple(equations), tuple(moments[id(one.level)] for one in equations), int(clusters.max()) + 1)

    def estimates(self, counts: np.ndarray) -> np.ndarray:
        """Coefficients (draws × K); of a draw that cannot be estimated they are NaN."""
        return np.vstack([self._part(counts[at : at + AT_ONCE]) for at in range(0, len(counts), AT_ONCE)])

    def _part(self, counts: np.ndarray) -> np.ndarray:
        made: dict[int, np.ndarray] = {}
        parts = []
        for one, moments in zip(self.equations, self.moments, strict=True):
            if id(moments) not in made:
                made[id(moments)] = moments.products(counts)
            products, columns = made[id(moments)], list(one.columns)
            matrix, right = products[:, columns][:, :, columns], products[:, columns, one.target]
            parts.append(_solve(matrix, right) * (moments.size[one.target] / moments.size[columns]))
        return np.hstack(parts)

    def bootstrap(self, draws: int, seed: int) -> np.ndarray:
        """Coefficients (draws × K) of samples of clusters with replacement. Raises ModelError if too many fail."""
        found = np.vstack([self._part(counts) for counts in bootstrap_counts(self.moments, draws, seed)])
        kept: np.ndarray = found[np.isfinite(found).all(axis=1)]
        if len(kept) < (1 - MOST_FAILED) * draws:
            raise ModelError(
                "a term does not vary in too many samples of the bootstrap",
                where="interval",
                count=draws - len(kept),
                todo="Merge rare categories, or take `interval: monte_carlo`.",
            )
        return kept

    def without_each(self) -> np.ndarray:
        """Coefficients (clusters × K) without each cluster in turn: the jackknife."""
        parts = []
        for at in range(0, self.n_clusters, AT_ONCE):
            rows = np.arange(at, min(at + AT_ONCE, self.n_clusters))
            counts = np.ones((len(rows), self.n_clusters))
            counts[np.arange(len(rows)), rows] = 0.0
            parts.append(self._part(counts))
        return np.vstack(parts)


def bootstrap_counts(moments: Sequence[Moments], draws: int, seed: int) -> Iterator[np.ndarray]:
    """How often each cluster is drawn, some draws at a time; the same whatever the order of the rows.

    Clusters are numbered by what is in them: neither by where their rows stand, nor by the names of people.
    """
    keys = np.hstack([one.sums for one in {id(one): one for one in moments}.values()])
    n_clusters = len(keys)
    place = np.empty(n_clusters, dtype=np.int64)
    place[np.lexsort(keys.T)] = np.arange(n_clusters)
    rng = np.random.default_rng(seed)
    chances = np.full(n_clusters, 1 / n_clusters)
    for at in range(0, draws, AT_ONCE):
        drawn = rng.multinomial(n_clusters, chances, size=min(AT_ONCE, draws - at))
        yield drawn[:, place].astype(float)


def _solve(matrix: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Solutions of many small systems; NaN where one has none."""
    least = np.linalg.eigvalsh(matrix)[:, 0]
    good = least > 1e-12 * matrix.shape[1]
    found = np.full(right.shape, np.nan)
    if good.any():
        found[good] = np.linalg.solve(matrix[good], right[good][:, :, None])[:, :, 0]
    return found


def percentile_interval(draws: np.ndarray, confidence: float) -> tuple[float, float]:
    """The middle share of the draws."""
    low, high = np.quantile(draws, [(1 - confidence) / 2, (1 + confidence) / 2])
    return float(low), float(high)


def bca_interval(
    draws: np.ndarray, estimate: float, without_each: np.ndarray, confidence: float
) -> tuple[float, float] | None:
    """Bias-corrected and accelerated interval (Efron 1987); None where all draws lie on one side of the estimate."""
    from scipy.special import ndtr, ndtri

    below = float((draws < estimate).mean() + (draws == estimate).mean() / 2)
    if not 0 < below < 1:
        return None
    bias = float(ndtri(below))
    apart = without_each.mean() - without_each
    squares = float((apart**2).sum())
    acceleration = float((apart**3).sum()) / (6 * squares**1.5) if squares > 0 else 0.0
    ends = []
    for share in ((1 - confidence) / 2, (1 + confidence) / 2):
        point = bias + float(ndtri(share))
        ends.append(float(ndtr(bias + point / (1 - acceleration * point))))
    low, high = np.quantile(draws, ends)
    return float(low), float(high)


def two_sided_share(draws: np.ndarray) -> float:
    """Twice the smaller share of draws on either side of zero, one draw added to each: a p-value."""
    smaller = min(int((draws <= 0).sum()), int((draws >= 0).sum()))
    return min(1.0, 2 * (smaller + 1) / (len(draws) + 1))
