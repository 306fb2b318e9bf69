"""Factor analysis of ordered items by diagonally weighted least squares (lavaan's and Mplus's WLSMV).

Thresholds and polychoric correlations are fitted with weights 1/diag Γ; standard errors by the sandwich with the full
Γ; χ² scaled and shifted to the right mean and variance (Muthén 1984; Asparouhov & Muthén 2010). Delta parameterisation.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl

from pipeline.errors import ModelError
from pipeline.sem.chisquare import upper_tail
from pipeline.sem.compare import Comparison, orthogonal_complement
from pipeline.sem.ordinal_model import OrdinalModel
from pipeline.sem.polychoric import OrdinalMoments
from pipeline.sem.result import with_tests
from pipeline.sem.state import symmetric_inverse


@dataclass(frozen=True)
class OrdinalResult:
    """A factor model of ordered items; reads like ``Result``."""

    model: OrdinalModel
    moments: tuple[OrdinalMoments, ...]
    labels: tuple[str | None, ...]
    theta: np.ndarray
    dropped: int
    is_converged: bool

    @property
    def n(self) -> int:
        return sum(part.n for part in self.moments)

    @property
    def npar(self) -> int:
        return self.model.basis.shape[1]

    @cached_property
    def pieces(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Stacked Δ (by x), weights V (diagonal, times the group's share) and Γ (divided by it)."""
        shares = [part.n / self.n for part in self.moments]
        delta = np.vstack(self.model.jacobians(self.theta)) @ self.model.basis
        weights = np.concatenate([f / part.gamma.diagonal() for f, part in zip(shares, self.moments, strict=True)])
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
    def covariance(self) -> np.ndarray:
        """Covariance of every free parameter: the sandwich, over N − G as lavaan."""
        delta, weights, gamma = self.pieces
        pull = weights[:, None] * delta
        inner = self.bread @ (pull.T @ gamma @ pull) @ self.bread
        return self.model.basis @ inner @ self.model.basis.T / (self.n - len(self.moments))

    @cached_property
    def estimates(self) -> pl.DataFrame:
        """One row per parameter and group: estimate, standard error, z, p, 95 % interval, std_all."""
        errors = np.sqrt(np.maximum(self.covariance.diagonal(), 0.0))
        rows = [
            (
                row.lhs,
                row.op,
                row.rhs,
                self.labels[row.group - 1],
                row.label,
                value,
                0.0 if at is None else float(errors[at]),
                std,
            )
            for row, value, at, std in self.model.solution(self.theta)
        ]
        names = ["lhs", "op", "rhs", "group", "label", "estimate", "std_error", "std_all"]
        return with_tests(pl.DataFrame(rows, names, orient="row", infer_schema_length=None))

    @cached_property
    def fit(self) -> dict[str, float]:
        """Fit measures under lavaan's names."""
        from pipeline.sem.ordinal_measures import ordinal_measures

        return ordinal_measures(self)

    @cached_property
    def test(self) -> ShiftedTest:
        delta, weights, gamma = self.pieces
        gap = np.concatenate([part.vector for part in self.moments]) - np.concatenate(self.model.implied(self.theta))
        pull = weights[:, None] * delta
        residual = np.diag(weights) - pull @ self.bread @ pull.T
        return ShiftedTest.of(self._discrepancy(gap**2), len(weights) - self.npar, residual @ gamma)

    def _discrepancy(self, square: np.ndarray) -> float:
        """Σ (n − 1) · squared differences / diag Γ over groups (lavaan counts n − 1 here)."""
        diagonal = [part.gamma.diagonal() for part in self.moments]
        weights = np.concatenate([(part.n - 1) / own for part, own in zip(self.moments, diagonal, strict=True)])
        return float(weights @ square)

    @cached_property
    def null(self) -> ShiftedTest:
        """No correlations: thresholds as they are."""
        _, weights, gamma = self.pieces
        held = np.concatenate([np.arange(len(part.gamma)) >= sum(map(len, part.thresholds)) for part in self.moments])
        seen = np.concatenate([part.vector for part in self.moments])
        matrix = np.diag(weights * held) @ gamma
        return ShiftedTest.of(self._discrepancy(held * seen**2), int(held.sum()), matrix)

    def parameter(self, lhs: str, op: str, rhs: str = "", group: str | None = None) -> dict[str, object]:
        """The one row of ``estimates`` so named. Raises ModelError if there is none."""
        found = self.estimates.filter((pl.col("lhs") == lhs) & (pl.col("op") == op) & (pl.col("rhs") == rhs))
        found = found if group is None else found.filter(pl.col("group") == group)
        if not len(found):
            raise ModelError("the model has no such parameter", where=f"{lhs} {op} {rhs}")
        return found.row(0, named=True)


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


def compare_ordinal(a: OrdinalResult, b: OrdinalResult) -> Comparison:
    """χ² difference of two nested models of the same ordered items, scaled and shifted (Satorra 2000, delta method)."""
    free, held = sorted((a, b), key=lambda result: result.test.df)
    df = held.test.df - free.test.df
    if df == 0:
        raise ModelError("the models have the same degrees of freedom")
    delta, weights, gamma = free.pieces
    rules = orthogonal_complement(np.linalg.lstsq(delta, held.pieces[0], rcond=None)[0]).T
    pull = weights[:, None] * delta
    middle = rules @ free.bread @ (pull.T @ gamma @ pull) @ free.bread @ rules.T
    matrix = symmetric_inverse(rules @ free.bread @ rules.T) @ middle
    raw = held.test.statistic - free.test.statistic
    slope = np.sqrt(df / float((matrix * matrix.T).sum()))
    statistic = raw * slope + df - slope * float(np.trace(matrix))
    note = None
    if raw < -1e-6:
        # scales that the freer model lacks make the models not nested in the usual parameterisation
        statistic, note = np.nan, "the restricted model fits better: the models are not nested"
    steps = {name: held.fit[f"{name}.scaled"] - free.fit[f"{name}.scaled"] for name in ("cfi", "rmsea")}
    return Comparison("satorra.2000", statistic, df, upper_tail(statistic, df), float(1 / slope), note, steps["cfi"],
                      steps["rmsea"], held.fit["srmr"] - free.fit["srmr"])  # fmt: skip
