"""Tests of a model against the saturated one: the likelihood ratio, and its Yuan–Bentler scaling."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.sem.engine.state import State


@dataclass(frozen=True)
class ChiSquare:
    """χ² on df; ``trace`` is tr(U Γ), the mean of the statistic under non-normal answers (None if not scaled)."""

    statistic: float
    df: int
    trace: float | None = None
    trace_saturated: float | None = None
    trace_model: float | None = None

    @property
    def p(self) -> float:
        return upper_tail(self.statistic, self.df)

    @property
    def scaling(self) -> float:
        """c with χ²/c scaled; NaN where it is not defined (no df, or not positive)."""
        if self.trace is None or self.df < 1 or self.trace <= 0:
            return np.nan
        return self.trace / self.df

    @property
    def scaled(self) -> float:
        return self.statistic / self.scaling if self.df > 0 else self.statistic

    @property
    def scaled_p(self) -> float:
        return upper_tail(self.scaled, self.df)


def upper_tail(statistic: float, df: float, noncentrality: float = 0.0) -> float:
    """P(χ² > statistic); NaN without degrees of freedom."""
    from scipy.special import chdtrc, chndtr

    if df <= 0 or not np.isfinite(statistic):
        return np.nan
    if noncentrality > 0:
        return float(1.0 - chndtr(statistic, df, noncentrality))
    return float(chdtrc(df, max(statistic, 0.0)))


def degrees_of_freedom(state: State) -> int:
    """Moments that the answers inform, less parameters."""
    return state.moments - state.model.npar


def chi_square(state: State) -> ChiSquare:
    """2 (l₁ − l₀); with MLR also the trace of the Mplus variant of the Yuan–Bentler correction.

    tr(U Γ) = tr(A₁⁻¹B₁) − tr(A₀⁻¹B₀), A₁ and B₁ at the saturated moments, A₀ and B₀ at the model (Yuan & Bentler 2000,
    Sociological Methodology 30; Asparouhov & Muthén; lavaan's ``yuan.bentler.mplus``).
    """
    statistic = 2 * (sum(h1.loglik for h1 in state.saturated) - state.optimum.loglik)
    df = degrees_of_freedom(state)
    if not state.robust:
        return ChiSquare(statistic, df)
    free = state.saturated_trace
    held = float((state.inverse * state.meat).sum())
    return ChiSquare(max(statistic, 0.0) if df == 0 else statistic, df, free - held, free, held)
