"""What the likelihood needs of each missing-data pattern at given means and covariances."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from pipeline.sem.engine.data import Block
from pipeline.sem.engine.moments import triangle


@dataclass(frozen=True)
class Terms:
    """What a block of K patterns needs: their parts of Σ and P (K × k × k), and u (K × k)."""

    block: Block
    part: np.ndarray
    inverse: np.ndarray
    u: np.ndarray

    @cached_property
    def logdet(self) -> np.ndarray:
        """log|Σ| (K)."""
        return np.asarray(np.linalg.slogdet(self.part)[1])

    @cached_property
    def spread(self) -> np.ndarray | None:
        """P S P (K × k × k); None where every pattern is one person."""
        return None if self.block.covariance is None else self.inverse @ self.block.covariance @ self.inverse


def _parts(block: Block, mean: np.ndarray, covariance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Each pattern's piece of Σ (padded with an identity) and its distance ȳ − μ (padded with zeros)."""
    if block.mask is None or block.pairs is None:
        return covariance[block.columns[:, :, None], block.columns[:, None, :]], block.mean - mean[block.columns]
    part = covariance * block.pairs
    diagonal = np.arange(len(mean))
    part[:, diagonal, diagonal] += 1 - block.mask
    return part, (block.mean - mean) * block.mask


def pattern_terms(block: Block, mean: np.ndarray, covariance: np.ndarray) -> Terms:
    part, away = _parts(block, mean, covariance)
    inverse = np.linalg.inv(part)
    inverse = 0.5 * (inverse + inverse.transpose(0, 2, 1))
    if block.pairs is not None:
        inverse *= block.pairs
    return Terms(block, part, inverse, (inverse @ away[:, :, None])[:, :, 0])


def in_all_columns(vectors: np.ndarray, columns: np.ndarray, p: int) -> np.ndarray:
    """K × p: the K × k vectors put in their places among all variables, zero elsewhere."""
    if columns.shape[1] == p:
        return vectors
    result = np.zeros((len(vectors), p))
    np.put_along_axis(result, np.asarray(columns), vectors, 1)
    return result


def lower_triangles(matrices: np.ndarray, columns: np.ndarray, p: int) -> np.ndarray:
    """K × p(p+1)/2: lower triangles of the K × k × k matrices, put in their places among all variables."""
    tri = triangle(p)
    if columns.shape[1] == p:
        return matrices[:, tri.rows, tri.columns]
    rows, cols = triangle(columns.shape[1]).rows, triangle(columns.shape[1]).columns
    places = tri.position[columns[:, rows], columns[:, cols]]
    result = np.zeros((len(columns), len(tri.rows)))
    np.put_along_axis(result, places, matrices[:, rows, cols], 1)
    return result
