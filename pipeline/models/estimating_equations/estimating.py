"""Generalised estimating equations: Σ_i D_i' V_i⁻¹ (y_i − μ_i) = 0, V_i = φ A^½ R(α) A^½ (Liang & Zeger 1986).

Scale φ and correlation α solve estimating equations of their own (Yan & Fine 2004, Statistics in Medicine 23, 859–874),
as in R's ``geepack``: φ is the mean of squared Pearson residuals, α the least-squares fit to their products.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from pipeline.errors import ModelError
from pipeline.models.estimating_equations.correlation import Pairs, Whitener
from pipeline.models.estimating_equations.means import mean_of
from pipeline.models.likelihood.maximum import FARTHEST, separated

MAX_STEPS = 200
TOLERANCE = 1e-10


@dataclass(frozen=True)
class Equations:
    """Rows in the order of clusters (codes that rise) and time, and what is asked of them."""

    outcome: np.ndarray
    matrix: np.ndarray
    offset: np.ndarray
    weights: np.ndarray
    cluster: np.ndarray
    time: np.ndarray
    code: np.ndarray
    pairs: Pairs
    distribution: str
    structure: str
    subject: str

    @property
    def n_clusters(self) -> int:
        return int(self.cluster[-1]) + 1

    def whitener(self, alpha: np.ndarray) -> Whitener:
        return Whitener(self.structure, alpha, self.cluster, self.time, self.code, self.subject)

    def sums(self, values: np.ndarray) -> np.ndarray:
        """Sums by cluster of rows."""
        starts = np.flatnonzero(np.concatenate([[True], np.diff(self.cluster) > 0]))
        return np.asarray(np.add.reduceat(values, starts))


@dataclass(frozen=True)
class Solution:
    """Coefficients, scale and correlation; rows' scaled derivatives D (n × p) and Pearson residuals (n); and, of
    clusters, the scores (g × p) and their derivative (g × p × p), both with φ."""

    equations: Equations
    slopes: np.ndarray
    scale: float
    alpha: np.ndarray
    derivatives: np.ndarray
    residuals: np.ndarray
    scores: np.ndarray
    curvatures: np.ndarray

    @property
    def bread(self) -> np.ndarray:
        """The inverse of Σ D'V⁻¹D: the covariance if the working correlation is true."""
        return np.linalg.inv(self.curvatures.sum(axis=0))


def solve(equations: Equations, start: np.ndarray | None = None) -> Solution:
    """The solution. Raises ModelError if outcomes are separated, or none is found."""
    slopes = np.zeros(equations.matrix.shape[1]) if start is None else start
    if start is None and equations.distribution == "poisson":
        slopes = np.linalg.lstsq(
            equations.matrix, np.log(np.maximum(equations.outcome, 0.3)) - equations.offset, rcond=None
        )[0]
    alpha, scale = np.zeros(equations.pairs.count), 1.0
    if start is None and equations.structure != "independence":
        slopes = solve(replace(equations, structure="independence", pairs=_none()), slopes).slopes
    for _ in range(MAX_STEPS):
        derivatives, residuals = _rows(equations, slopes)
        left, right = _whitened(equations, alpha, derivatives, residuals)
        step = np.linalg.lstsq(left, right, rcond=None)[0]
        slopes = slopes + step
        if equations.distribution != "gaussian" and np.abs(equations.matrix @ slopes).max() > FARTHEST:
            raise separated(equations.subject, len(equations.outcome))
        derivatives, residuals = _rows(equations, slopes)
        moved = _scale(equations, residuals)
        if moved <= 0:
            raise ModelError("the terms explain the outcome without rest", where=equations.subject)
        new = _correlation(equations, residuals / np.sqrt(moved), alpha)
        far = max(float(np.abs(step).max()), abs(moved - scale) / moved, float(np.abs(new - alpha).max(initial=0.0)))
        scale, alpha = moved, new
        if far <= TOLERANCE * (1 + float(np.abs(slopes).max())):
            return _solution(equations, slopes, scale, alpha, derivatives, residuals)
    raise ModelError("the estimating equations do not converge", where=equations.subject, count=MAX_STEPS,
                     todo="Use a simpler `correlation`.")  # fmt: skip


def _none() -> Pairs:
    none = np.zeros(0, dtype=np.int64)
    return Pairs(none, none, none, np.zeros(0), 0)


def _rows(equations: Equations, slopes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """D over the root of the variance, and Pearson residuals."""
    found = mean_of(equations.distribution, equations.matrix @ slopes + equations.offset)
    root = np.sqrt(np.maximum(found.variance, 1e-300))
    return equations.matrix * root[:, None], (equations.outcome - found.mean) / root


def _whitened(
    equations: Equations, alpha: np.ndarray, derivatives: np.ndarray, residuals: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Both with the working correlation taken out."""
    root = np.sqrt(equations.weights)[:, None]
    both = equations.whitener(alpha).whiten(np.column_stack([derivatives, residuals]) * root)
    return both[:, :-1], both[:, -1]


def _scale(equations: Equations, residuals: np.ndarray) -> float:
    return float(equations.weights @ residuals**2 / equations.weights.sum())


def _correlation(equations: Equations, residuals: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """One Gauss–Newton step of the correlation, from residuals of variance one."""
    pairs = equations.pairs
    if not pairs.count:
        return alpha
    value, slope = pairs.correlation(equations.structure, alpha)
    weight = equations.weights[pairs.one] * equations.weights[pairs.other]
    gap = residuals[pairs.one] * residuals[pairs.other] - value
    size = np.bincount(pairs.parameter, weight * slope**2, pairs.count)
    return np.asarray(alpha + np.bincount(pairs.parameter, weight * slope * gap, pairs.count) / size)


def _solution(
    equations: Equations,
    slopes: np.ndarray,
    scale: float,
    alpha: np.ndarray,
    derivatives: np.ndarray,
    residuals: np.ndarray,
) -> Solution:
    left, right = _whitened(equations, alpha, derivatives, residuals)
    scores = equations.sums(left * right[:, None]) / scale
    curvatures = equations.sums(left[:, :, None] * left[:, None, :]) / scale
    return Solution(equations, slopes, scale, alpha, derivatives, residuals, scores, curvatures)
