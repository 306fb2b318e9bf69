"""The normal log-likelihood of incomplete answers as a function of means and covariances, with its derivatives.

With P the inverse of an observed sub-matrix of Σ, u = P(ȳ − μ) and W = S + (ȳ − μ)(ȳ − μ)′ in one pattern of n
persons: ∂l/∂μ = n u, ∂l/∂Σ = ½ n (P W P − P). Sources: Savalei (2010), Psychological Methods 15, 352–367; the same
quantities as lavaan's ``lav_mvnorm_missing_*``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from pipeline.sem.engine.data import GroupData
from pipeline.sem.engine.moments import covariance_information, crossproduct, mean_covariance_information, triangle
from pipeline.sem.engine.patterns import Terms, in_all_columns, lower_triangles, pattern_terms

LOG_2PI = float(np.log(2 * np.pi))
KEPT = 4_000_000  # numbers of pattern inverses that a point keeps (32 MB); beyond, each question inverts them anew
PERSONS = 8192  # persons whose scores are made at once


@dataclass(frozen=True)
class Slope:
    """First derivatives of the log-likelihood; ``covariance`` is the symmetric G with dl = ½ tr(G dΣ)."""

    mean: np.ndarray
    covariance: np.ndarray

    @property
    def vector(self) -> np.ndarray:
        """The derivative by (means, lower triangle)."""
        tri = triangle(len(self.mean))
        return np.concatenate([self.mean, 0.5 * tri.twice * self.covariance[tri.rows, tri.columns]])


def is_positive_definite(matrix: np.ndarray) -> bool:
    try:
        np.linalg.cholesky(matrix)
    except np.linalg.LinAlgError:
        return False
    return bool(np.isfinite(matrix).all())


class Point:
    """The likelihood of one group at a mean and a covariance matrix; each pattern's matrix is inverted once."""

    def __init__(self, data: GroupData, mean: np.ndarray, covariance: np.ndarray) -> None:
        self.data, self.mean, self.covariance = data, mean, covariance
        self._information: dict[str, np.ndarray] = {}

    @cached_property
    def is_possible(self) -> bool:
        """Whether the covariance matrix is positive definite."""
        return is_positive_definite(self.covariance)

    @cached_property
    def _kept(self) -> list[Terms]:
        return [pattern_terms(block, self.mean, self.covariance) for block in self.data.blocks]

    @property
    def terms(self) -> Iterator[Terms]:
        """Block by block; kept where they are small."""
        if 3 * sum(block.columns.shape[0] * block.columns.shape[1] ** 2 for block in self.data.blocks) <= KEPT:
            yield from self._kept
        else:
            for block in self.data.blocks:
                yield pattern_terms(block, self.mean, self.covariance)

    @cached_property
    def loglik(self) -> float:
        """Minus infinity where the covariance matrix is not positive definite."""
        if not self.is_possible:
            return -np.inf
        total = 0.0
        for own in self.terms:
            block = own.block
            distance = (own.u * (block.mean - self.mean[block.columns])).sum(1)
            if block.covariance is not None:
                distance += (own.inverse * block.covariance).sum((1, 2))
            total -= 0.5 * float(block.n @ (block.answered * LOG_2PI + own.logdet + distance))
        return total

    @cached_property
    def slope(self) -> Slope:
        """First derivatives, at a positive definite covariance matrix."""
        p = len(self.mean)
        by_mean, by_covariance = np.zeros(p), np.zeros((p, p))
        for own in self.terms:
            block = own.block
            outer = own.u[:, :, None] * own.u[:, None, :] - own.inverse
            if own.spread is not None:
                outer += own.spread
            if block.columns.shape[1] == p:
                by_mean += block.n @ own.u
                by_covariance += np.tensordot(block.n, outer, 1)
            else:
                by_mean += np.bincount(block.columns.ravel(), (block.n[:, None] * own.u).ravel(), p)
                flat = (block.columns[:, :, None] * p + block.columns[:, None, :]).ravel()
                by_covariance += np.bincount(flat, (block.n[:, None, None] * outer).ravel(), p * p).reshape(p, p)
        return Slope(by_mean, by_covariance)

    def information(self, kind: str = "observed") -> np.ndarray:
        """Information of the moments, summed over persons: ``kind`` observed (minus the Hessian) or expected."""
        if kind not in self._information:
            self._information[kind] = self._summed(kind == "observed")
        return self._information[kind]

    def _summed(self, observed: bool) -> np.ndarray:
        p = len(self.mean)
        tri = triangle(p)
        size = len(tri.rows)
        means, products, crossed = np.zeros((p, p)), np.zeros((size, size)), np.zeros((size, p))
        for own in self.terms:
            block = own.block
            precision = lower_triangles(own.inverse, block.columns, p)
            weighted = block.n[:, None] * precision
            means[tri.rows, tri.columns] += weighted.sum(0)
            if not observed:
                products += weighted.T @ precision
                continue
            excess = 2 * own.u[:, :, None] * own.u[:, None, :] - own.inverse
            if own.spread is not None:
                excess += 2 * own.spread
            products += weighted.T @ lower_triangles(excess, block.columns, p)
            crossed += weighted.T @ in_all_columns(own.u, block.columns, p)
        means[tri.columns, tri.rows] = means[tri.rows, tri.columns]
        result = np.zeros((tri.size, tri.size))
        result[:p, :p] = means
        result[p:, p:] = covariance_information(products, p)
        if observed:
            result[:p, p:] = mean_covariance_information(crossed, p)
            result[p:, :p] = result[:p, p:].T
        return result

    def information_times(self, kind: str, delta: np.ndarray) -> np.ndarray:
        """Information of the moments times Δ (moments × parameters).

        Where everybody answered everything, ½ D′(P ⊗ A)D is never formed: its product with vech Σⱼ is that of
        ½ P Σⱼ A.
        """
        if kind in self._information or not self.data.is_complete or self.data.blocks[0].covariance is None:
            return np.asarray(self.information(kind) @ delta)
        (own,) = self.terms
        inverse, u, p = own.inverse[0], own.u[0], len(self.mean)
        tri = triangle(p)
        moved = np.empty((delta.shape[1], p, p))
        moved[:, tri.rows, tri.columns] = moved[:, tri.columns, tri.rows] = delta[p:].T
        left = inverse @ moved
        pushed = inverse @ delta[:p]
        if kind == "observed":
            excess = 2 * np.outer(u, u) - inverse
            excess += 0.0 if own.spread is None else 2 * own.spread[0]
            turned = left @ excess + 2 * pushed.T[:, :, None] * u
            turned = 0.5 * (turned + turned.transpose(0, 2, 1))
            pushed = pushed + (left @ u).T
        else:
            turned = left @ inverse
        lower = 0.5 * tri.twice * turned[:, tri.rows, tri.columns]
        return float(own.block.n[0]) * np.concatenate([pushed, lower.T])

    def scores(self, delta: np.ndarray) -> np.ndarray:
        """Persons × parameters: each person's derivative of the log-likelihood, times the person's weight.

        ``delta`` is Δ, moments × parameters. With u = P(y − μ) a score is u′Δμ + ½ (u′Σⱼu − tr PΣⱼ); the last part
        belongs to the pattern.
        """
        data, p = self.data, len(self.mean)
        tri = triangle(p)
        by_mean, by_covariance = delta[:p], 0.5 * tri.twice[:, None] * delta[p:]
        result = np.empty((data.n, delta.shape[1]))
        for own in self.terms:
            constant = lower_triangles(own.inverse, own.block.columns, p) @ by_covariance
            persons, rows = data.persons(own.block.patterns)
            for begin in range(0, len(persons), PERSONS):
                part, row = persons[begin : begin + PERSONS], rows[begin : begin + PERSONS]
                u = self._standardised(own, part, row)
                second = np.empty((len(tri.rows), len(part)))  # products of u, lower triangle row by row
                for a in range(p):
                    np.multiply(u[: a + 1], u[a], out=second[a * (a + 1) // 2 : (a + 1) * (a + 2) // 2])
                result[part] = u.T @ by_mean + second.T @ by_covariance - constant[row]
        if data.weights is not None:
            result *= data.weights[:, None]
        return result

    def _standardised(self, own: Terms, persons: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """u = P(y − μ) of persons whose patterns are these rows of a block: variables × persons."""
        columns = own.block.columns[rows]
        away = np.nan_to_num(self.data.y[persons[:, None], columns] - self.mean[columns])
        u = away @ own.inverse[0] if len(own.inverse) == 1 else np.einsum("kij,kj->ki", own.inverse[rows], away)
        return np.ascontiguousarray(in_all_columns(u, columns, len(self.mean)).T)

    @cached_property
    def meat(self) -> np.ndarray:
        """Σ s s′ over persons (or clusters) of the scores of the moments."""
        return crossproduct(self.scores(np.eye(triangle(len(self.mean)).size)), self.data.clusters)
