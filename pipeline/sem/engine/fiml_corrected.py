"""The discrepancy a model would have had with complete answers, from incomplete ones (Zhang & Savalei 2023)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.sem.engine.chisquare import degrees_of_freedom
from pipeline.sem.engine.moments import block_diag, normal_information
from pipeline.sem.engine.state import State, symmetric_inverse


@dataclass(frozen=True)
class Corrected:
    """χ² of the model against the saturated moments as if complete, its df, and c, the mean of χ²/df."""

    statistic: float
    df: int
    scaling: float


def corrected(state: State) -> Corrected:
    """FIML-C: version 3 with MLR (Γ from the sandwich), version 6 with ML (Γ = inverse information).

    Zhang & Savalei (2023), Psychological Methods 28, 263–283; lavaan's ``cfi.robust`` and ``rmsea.robust``.
    """
    df = degrees_of_freedom(state)
    statistic = sum(
        data.total * discrepancy(h1.mean, h1.covariance, mean, covariance)
        for data, h1, (mean, covariance) in zip(state.data.groups, state.saturated, state.implied, strict=True)
    )
    if df < 1:
        return Corrected(statistic, df, 1.0)
    complete = block_diag(
        [
            data.total * normal_information(np.linalg.inv(h1.covariance))[np.ix_(state.kept, state.kept)]
            for data, h1 in zip(state.data.groups, state.saturated, strict=True)
        ]
    )
    observed = block_diag(state.saturated_bread)
    inverse = symmetric_inverse(observed)
    delta = np.vstack(state.deltas)
    pull = observed @ delta
    residual = observed - pull @ symmetric_inverse(delta.T @ pull) @ pull.T
    middle = inverse @ complete @ inverse
    if state.robust:
        gamma = inverse @ block_diag(state.saturated_meat) @ inverse
        scaling = float(np.trace(residual @ middle @ residual @ gamma)) / df
    else:
        scaling = float(np.trace(middle @ residual)) / df
    return Corrected(statistic, df, scaling)


def discrepancy(
    sample_mean: np.ndarray, sample_covariance: np.ndarray, mean: np.ndarray, covariance: np.ndarray
) -> float:
    """Maximum likelihood discrepancy of moments from a model: log|Σ| − log|S| + tr(S Σ⁻¹) − p + (ȳ−μ)′Σ⁻¹(ȳ−μ)."""
    inverse = np.linalg.inv(covariance)
    away = sample_mean - mean
    logs = np.linalg.slogdet(covariance)[1] - np.linalg.slogdet(sample_covariance)[1]
    return float(logs + (sample_covariance * inverse).sum() - len(mean) + away @ inverse @ away)
