"""Regression on one series whose errors depend on those before: Newey–West, first-order autoregression, diagnostics.

R: ``sandwich::NeweyWest`` and ``bwNeweyWest``, ``nlme::gls`` with ``corAR1``, ``lmtest::dwtest`` and ``bgtest``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Series:
    """Least squares of y on X (n × k): coefficients, covariance, residual degrees of freedom, the error in words."""

    estimates: np.ndarray
    covariance: np.ndarray
    df: float
    described: str
    residuals: np.ndarray
    phi: float | None = None
    log_likelihood: float | None = None
    dispersion: float | None = None


def least_squares(y: np.ndarray, x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Coefficients, residuals and (X'X)⁻¹, by QR."""
    q, r = np.linalg.qr(x)
    back = np.linalg.inv(r)
    estimates = back @ (q.T @ y)
    return estimates, y - x @ estimates, back @ back.T


def classical(y: np.ndarray, x: np.ndarray, *, robust: bool = False) -> Series:
    """Independent errors, of equal variance, or (``robust``) of any: HC1."""
    estimates, errors, inverse = least_squares(y, x)
    n, k = x.shape
    if robust:
        middle = (x * (errors**2)[:, None]).T @ x * (n / (n - k))
        return Series(
            estimates, inverse @ middle @ inverse, n - k, "heteroskedasticity-robust (HC1); t intervals", errors
        )
    covariance = float(errors @ errors) / (n - k) * inverse
    return Series(estimates, covariance, n - k, "classical (independent errors of equal variance); t intervals", errors)


def newey_west(
    y: np.ndarray, x: np.ndarray, lags: int | None = None, *, prewhite: bool = False, adjust: bool = False
) -> Series:
    """Errors correlated over ``lags`` (None: by Newey & West 1994), Bartlett weights.

    ``prewhite``: a first-order vector autoregression of the scores is taken out first, and put back. ``adjust``: times
    n / (n − k).
    """
    estimates, errors, inverse = least_squares(y, x)
    scores = x * errors[:, None]
    n, k = x.shape
    if lags is None:
        lags = int(bandwidth(scores, _intercepts(x), prewhite=prewhite))
    left, back = _whitened(scores) if prewhite else (scores, np.eye(k))
    lags = min(lags, len(left) - 1)
    middle = left.T @ left
    for lag in range(1, lags + 1):
        shared = left[lag:].T @ left[:-lag] * (1 - lag / (lags + 1))
        middle += shared + shared.T
    middle = back @ middle @ back.T * (n / (n - k) if adjust else 1.0)
    words = f"Newey–West, {lags} lag{'' if lags == 1 else 's'}"
    extra = (", prewhitened" if prewhite else "") + (", n/(n−k)" if adjust else "")
    return Series(estimates, inverse @ middle @ inverse, n - k, f"{words}{extra}; t intervals", errors)


def _intercepts(x: np.ndarray) -> np.ndarray:
    return np.asarray(np.ptp(x, axis=0) == 0)


