"""What the wild bootstrap needs of the rows: sums by cluster for all terms, and for one term its statistics."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from pipeline.models.covariances.problem import Absorbed, LeastSquares, crossed, sums_by
from pipeline.models.groups import by_content


@dataclass(frozen=True)
class Way:
    """One way of clustering errors. For its clusters c: ``moments`` Σ_c q q' (C × K × K) and ``sign`` · factor.

    Its cells are the intersections with the clusters that are drawn (the cell's cluster and drawn cluster), with
    ``scores`` Σ q e (cells × K) and ``products`` Σ q q' (cells × K × K); both are the same where the ways are.
    """

    factor: float
    cluster: np.ndarray
    drawn: np.ndarray
    scores: np.ndarray
    products: np.ndarray
    across: Across | None

    @property
    def n_clusters(self) -> int:
        return int(self.cluster.max()) + 1


@dataclass(frozen=True)
class Across:
    """Absorbed groups that lie in several clusters: a draw of one cluster moves the residuals of the others.

    For each cell of group and cluster Σ s q (cells × K) and Σ s e (cells), s the roots of the weights, both over the
    root of the group's weight; and the same for cells of group and drawn cluster.
    """

    basis: tuple[np.ndarray, np.ndarray, np.ndarray]
    errors: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]
    n_groups: int


@dataclass(frozen=True)
class Sums:
    """The sums of all ways, for ``n_drawn`` clusters that are drawn: Σ q e (H × K) and Σ q q' (H × K × K)."""

    ways: tuple[Way, ...]
    scores: np.ndarray
    products: np.ndarray

    @property
    def n_drawn(self) -> int:
        return len(self.scores)

    def of(self, direction: np.ndarray) -> Statistics:
        """What the test of the term needs whose coefficient is ``direction`` (K) · those on the basis."""
        return Statistics(self, direction)


def sums(problem: LeastSquares, ways: list[np.ndarray], drawn: np.ndarray) -> Sums:
    """The sums by cluster of one way or two: errors' ways, and the way whose clusters are drawn.

    Two ways: both, less their intersections (Cameron, Gelbach & Miller 2011), each times G/(G−1) · (n−1)/(n−k).
    """
    numbered = by_content(drawn, problem.residuals)
    ways, drawn = [numbered if one is drawn else one for one in ways], numbered
    signed = [(ways[0], 1.0)]
    if len(ways) == 2:
        signed += [(ways[1], 1.0), (crossed(*ways), -1.0)]
    made = tuple(_way(problem, codes, drawn, sign) for codes, sign in signed)
    scores, products = _cells(problem, drawn)
    return Sums(made, scores, products)


def _way(problem: LeastSquares, codes: np.ndarray, drawn: np.ndarray, sign: float) -> Way:
    n_clusters, n = int(codes.max()) + 1, problem.n_obs
    factor = sign * n_clusters / max(n_clusters - 1, 1) * (n - 1) / (n - problem.rank)
    cell = codes if codes is drawn else crossed(codes, drawn)
    first = np.unique(cell, return_index=True)[1]
    scores, products = _cells(problem, cell)
    return Way(factor, codes[first], drawn[first], scores, products, _across(problem, codes, drawn))


def _cells(problem: LeastSquares, cell: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Σ q e and Σ q q' by cell."""
    order = np.argsort(cell, kind="stable")
    basis = problem.basis[order]
    starts = np.flatnonzero(np.diff(cell[order], prepend=-1))
    ends = np.append(starts[1:], len(cell))
    k = problem.rank
    products = np.empty((len(starts), k, k))
    for place, (start, end) in enumerate(zip(starts, ends, strict=True)):
        products[place] = basis[start:end].T @ basis[start:end]
    return sums_by(problem.scores, cell), products


def _across(problem: LeastSquares, codes: np.ndarray, drawn: np.ndarray) -> Across | None:
    """None where each absorbed group lies in one cluster of both ways: its sums there are zero."""
    effects = problem.absorbed
    if effects is None:
        return None
    spread = _in_several(effects, codes) | _in_several(effects, drawn)
    rows = spread[effects.codes]
    if not rows.any():
        return None
    group = np.unique(effects.codes[rows], return_inverse=True)[1].reshape(-1)
    total = np.bincount(group, effects.root[rows] ** 2)
    share = effects.root[rows] / np.sqrt(total[group])
    basis, errors = problem.basis[rows] * share[:, None], problem.residuals[rows] * share
    one, other = crossed(codes[rows], group), crossed(drawn[rows], group)
    first, second = np.unique(one, return_index=True)[1], np.unique(other, return_index=True)[1]
    both = sums_by(np.column_stack([basis, errors]), other)
    return Across(
        (codes[rows][first], group[first], sums_by(basis, one)),
        (drawn[rows][second], group[second], both[:, :-1], both[:, -1]),
        len(total),
    )


def _in_several(effects: Absorbed, codes: np.ndarray) -> np.ndarray:
    """Which groups have rows in more than one cluster."""
    n_groups = effects.count
    low = np.full(n_groups, np.iinfo(np.int64).max)
    high = np.full(n_groups, -1)
    np.minimum.at(low, effects.codes, codes)
    np.maximum.at(high, effects.codes, codes)
    return np.asarray(low != high)


class Statistics:
    """Numerators and variances of the draws of one term, with residuals e + δ x̃ (see ``inverted``).

    With z = Q r the part of the term's column that no other explains (times r'r), a draw v has the numerator
    Σ_h v_h z_h'ũ_h and, in cluster c, the score Σ_h v_h z_{ch}'ũ_{ch} − F_c Σ_h v_h Q_h'ũ_h, F_c = z_c'Q_c.
    """

    def __init__(self, given: Sums, direction: np.ndarray) -> None:
        self.given = given
        self.direction = direction
        self.size = float(direction @ direction)

    def variance(self) -> float:
        """The clustered variance of the estimate itself."""
        return float(
            sum(
                way.factor * np.sum(np.bincount(way.cluster, way.scores @ self.direction, way.n_clusters) ** 2)
                for way in self.given.ways
            )
        )

    def drawn(self, draws: np.ndarray) -> np.ndarray:
        """Of each draw (H × B): numerator, its slope; the square, cross product and slope's square of the variance."""
        r = self.direction
        moved = self.given.products @ r / self.size  # Q_h'x̃_h (H × K)
        parts = self.given.scores @ r, moved @ r
        found = np.empty((5, draws.shape[1]))
        found[0], found[1] = parts[0] @ draws, parts[1] @ draws
        found[2:] = 0.0
        totals = self.given.scores.T @ draws, moved.T @ draws  # (K × B)
        for way in self.given.ways:
            first, second = self._scores(way, draws, totals)
            found[2] += way.factor * np.einsum("cb,cb->b", first, first)
            found[3] += way.factor * np.einsum("cb,cb->b", first, second)
            found[4] += way.factor * np.einsum("cb,cb->b", second, second)
        return found

    def _scores(
        self, way: Way, draws: np.ndarray, totals: tuple[np.ndarray, np.ndarray]
    ) -> tuple[np.ndarray, np.ndarray]:
        """Each cluster's score in each draw (C × B), for e and for x̃."""
        from scipy.sparse import csr_matrix

        r, n = self.direction, way.n_clusters
        shape = (n, self.given.n_drawn)
        z = way.products @ r  # cells × K
        slope = np.zeros((n, len(r)))
        np.add.at(slope, way.cluster, z)
        place = (way.cluster, way.drawn)
        own = csr_matrix((way.scores @ r, place), shape), csr_matrix((z @ r / self.size, place), shape)
        if way.across is not None:
            taken = self._across(way.across, shape)
            own = own[0] - taken[0], own[1] - taken[1]
        return own[0] @ draws - slope @ totals[0], own[1] @ draws - slope @ totals[1]

    def _across(self, across: Across, shape: tuple[int, int]) -> tuple[Any, Any]:
        """Σ_i (z'P_i)_c (P_i ũ)_h over absorbed groups i, for e and for x̃ (C × H)."""
        from scipy.sparse import csr_matrix

        cluster, group, basis = across.basis
        drawn, other, same, errors = across.errors
        left = csr_matrix((basis @ self.direction, (cluster, group)), (shape[0], across.n_groups))
        right = (
            csr_matrix((errors, (drawn, other)), (shape[1], across.n_groups)),
            csr_matrix((same @ self.direction / self.size, (drawn, other)), (shape[1], across.n_groups)),
        )
        return left @ right[0].T, left @ right[1].T
