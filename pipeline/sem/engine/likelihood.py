"""The normal log-likelihood of incomplete answers as a function of means and covariances, with its derivatives.

With P the inverse of an observed sub-matrix of Σ, u = P(ȳ − μ) and W = S + (ȳ − μ)(ȳ − μ)′ in one pattern of n
persons: ∂l/∂μ = n u, ∂l/∂Σ = ½ n (P W P − P). Sources: Savalei (2010), Psychological Methods 15, 352–367; the same
quantities as lavaan's ``lav_mvnorm_missing_*``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.sem.engine.data import Block, GroupData
from pipeline.sem.engine.moments import covariance_information, mean_covariance_information, triangle

LOG_2PI = float(np.log(2 * np.pi))


@dataclass(frozen=True)
class Slope:
    """Log-likelihood and its first derivatives; ``covariance`` is the symmetric G with dl = ½ tr(G dΣ)."""

    loglik: float
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


def slope(data: GroupData, mean: np.ndarray, covariance: np.ndarray) -> Slope:
    """Log-likelihood and gradient of one group at positive definite moments."""
    p = len(mean)
    loglik, by_mean, by_covariance = 0.0, np.zeros(p), np.zeros((p, p))
    for block in data.blocks:
        inverse, logdet, u, spread = _pattern_terms(block, mean, covariance)
        outer = u[:, :, None] * u[:, None, :] - inverse
        trace = 0.0
        if block.covariance is not None:
            outer += spread
            trace = (inverse * block.covariance).sum((1, 2))
        distance = (u * (block.mean - mean[block.columns])).sum(1)
        loglik -= 0.5 * float(block.n @ (block.answered * LOG_2PI + logdet + distance + trace))
        if block.columns.shape[1] == p:
            by_mean += block.n @ u
            by_covariance += np.tensordot(block.n, outer, 1)
        else:
            by_mean += np.bincount(block.columns.ravel(), (block.n[:, None] * u).ravel(), p)
            flat = (block.columns[:, :, None] * p + block.columns[:, None, :]).ravel()
            by_covariance += np.bincount(flat, (block.n[:, None, None] * outer).ravel(), p * p).reshape(p, p)
    return Slope(loglik, by_mean, by_covariance)


def _parts(block: Block, mean: np.ndarray, covariance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Each pattern's piece of Σ (padded with an identity) and its distance ȳ − μ (padded with zeros)."""
    if block.mask is None:
        return covariance[block.columns[:, :, None], block.columns[:, None, :]], block.mean - mean[block.columns]
    part = covariance * block.mask[:, :, None] * block.mask[:, None, :]
    diagonal = np.arange(len(mean))
    part[:, diagonal, diagonal] += 1 - block.mask
    return part, (block.mean - mean) * block.mask


