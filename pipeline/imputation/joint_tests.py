"""Tests of several coefficients at once on imputed data: D1 (Wald), D2 (test statistics), D3 (likelihood ratios)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.errors import ModelError
from pipeline.imputation.pooling import barnard_rubin
from pipeline.options import known_options

ROUNDING = 1e-6
"""A statistic so little below zero is zero."""


@dataclass(frozen=True)
class JointTest:
    """An F test: statistic, degrees of freedom, p, and the average relative increase of variance."""

    statistic: float
    df1: float
    df2: float
    p_value: float
    riv: float


@known_options
def d1(estimates: np.ndarray, covariances: np.ndarray, *, df_complete: float = np.inf) -> JointTest:
    """All coefficients zero, from each imputation's estimates (m × k) and covariances (m × k × k).

    Li, Raghunathan & Rubin (1991), JASA 86, 1065-1073; with a finite ``df_complete`` the denominator df are Reiter's
    (2007), Biometrika 94, 502-508. These are not defined for k (m - 1) of 4 or fewer: one coefficient then has Barnard
    and Rubin's, as when it is pooled alone; several have Li's. Pass only the rows and columns tested. R: ``mice::D1``.
    """
    q, u = np.asarray(estimates, float), np.asarray(covariances, float)
    m, k = q.shape
    _solvable(q, u)
    mean, within, between = q.mean(axis=0), u.mean(axis=0), np.atleast_2d(np.cov(q.T))
    riv = (1 + 1 / m) * float(np.trace(np.linalg.solve(within, between))) / k
    statistic = float(mean @ np.linalg.solve(within, mean)) / (k * (1 + riv))
    return _f_test(statistic, k, _denominator(m, k, riv, df_complete), riv)


def _solvable(estimates: np.ndarray, covariances: np.ndarray) -> None:
    """Raises ModelError for fewer than two imputations, results that are no numbers, and terms that repeat others."""
    if len(estimates) < 2:
        raise ModelError("pooling needs the estimates of at least two imputations", where="d1", count=len(estimates))
    if not (np.isfinite(estimates).all() and np.isfinite(covariances).all()):
        raise ModelError("estimates or covariances that are no numbers", where="d1", todo="Leave these terms out.")
    within = covariances.mean(axis=0)
    if np.linalg.matrix_rank(within, hermitian=True) < len(within):
        raise ModelError(
            "the covariances of the terms are singular", where="d1", todo="Leave out terms that repeat others."
        )


def _denominator(m: int, k: int, riv: float, df_complete: float) -> float:
    if riv <= 0:  # nothing is missing that matters here: the test is that of complete data
        return df_complete
    if np.isinf(df_complete):
        return _li(m, k, riv)
    if k * (m - 1) > 4:
        return _reiter(m, k, riv, df_complete)
    return float(barnard_rubin(m, np.array(riv / (1 + riv)), df_complete)) if k == 1 else _li(m, k, riv)


@known_options
def d2(statistics: Sequence[float], k: int) -> JointTest:
    """From each imputation's χ² statistic (Wald or likelihood ratio) on ``k`` df alone: the least exact of the three.

    Li, Meng, Raghunathan & Rubin (1991), Statistica Sinica 1, 65-92. R: ``mice::D2``.
    """
    w = np.asarray(statistics, float)
    _check(w, k)
    below = int((w < -ROUNDING).sum())
    if below:
        raise ModelError(
            "χ² statistics below zero", where="statistics", count=below, todo="Give Wald or LR statistics."
        )
    w = np.maximum(w, 0.0)
    m = len(w)
    riv = (1 + 1 / m) * float(np.var(np.sqrt(w), ddof=1))
    statistic = (w.mean() / k - (m + 1) / (m - 1) * riv) / (1 + riv)
    df2 = k ** (-3 / m) * (m - 1) * (1 + 1 / riv) ** 2 if riv > 0 else np.inf
    return _f_test(float(statistic), k, df2, riv)


@known_options
def d3(at_own: Sequence[float], at_pooled: Sequence[float], k: int) -> JointTest:
    """From likelihood ratio statistics: each imputation's at its own estimates, and at the pooled estimates.

    Meng & Rubin (1992), Biometrika 79, 103-111. ``at_pooled`` holds 2 (logL(full) - logL(restricted)) of every imputed
    data set with both models' coefficients fixed at their pooled values. R: ``mice::D3``.
    """
    _check(np.asarray(at_own, float), k)
    _check(np.asarray(at_pooled, float), k)
    own, pooled = float(np.mean(at_own)), float(np.mean(at_pooled))
    m = len(at_own)
    riv = max((m + 1) / (k * (m - 1)) * (own - pooled), 0.0)  # below zero by rounding alone
    return _f_test(pooled / (k * (1 + riv)), k, _denominator(m, k, riv, np.inf), riv)


def _check(statistics: np.ndarray, k: int) -> None:
    """Raises ModelError for fewer than two statistics, one that is none, or no coefficient to test."""
    if len(statistics) < 2 or not np.isfinite(statistics).all():
        failed = int((~np.isfinite(statistics)).sum())
        raise ModelError("imputations gave no result to pool", where="statistics", count=failed or len(statistics))
    if k < 1:
        raise ModelError(f"`k={k}` is no number of coefficients", where="k", todo="Give a whole number from 1 on.")


def _li(m: int, k: int, riv: float) -> float:
    t = k * (m - 1)
    if t > 4:
        return 4 + (t - 4) * (1 + (1 - 2 / t) / riv) ** 2
    return t * (1 + 1 / k) * (1 + 1 / riv) ** 2 / 2


def _reiter(m: int, k: int, riv: float, df_complete: float) -> float:
    """Reiter (2007), equation 2, with its a and c named as there."""
    t = k * (m - 1)
    a = riv * t / (t - 2)
    observed = (df_complete + 1) / (df_complete + 3) * df_complete
    c0, c1, c2 = 1 / (t - 4), observed - 2 * (1 + a), observed - 4 * (1 + a)
    z = 1 / c2 + c0 * (
        a**2 * c1 / ((1 + a) ** 2 * c2)
        + 8 * a**2 * c1 / ((1 + a) * c2**2)
        + 4 * a**2 / ((1 + a) * c2)
        + 4 * a**2 / (c2 * c1)
        + 16 * a**2 * c1 / c2**3
        + 8 * a**2 / c2**2
    )
    return 4 + 1 / z


def _f_test(statistic: float, df1: float, df2: float, riv: float) -> JointTest:
    from scipy.special import chdtrc, fdtrc

    at = max(statistic, 0.0)
    p_value = chdtrc(df1, df1 * at) if np.isinf(df2) else fdtrc(df1, df2, at)
    return JointTest(statistic, df1, df2, float(p_value), riv)
