"""Covariances of many clusters' scores, kept as a diagonal and a product of thin matrices."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Moments:
    """diag(``own``) + ``left`` · ``right``' (G × G), never written out: there may be ten thousand clusters."""

    own: np.ndarray
    left: np.ndarray
    right: np.ndarray

    @property
    def trace(self) -> float:
        return float(self.own.sum() + (self.left * self.right).sum())

    def inner(self, other: Moments) -> float:
        """The sum of products of the elements.

        >>> one = Moments(np.array([1.0, 2.0]), np.array([[1.0], [0.5]]), np.array([[2.0], [1.0]]))
        >>> full = np.diag(one.own) + one.left @ one.right.T
        >>> bool(np.isclose(one.inner(one), (full * full).sum()))
        True
        """
        diagonal = float(self.own @ other.own)
        crossed = float(self.own @ (other.left * other.right).sum(axis=1))
        crossed += float(other.own @ (self.left * self.right).sum(axis=1))
        return diagonal + crossed + float(((self.left.T @ other.left) * (self.right.T @ other.right)).sum())
