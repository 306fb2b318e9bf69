"""The rows of each cluster on the basis of a fit, with the absorbed groups that reach beyond it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.errors import ModelError
from pipeline.models.covariances.problem import LeastSquares

LARGEST = 1_500
"""Further columns of which dense matrices are made."""


@dataclass(frozen=True)
class Cluster:
    """One cluster: ``columns`` (n_g × (K + further)), residuals, weights (None: all equal).

    ``place`` are the columns' places among those of the whole fit (``width``); ``outer`` is U'WU of them.
    """

    columns: np.ndarray
    residuals: np.ndarray
    weights: np.ndarray | None
    place: np.ndarray
    width: int
    outer: np.ndarray | None

    def placed(self, values: np.ndarray) -> np.ndarray:
        """Values (K × columns of the cluster) among the columns of the whole fit."""
        made = np.zeros((len(values), self.width))
        made[:, self.place] = values
        return made


def clusters_of(problem: LeastSquares, codes: np.ndarray) -> tuple[list[Cluster], np.ndarray | None]:
    """Each cluster, and with weights the root of U'WU.

    Without weights only those absorbed groups count that lie in several clusters: the others are orthogonal to what is
    left of the terms. Raises ModelError if more than 1,500 count.
    """
    weights = problem.root**2 if np.ptp(problem.root) else None
    groups = _further(problem, codes, every=weights is not None)
    n_further = 0 if groups is None else int(groups.max()) + 1
    if n_further > LARGEST:
        why = "with weights" if weights is not None else "that lie in several clusters"
        raise ModelError(
            f"absorbed effects {why}, too many for this covariance",
            where="clusters",
            count=n_further,
            todo="Choose clusters that hold each group whole, or the wild bootstrap.",
        )
    width = problem.rank + n_further
    outer = None if weights is None else _weighed(problem, weights, groups, width)
    order = np.argsort(codes, kind="stable")
    made = []
    for rows in np.split(order, np.flatnonzero(np.diff(codes[order])) + 1):
        further, columns = _columns(problem, rows, groups)
        place = np.append(np.arange(problem.rank), problem.rank + further).astype(np.int64)
        own = None if outer is None else outer[np.ix_(place, place)]
        made.append(
            Cluster(columns, problem.residuals[rows], None if weights is None else weights[rows], place, width, own)
        )
    return made, None if outer is None else _root(outer)


def _further(problem: LeastSquares, codes: np.ndarray, *, every: bool) -> np.ndarray | None:
    """Each row's absorbed group (n) among those that count, −1 where it does not; None where none does."""
    effects = problem.absorbed
    if effects is None:
        return None
    if every:
        return effects.codes
    low = np.full(effects.count, len(codes))
    high = np.full(effects.count, -1)
    np.minimum.at(low, effects.codes, codes)
    np.maximum.at(high, effects.codes, codes)
    spread = low != high
    if not spread.any():
        return None
    place = np.where(spread, np.cumsum(spread) - 1, -1)
    return np.asarray(place[effects.codes])


def _columns(problem: LeastSquares, rows: np.ndarray, groups: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    """Which groups the rows (n_g) have, and their part of the basis beside those groups' unit columns."""
    basis = problem.basis[rows]
    if groups is None or problem.absorbed is None:
        return np.empty(0, dtype=np.int64), basis
    present, own = np.unique(groups[rows], return_inverse=True)
    further = np.zeros((len(rows), len(present)))
    share = problem.root[rows] / np.sqrt(problem.absorbed.total[problem.absorbed.codes[rows]])
    further[np.arange(len(rows)), own.reshape(-1)] = share
    counted = present >= 0
    return present[counted], np.column_stack([basis, further[:, counted]])


def _weighed(problem: LeastSquares, weights: np.ndarray, groups: np.ndarray | None, width: int) -> np.ndarray:
    """U'WU over all columns."""
    rank = problem.rank
    made = np.zeros((width, width))
    heavy = problem.basis * weights[:, None]
    made[:rank, :rank] = problem.basis.T @ heavy
    if groups is not None and problem.absorbed is not None:
        share = problem.root / np.sqrt(problem.absorbed.total[groups])
        n = width - rank
        made[rank:, rank:] = np.diag(np.bincount(groups, weights * share**2, n))
        crossed = np.stack([np.bincount(groups, column * share, n) for column in heavy.T])
        made[:rank, rank:], made[rank:, :rank] = crossed, crossed.T
    return made


def _root(matrix: np.ndarray) -> np.ndarray:
    values, vectors = np.linalg.eigh(matrix)
    return np.asarray(vectors * np.sqrt(np.maximum(values, 0)))
