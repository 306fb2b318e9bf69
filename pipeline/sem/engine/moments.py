"""Index arithmetic between a symmetric matrix and its lower triangle, and information matrices over moments.

Moments of p variables are stacked as (means, lower triangle of the covariance matrix, row by row): p + p(p+1)/2.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np


@dataclass(frozen=True)
class Triangle:
    """Positions of the lower triangle of a p × p matrix."""

    p: int
    rows: np.ndarray
    columns: np.ndarray
    position: np.ndarray  # p × p: where element (a, b) lies in the triangle
    twice: np.ndarray  # 2 off the diagonal, 1 on it: how often an element stands in the matrix

    @property
    def size(self) -> int:
        return self.p + len(self.rows)


@lru_cache(maxsize=64)
def triangle(p: int) -> Triangle:
    rows, columns = np.tril_indices(p)
    position = np.zeros((p, p), dtype=np.intp)
    position[rows, columns] = position[columns, rows] = np.arange(len(rows))
    return Triangle(p, rows, columns, position, np.where(rows == columns, 1.0, 2.0))


def covariance_information(products: np.ndarray, p: int) -> np.ndarray:
    """½ D′ Σ n (P ⊗ A) D from ``products`` = Σ n vech(P) vech(A)′, symmetrised; D is the duplication matrix.

    With A = P this is the normal-theory expected information of a covariance matrix whose inverse is P; with
    A = 2PWP − P the observed one (Savalei 2010, Psychological Methods 15, eq. 12).
    """
    twice, flat = triangle(p).twice, products.ravel()
    total = sum(flat[place] for place in _pairings(p))
    return np.asarray(twice[:, None] * twice[None, :] * total / 8.0)


@lru_cache(maxsize=4)
def _pairings(p: int) -> tuple[np.ndarray, ...]:
    """Where the pairs (ac, bd), (bd, ac), (ad, bc) and (bc, ad) of elements (ab, cd) stand in ``products``."""
    tri = triangle(p)
    a, b = tri.rows[:, None], tri.columns[:, None]
    c, d = tri.rows[None, :], tri.columns[None, :]
    at, size = tri.position, len(tri.rows)
    straight, crossed = (at[a, c], at[b, d]), (at[a, d], at[b, c])
    return tuple(
        (one * size + other).astype(np.int32) for pair in (straight, crossed) for one, other in (pair, pair[::-1])
    )


def mean_covariance_information(products: np.ndarray, p: int) -> np.ndarray:
    """Observed information between means (rows) and covariances from Σ n vech(P) u′, u = P(ȳ − μ)."""
    tri = triangle(p)
    mean = np.arange(p)[:, None]
    a, b = tri.rows[None, :], tri.columns[None, :]
    at = tri.position
    return np.asarray(tri.twice * 0.5 * (products[at[b, mean], a] + products[at[a, mean], b]))


def normal_information(precision: np.ndarray, weight: float = 1.0) -> np.ndarray:
    """Expected information of the means and covariances of complete normal data, times ``weight``."""
    p = len(precision)
    tri = triangle(p)
    vector = precision[tri.rows, tri.columns]
    information = np.zeros((tri.size, tri.size))
    information[:p, :p] = precision
    information[p:, p:] = covariance_information(np.outer(vector, vector), p)
    return weight * information


def block_diag(blocks: Sequence[np.ndarray]) -> np.ndarray:
    """One matrix with the blocks along its diagonal."""
    size = sum(len(block) for block in blocks)
    result, at = np.zeros((size, size)), 0
    for block in blocks:
        result[at : at + len(block), at : at + len(block)] = block
        at += len(block)
    return result


def pairwise_covariance(y: np.ndarray) -> np.ndarray:
    """Covariance (divisor n − 1) of each pair over the rows that have both; ``y`` rows × variables with NaN."""
    seen = (~np.isnan(y)).astype(float)
    filled = np.nan_to_num(y)
    n = seen.T @ seen
    sums = filled.T @ seen
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray((filled.T @ filled - sums * sums.T / n) / (n - 1))


def crossproduct(s: np.ndarray, clusters: np.ndarray | None) -> np.ndarray:
    """s′s over persons; over clusters of summed scores, times C/(C − 1)."""
    if clusters is None:
        return np.asarray(s.T @ s)
    codes = np.unique(clusters, return_inverse=True)[1]
    count = int(codes.max()) + 1
    sums = np.zeros((count, s.shape[1]))
    np.add.at(sums, codes, s)
    factor = count / (count - 1) if count > 1 else 1.0
    return factor * (sums.T @ sums)
