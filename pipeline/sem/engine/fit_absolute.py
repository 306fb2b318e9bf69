"""Fit measures that need no baseline model: GFI and kin, critical N, McDonald's centrality, expected cross-validation.

As lavaan 0.6 has them. Its GFI compares, where answers are missing and not weighted, the *pairwise* means and
covariances with the model, not the maximum likelihood ones: read it with care there.
"""

from __future__ import annotations

import numpy as np

from pipeline.sem.engine.data import GroupData
from pipeline.sem.engine.moments import pairwise_covariance, triangle
from pipeline.sem.engine.saturated import Moments
from pipeline.sem.engine.state import State


def absolute_measures(state: State, statistic: float, df: int) -> dict[str, float]:
    """``cn_05``, ``cn_01``, ``gfi``, ``agfi``, ``pgfi``, ``mfi`` and ``ecvi`` (Hoelter 1983; Jöreskog & Sörbom 1986;

    McDonald 1989; Browne & Cudeck 1993).
    """
    n = state.data.n
    size = sum(triangle(len(state.model.observed)).size for _ in state.data.groups)
    measures = good_fit(_gfi(state), size, df) | critical_n(statistic, df, n)
    measures |= {"mfi": float(np.exp(-0.5 * (statistic - df) / n)), "ecvi": (statistic + 2 * state.model.npar) / n}
    return measures


def good_fit(gfi: float, size: int, df: int) -> dict[str, float]:
    """GFI, adjusted for df and for parsimony; ``size`` counts the moments, those of covariates too."""
    return {"gfi": gfi, "agfi": 1 - size / df * (1 - gfi) if df > 0 else 1.0, "pgfi": df / size * gfi}


def critical_n(statistic: float, df: int, n: int) -> dict[str, float]:
    """N at which this discrepancy would just be rejected at 5 % and 1 %."""
    from scipy.special import chdtri

    if df < 1 or not statistic > 0:
        return {"cn_05": np.nan, "cn_01": np.nan}
    return {name: float(chdtri(df, tail)) / (statistic / n) + 1 for name, tail in (("cn_05", 0.05), ("cn_01", 0.01))}


def _gfi(state: State) -> float:
    """1 − d′Vd / s′Vs by group, s the sample moments, d their distance from the model's, V the expected information."""
    total = 0.0
    tri = triangle(len(state.model.observed))
    for data, h1, point in zip(state.data.groups, state.saturated, state.place.points, strict=True):
        seen_mean, seen_covariance = _sample_moments(data, h1, state.data.missing)
        seen = np.concatenate([seen_mean, seen_covariance[tri.rows, tri.columns]])
        away = seen - np.concatenate([point.mean, point.covariance[tri.rows, tri.columns]])
        both = np.column_stack([seen, away]) * state.kept[:, None]
        square = both.T @ point.information_times("expected", both)
        total += data.total / state.data.n * (1 - float(square[1, 1]) / float(square[0, 0]))
    return total


def _sample_moments(data: GroupData, h1: Moments, missing: str) -> tuple[np.ndarray, np.ndarray]:
    if missing == "listwise" or data.weights is not None:
        return h1.mean, h1.covariance
    pairwise = pairwise_covariance(data.y) * (data.n - 1) / data.n
    return data.available()[0], np.where(np.isnan(pairwise), h1.covariance, pairwise)