def _pattern_terms(
    block: Block, mean: np.ndarray, covariance: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """P (K × k × k), log|Σ| (K), u (K × k) and P S P (K × k × k, or empty where every pattern is one person)."""
    part, away = _parts(block, mean, covariance)
    inverse = np.linalg.inv(part)
    inverse = 0.5 * (inverse + inverse.transpose(0, 2, 1))
    logdet = np.linalg.slogdet(part)[1]
    if block.mask is not None:
        inverse *= block.mask[:, :, None] * block.mask[:, None, :]
    u = (inverse @ away[:, :, None])[:, :, 0]
    spread = inverse @ block.covariance @ inverse if block.covariance is not None else np.empty(0)
    return inverse, logdet, u, spread


def loglik(data: GroupData, mean: np.ndarray, covariance: np.ndarray) -> float:
    """Log-likelihood alone; minus infinity where the covariance matrix is not positive definite."""
    if not is_positive_definite(covariance):
        return -np.inf
    total = 0.0
    for block in data.blocks:
        part, away = _parts(block, mean, covariance)
        spread = away[:, :, None] * away[:, None, :]
        if block.covariance is not None:
            spread += block.covariance
        trace = np.einsum("kii->k", np.linalg.solve(part, spread))
        logdet = np.linalg.slogdet(part)[1]
        total -= 0.5 * float(block.n @ (block.answered * LOG_2PI + logdet + trace))
    return total


def information(data: GroupData, mean: np.ndarray, covariance: np.ndarray, kind: str = "observed") -> np.ndarray:
    """Information of the moments, summed over persons: ``kind`` observed (minus the Hessian) or expected."""
    p = len(mean)
    tri = triangle(p)
    size = len(tri.rows)
    observed = kind == "observed"
    means, products, crossed = np.zeros((p, p)), np.zeros((size, size)), np.zeros((size, p))
    for block in data.blocks:
        inverse, _, u, spread = _pattern_terms(block, mean, covariance)
        precision = _lower(inverse, block.columns, p)
        weighted = block.n[:, None] * precision
        means[tri.rows, tri.columns] += weighted.sum(0)
        if not observed:
            products += weighted.T @ precision
            continue
        excess = 2 * u[:, :, None] * u[:, None, :] - inverse
        if block.covariance is not None:
            excess += 2 * spread
        products += weighted.T @ _lower(excess, block.columns, p)
        spots = np.zeros((len(block.n), p))
        np.put_along_axis(spots, np.asarray(block.columns), u, 1)
        crossed += weighted.T @ spots
    means[tri.columns, tri.rows] = means[tri.rows, tri.columns]
    result = np.zeros((tri.size, tri.size))
    result[:p, :p] = means
    result[p:, p:] = covariance_information(products, p)
    if observed:
        result[:p, p:] = mean_covariance_information(crossed, p)
        result[p:, :p] = result[:p, p:].T
    return result


def information_times(
    data: GroupData, mean: np.ndarray, covariance: np.ndarray, kind: str, delta: np.ndarray
) -> np.ndarray:
    """Information of the moments times Δ (moments × parameters).

    Where everybody answered everything, ½ D′(P ⊗ A)D is never formed: its product with vech Σⱼ is that of ½ P Σⱼ A.
    """
    p, block = len(mean), data.blocks[0]
    if len(data.blocks) > 1 or block.columns.shape != (1, p) or block.mask is not None or block.covariance is None:
        return information(data, mean, covariance, kind) @ delta
    inverse, _, u, spread = (part[0] if part.size else part for part in _pattern_terms(block, mean, covariance))
    tri, by_mean = triangle(p), delta[:p]
    moved = np.empty((delta.shape[1], p, p))
    moved[:, tri.rows, tri.columns] = moved[:, tri.columns, tri.rows] = delta[p:].T
    left = inverse @ moved
    pushed = inverse @ by_mean
    if kind == "observed":
        excess = 2 * (np.outer(u, u) + spread) - inverse
        turned = left @ excess + 2 * pushed.T[:, :, None] * u
        turned = 0.5 * (turned + turned.transpose(0, 2, 1))
        pushed = pushed + (left @ u).T
    else:
        turned = left @ inverse
    lower = 0.5 * tri.twice * turned[:, tri.rows, tri.columns]
    return float(block.n[0]) * np.concatenate([pushed, lower.T])


def _lower(matrices: np.ndarray, columns: np.ndarray, p: int) -> np.ndarray:
    """K × p(p+1)/2: lower triangles of the K × k × k matrices, put in their places among all variables."""
    tri = triangle(p)
    if columns.shape[1] == p:
        return matrices[:, tri.rows, tri.columns]
    rows, cols = triangle(columns.shape[1]).rows, triangle(columns.shape[1]).columns
    places = tri.position[columns[:, rows], columns[:, cols]]
    result = np.zeros((len(columns), len(tri.rows)))
    np.put_along_axis(result, places, matrices[:, rows, cols], 1)
    return result


def scores(data: GroupData, mean: np.ndarray, covariance: np.ndarray) -> np.ndarray:
    """Persons × moments: each person's derivative of the log-likelihood, times the person's weight."""
    p = len(mean)
    tri = triangle(p)
    result = np.empty((data.n, tri.size))
    ends = np.append(data.bounds[1:], data.n)
    answered = ~np.isnan(data.y)
    for begin, end in zip(data.bounds, ends, strict=True):
        persons = data.order[begin:end]
        columns = np.flatnonzero(answered[persons[0]])
        inverse = np.linalg.inv(covariance[np.ix_(columns, columns)])
        full = np.zeros((p, p))
        full[np.ix_(columns, columns)] = inverse
        u = np.zeros((len(persons), p))
        u[:, columns] = (data.y[persons[:, None], columns] - mean[columns]) @ inverse
        second = u[:, tri.rows] * u[:, tri.columns]
        second -= full[tri.rows, tri.columns]
        second *= 0.5 * tri.twice
        result[persons, :p] = u
        result[persons, p:] = second
    if data.weights is not None:
        result *= data.weights[:, None]
    return result
