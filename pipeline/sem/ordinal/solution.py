"""Factor analysis of ordered items by diagonally weighted least squares (lavaan's and Mplus's WLSMV).

Thresholds and polychoric correlations are fitted with weights 1/diag Γ; standard errors by the sandwich with the full
Γ; χ² scaled and shifted to the right mean and variance (Muthén 1984; Asparouhov & Muthén 2010). Delta parameterisation.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from pipeline.sem.engine.data import Data
from pipeline.sem.engine.state import symmetric_inverse
from pipeline.sem.ordinal.model import OrdinalModel
from pipeline.sem.ordinal.polychoric import OrdinalMoments


@dataclass(frozen=True)
class ShiftedTest:
    """χ² scaled and shifted: a χ² + b with a = √(df / tr (UΓ)²), b = df − a tr UΓ."""

    statistic: float
    df: int
    scaling: float
    shift: float

    @classmethod
    def of(cls, statistic: float, df: int, matrix: np.ndarray) -> ShiftedTest:
        if df < 1:
            return cls(statistic, df, 1.0, 0.0)
        slope = np.sqrt(df / float((matrix * matrix.T).sum()))
        return cls(statistic, df, float(1 / slope), float(df - slope * np.trace(matrix)))

    @property
    def scaled(self) -> float:
        return self.statistic / self.scaling + self.shift


@dataclass(frozen=True)
class OrdinalSolution:
    """Estimates of a factor model of ordered items, with the pieces of its standard errors and tests."""

    model: OrdinalModel
    data: Data
    moments: tuple[OrdinalMoments, ...]
    theta: np.ndarray
    is_converged: bool
    notes: tuple[str, ...] = ()

    @property
    def n(self) -> int:
        """Persons analysed."""
        return self.data.n

    @property
    def dropped(self) -> int:
        """Persons left out: nothing (or, listwise, not everything) answered, or no weight, cluster or group."""
        return self.data.dropped

    @property
    def labels(self) -> tuple[str | None, ...]:
        return tuple(group.label for group in self.data.groups)

    @property
    def npar(self) -> int:
        return int(self.model.basis.shape[1])

    @cached_property
    def pieces(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Stacked Δ (by x), weights V (diagonal, times the group's share) and Γ (divided by it)."""
        shares = [part.total / self.n for part in self.moments]
        delta = np.vstack(self.model.jacobians(self.theta)) @ self.model.basis
        weights = np.concatenate([f / part.spread for f, part in zip(shares, self.moments, strict=True)])
        size = [len(part.gamma) for part in self.moments]
        gamma, at = np.zeros((sum(size), sum(size))), 0
        for f, part, k in zip(shares, self.moments, size, strict=True):
            gamma[at : at + k, at : at + k] = part.gamma / f
            at += k
        return delta, weights, gamma

    @cached_property
    def bread(self) -> np.ndarray:
        delta, weights, _ = self.pieces
        return symmetric_inverse(delta.T @ (weights[:, None] * delta))

    @cached_property
    def test(self) -> ShiftedTest:
        delta, weights, gamma = self.pieces
        gap = np.concatenate([part.vector for part in self.moments]) - np.concatenate(self.model.implied(self.theta))
        pull = weights[:, None] * delta
        residual = np.diag(weights) - pull @ self.bread @ pull.T
        return ShiftedTest.of(self._discrepancy(gap**2), len(weights) - self.npar, residual @ gamma)

    def _discrepancy(self, square: np.ndarray) -> float:
        """Σ (n − 1) · squared differences / diag Γ (``spread``) over groups (lavaan counts n − 1 here)."""
        weights = np.concatenate([(part.total - 1) / part.spread for part in self.moments])
        return float(weights @ square)

    @cached_property
    def null(self) -> ShiftedTest:
        """No correlations: thresholds as they are."""
        _, weights, gamma = self.pieces
        held = np.concatenate([np.arange(len(part.gamma)) >= sum(map(len, part.thresholds)) for part in self.moments])
        seen = np.concatenate([part.vector for part in self.moments])
        matrix = np.diag(weights * held) @ gamma
        return ShiftedTest.of(self._discrepancy(held * seen**2), int(held.sum()), matrix)
