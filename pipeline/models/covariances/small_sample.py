"""Cluster-robust covariances for few clusters: CR0–CR3 with Satterthwaite's degrees of freedom, and the HTZ test.

Bell & McCaffrey (2002), Pustejovsky & Tipton (2018); R's ``clubSandwich``. On an orthonormal basis Q the adjustment of
cluster g is (I − Q_g'Q_g)^(−1/2) for CR2 and (I − Q_g'Q_g)^(−1) for CR3: matrices of terms by terms, never of rows by
rows. Absorbed groups that lie in several clusters are further columns. With weights the working model is errors of
equal variance, as of ``vcovCR(lm(…, weights))``, and the adjustment moves within the span of W^(−½) Q_g and W^½ Q_g.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from pipeline.errors import ModelError
from pipeline.models.covariances.columns_of_clusters import Cluster, clusters_of
from pipeline.models.covariances.inner import Moments
from pipeline.models.covariances.problem import LeastSquares
from pipeline.models.covariances.sandwich import require_clusters

ZERO = 1e-12
KINDS = ("cr0", "cr1", "cr1s", "cr1p", "cr2", "cr3")


@dataclass(frozen=True)
class Adjusted:
    """The adjusted rows E_g (K × n_g) of each cluster, as far as anything depends on them.

    ``scores`` E_g e_g (G × K); ``spread`` E_g E_g' (G × K × K); ``reach`` E_g U_g (G × K × M), U the basis and further
    columns; with weights also ``weighed`` E_g W U_g and ``outer``, the root of U'WU (M × M).
    """

    scores: np.ndarray
    spread: np.ndarray
    reach: np.ndarray
    weighed: np.ndarray | None
    outer: np.ndarray | None

    @property
    def middle(self) -> np.ndarray:
        return np.asarray(self.scores.T @ self.scores)

    def moments(self, first: np.ndarray, second: np.ndarray) -> Moments:
        """The covariance (G × G) of the clusters' scores in two directions (K) under the working model."""
        own = np.einsum("i,gij,j->g", first, self.spread, second)
        one, other = (np.einsum("gkm,k->gm", self.reach, direction) for direction in (first, second))
        if self.weighed is None or self.outer is None:
            return Moments(own, -one, other)
        heavy, light = (np.einsum("gkm,k->gm", self.weighed, direction) for direction in (first, second))
        left = np.column_stack([-one, -heavy, one @ self.outer])
        return Moments(own, left, np.column_stack([light, other, other @ self.outer]))

    @cached_property
    def n_clusters(self) -> int:
        return len(self.scores)


def adjusted(problem: LeastSquares, codes: np.ndarray, kind: str) -> Adjusted:
    """The clusters' adjusted scores; ``kind`` is one of ``KINDS``. Raises ModelError as ``clusters_of`` does."""
    require_clusters([codes])
    if kind not in KINDS:
        raise ModelError(f"`{kind}` is not a kind of cluster-robust covariance: {', '.join(KINDS)}", where="kind")
    clusters, outer = clusters_of(problem, codes)
    size = np.sqrt(_factor(problem, kind, len(clusters)))
    each = [_parts(one, problem.rank, kind, size) for one in clusters]
    scores, spread, reach, weighed = (np.stack([parts[place] for parts in each]) for place in range(4))
    return Adjusted(scores, spread, reach, None if outer is None else weighed, outer)


def small_sample(problem: LeastSquares, codes: np.ndarray, kind: str) -> tuple[np.ndarray, np.ndarray]:
    """The covariance of the terms, and Satterthwaite's degrees of freedom of each (n_terms)."""
    found = adjusted(problem, codes, kind)
    degrees = []
    for direction in problem.back[: problem.n_terms]:
        moments = found.moments(direction, direction)
        degrees.append(moments.trace**2 / moments.inner(moments))
    return problem.covariance(found.middle), np.array(degrees)


def wald_htz(
    problem: LeastSquares, codes: np.ndarray, terms: np.ndarray, kind: str = "cr2"
) -> tuple[float, float, float, float]:
    """F, its degrees of freedom (both), and p of the hypothesis that all of ``terms`` (places) are zero.

    Hotelling's T² with Zhang's degrees of freedom, ``clubSandwich::Wald_test(test = "HTZ")``; p is nan where the
    second degrees of freedom are below zero: too few clusters for so many terms.
    """
    return htz(problem, codes, problem.back[terms], kind)


