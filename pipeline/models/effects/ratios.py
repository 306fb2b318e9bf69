"""Ratios of odds or rates: the exponential of coefficients."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pipeline.models.inference import Basis, Term, coefficient_rows, quantile


def ratio_rows(
    basis: Basis,
    terms: Sequence[Term],
    estimates: np.ndarray,
    covariance: np.ndarray,
    component: str = "odds_ratio",
    df: float | None = None,
) -> list[dict[str, object]]:
    """exp(b), its delta-method standard error, the exponential of the interval, and the test of b = 0."""
    half = quantile(basis.confidence, np.inf if df is None else df) * np.sqrt(np.diag(covariance))
    rows = coefficient_rows(basis, terms, estimates, covariance, df)
    return [
        {
            **row,
            "component": component,
            "estimate": float(np.exp(estimate)),
            "std_error": float(np.exp(estimate)) * float(row["std_error"]),  # type: ignore[arg-type]
            "conf_low": float(np.exp(estimate - reach)),
            "conf_high": float(np.exp(estimate + reach)),
        }
        for row, estimate, reach, term in zip(rows, estimates, half, terms, strict=True)
        if term.component == "coefficient"
    ]