def _whitened(scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Residuals of the scores on those one before, and what brings their variance back."""
    slopes = np.linalg.lstsq(scores[:-1], scores[1:], rcond=None)[0]
    return scores[1:] - scores[:-1] @ slopes, np.linalg.inv(np.eye(scores.shape[1]) - slopes.T)


def bandwidth(scores: np.ndarray, intercepts: np.ndarray, *, prewhite: bool) -> float:
    """The lag of Newey & West (1994) for Bartlett weights; scores of ``intercepts`` (mask) do not count."""
    n_rows = len(scores)
    left = _whitened(scores)[0] if prewhite else scores
    n = len(left)
    reach = int((3 if prewhite else 4) * (n_rows / 100) ** (2 / 9))
    weights = np.where(intercepts, 0.0, 1.0)
    if not weights.any():
        weights = np.ones(len(weights))
    summed = left @ weights
    sigma = np.array([summed[: n - lag] @ summed[lag:] / n for lag in range(reach + 1)])
    level = sigma[0] + 2 * sigma[1:].sum()
    slope = 2 * (np.arange(1, reach + 1) * sigma[1:]).sum()
    return float(1.1447 * ((slope / level) ** 2) ** (1 / 3) * n_rows ** (1 / 3))


def autoregressive(y: np.ndarray, x: np.ndarray, time: np.ndarray) -> Series:
    """First-order autoregressive errors, φ to the power of the time between, by maximum likelihood.

    ``nlme::gls(method = "ML")``: standard errors have σ² over n − k. ``time`` (n) rises; φ is between −1 and 1, and
    not negative where times are not whole numbers apart.
    """
    from scipy.optimize import minimize_scalar

    gaps = np.diff(time)
    n, k = x.shape

    def white(phi: float, values: np.ndarray) -> np.ndarray:
        power = np.sign(phi) ** np.round(gaps) * np.abs(phi) ** gaps if phi else np.zeros_like(gaps)
        scale = np.sqrt(1 - power**2)
        later = (values[1:].T - power * values[:-1].T) / scale
        return np.concatenate([values[:1], later.T])

    def deviance(phi: float) -> float:
        errors = least_squares(white(phi, y), white(phi, x))[1]
        power = np.abs(phi) ** gaps if phi else np.zeros_like(gaps)
        return float(n * np.log(errors @ errors / n) + np.log1p(-(power**2)).sum())

    lowest = -0.9999 if np.allclose(gaps, np.round(gaps)) else 0.0
    grid = np.linspace(lowest, 0.9999, 41)
    best = int(np.argmin([deviance(phi) for phi in grid]))
    around = (grid[max(best - 1, 0)], grid[min(best + 1, len(grid) - 1)])
    phi = float(minimize_scalar(deviance, bounds=around, method="bounded", options={"xatol": 1e-12}).x)
    estimates, errors, inverse = least_squares(white(phi, y), white(phi, x))
    covariance = float(errors @ errors) / (n - k) * inverse
    likelihood = -(deviance(phi) + n * (1 + np.log(2 * np.pi))) / 2
    words = f"first-order autoregressive errors by maximum likelihood (φ = {phi:.2f}); t intervals"
    return Series(estimates, covariance, n - k, words, y - x @ estimates, phi, likelihood)


def quasi_poisson(y: np.ndarray, x: np.ndarray) -> Series | None:
    """log E y = X b, variance a multiple of the mean (R: ``glm(…, quasipoisson)``); None if it does not converge."""
    mean = y + 0.1
    predictor = np.log(mean)
    deviance = np.inf
    for _ in range(100):
        working, root = predictor + (y - mean) / mean, np.sqrt(mean)
        estimates, _, inverse = least_squares(working * root, x * root[:, None])
        predictor = np.clip(x @ estimates, -700, 700)
        mean = np.exp(predictor)
        now = float(2 * np.sum(np.where(y > 0, y * np.log(np.where(y > 0, y, 1) / mean), 0.0) - (y - mean)))
        if abs(now - deviance) < 1e-13 * (abs(now) + 0.1):
            break
        deviance = now
    else:
        return None
    n, k = x.shape
    dispersion = float(np.sum((y - mean) ** 2 / mean) / (n - k))
    words = f"quasi-Poisson (dispersion {dispersion:.2f}); t intervals"
    return Series(estimates, dispersion * inverse, n - k, words, y - mean, dispersion=dispersion)


def durbin_watson(errors: np.ndarray, x: np.ndarray) -> tuple[float, float]:
    """The statistic and its p-value against positive autocorrelation, by the normal approximation."""
    from scipy.special import ndtr

    n, k = x.shape
    statistic = float(np.sum(np.diff(errors) ** 2) / np.sum(errors**2))
    inverse = least_squares(errors, x)[2]
    turned = 2 * x
    turned[[0, -1]] -= x[[0, -1]]
    turned[1:] -= x[:-1]
    turned[:-1] -= x[1:]
    shared = x.T @ turned @ inverse
    p = 2 * (n - 1) - np.trace(shared)
    q = 2 * (3 * n - 4) - 2 * np.trace(turned.T @ turned @ inverse) + np.trace(shared @ shared)
    mean = p / (n - k)
    variance = 2 / ((n - k) * (n - k + 2)) * (q - p * mean)
    return statistic, float(ndtr((statistic - mean) / np.sqrt(variance)))


def breusch_godfrey(errors: np.ndarray, x: np.ndarray, order: int = 1) -> tuple[float, float]:
    """The LM statistic of correlation with the errors up to ``order`` before, and its chi-squared p-value."""
    from scipy.special import chdtrc

    before = np.column_stack([np.concatenate([np.zeros(lag), errors[:-lag]]) for lag in range(1, order + 1)])
    left = least_squares(errors, np.column_stack([x, before]))[1]
    statistic = float(len(errors) * (1 - left @ left / (errors @ errors)))
    return statistic, float(chdtrc(order, statistic))