def htz(problem: LeastSquares, codes: np.ndarray, chosen: np.ndarray, kind: str) -> tuple[float, float, float, float]:
    """``wald_htz`` of combinations of the terms: the rows of ``chosen`` (q × K) take the coefficients on the basis."""
    found = adjusted(problem, codes, kind)
    q = len(chosen)
    omega = np.array([[found.moments(one, other).trace for other in chosen] for one in chosen])
    values, vectors = np.linalg.eigh(omega)
    turned = (vectors / np.sqrt(values)) @ vectors.T @ chosen
    pairs = [[found.moments(one, other) for other in turned] for one in turned]
    total = sum(pairs[s][t].inner(pairs[t][s]) + pairs[s][s].inner(pairs[t][t]) for s in range(q) for t in range(q))
    nu = q * (q + 1) / total
    estimates = chosen @ problem.on_basis
    square = float(estimates @ np.linalg.solve(chosen @ found.middle @ chosen.T, estimates))
    second = nu - q + 1
    statistic = max(second / nu, 0.0) * square / q
    return statistic, float(q), float(second), _f_tail(statistic, q, second)


def _f_tail(statistic: float, first: float, second: float) -> float:
    from scipy.special import fdtrc

    return float(fdtrc(first, second, statistic)) if second > 0 else float("nan")


def _factor(problem: LeastSquares, kind: str, n_clusters: int) -> float:
    n, rank = problem.n_obs, problem.n_terms
    if kind == "cr1":
        return n_clusters / (n_clusters - 1)
    if kind == "cr1s":
        return n_clusters / (n_clusters - 1) * (n - 1) / (n - rank)
    if kind == "cr1p":
        if n_clusters <= rank:
            raise ModelError("CR1p needs more clusters than terms", where="clusters", count=n_clusters)
        return n_clusters / (n_clusters - rank)
    return 1.0


def _parts(one: Cluster, rank: int, kind: str, size: float) -> tuple[np.ndarray, ...]:
    """E e, E E', E U over all further columns of the fit, and E W U."""
    if one.weights is None:
        gram = one.columns.T @ one.columns
        turn = np.eye(rank, len(gram)) * size
        if kind == "cr2":
            turn = _power(np.eye(len(gram)) - gram, -0.5)[:rank]
        elif kind == "cr3":
            turn[:, :rank] = np.linalg.inv(_without(gram[:rank, :rank]))
        reach = one.placed(turn @ gram)
        return turn @ (one.columns.T @ one.residuals), turn @ gram @ turn.T, reach, reach
    root = np.sqrt(one.weights)
    light, heavy = one.columns / root[:, None], one.columns * root[:, None]
    rows = heavy[:, :rank].T * size
    if kind == "cr3":
        gram = one.columns[:, :rank].T @ one.columns[:, :rank]
        rows = np.linalg.solve(_without(gram), rows)
    elif kind == "cr2":
        assert one.outer is not None
        span = np.linalg.qr(np.column_stack([light, heavy]))[0]
        one_side, other = span.T @ light, span.T @ heavy
        moved = -one_side @ other.T - other @ one_side.T + one_side @ one.outer @ one_side.T
        turn = _power(np.eye(len(moved)) + moved, -0.5) - np.eye(len(moved))
        rows = rows + (rows @ span) @ turn @ span.T
    return rows @ (one.residuals / root), rows @ rows.T, one.placed(rows @ light), one.placed(rows @ heavy)


def _without(gram: np.ndarray) -> np.ndarray:
    """What is left of the columns without a cluster (I − gram). Raises ModelError where nothing is left of one."""
    left: np.ndarray = np.eye(len(gram)) - gram
    if np.linalg.eigvalsh(left).min() < ZERO:
        raise ModelError(
            "without one of the clusters a term cannot be estimated, so that CR3 is not defined",
            where="clusters",
            todo="Take `cr2`, leave the term out, or test it by randomisation.",
        )
    return left


def _power(matrix: np.ndarray, power: float) -> np.ndarray:
    """A power of a symmetric matrix; directions without variance stay without."""
    values, vectors = np.linalg.eigh((matrix + matrix.T) / 2)
    powers = np.where(values > ZERO, np.maximum(values, ZERO) ** power, 0.0)
    return np.asarray((vectors * powers) @ vectors.T)
