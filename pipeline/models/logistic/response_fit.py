"""Fit of a response model: discrimination (AUC) and representativeness (R-indicators)."""

from __future__ import annotations

import numpy as np

from pipeline.models.inference import Basis, Term, quantile


def response_rows(
    basis: Basis, response: np.ndarray, probability: np.ndarray, matrix: np.ndarray, covariance: np.ndarray
) -> list[dict[str, object]]:
    """One row each: response rate, AUC, R-indicator, its bias-adjusted version, coefficient of variation of P.

    ``matrix`` (n × k) and ``covariance`` (k × k) are those of a logit with an intercept; ``probability`` its fit.
    """
    spread = float(np.std(probability, ddof=1))
    area, area_error = auc(probability, response)
    adjusted, low, high, error = adjusted_r_indicator(probability, matrix, covariance, basis.confidence)
    half = quantile(basis.confidence) * area_error
    plain = {
        "response_rate": float(response.mean()),
        "r_indicator": 1 - 2 * spread,
        "cv_probability": spread / float(probability.mean()),
    }
    rows = [basis.row(Term("fit", name), estimate=value, covariance=None) for name, value in plain.items()]
    rows.append(
        basis.row(
            Term("fit", "auc"),
            estimate=area,
            std_error=area_error,
            conf_low=max(area - half, 0.0),
            conf_high=min(area + half, 1.0),
            covariance="DeLong, DeLong and Clarke-Pearson (1988)",
        )
    )
    rows.append(
        basis.row(
            Term("fit", "r_indicator_adjusted"),
            estimate=adjusted,
            std_error=error,
            conf_low=low,
            conf_high=high,
            covariance="linearised: of the coefficients and of who is in the sample",
        )
    )
    return rows


def auc(score: np.ndarray, response: np.ndarray) -> tuple[float, float]:
    """The chance that a responder has a higher score than a non-responder (ties half), and its standard error.

    From mid-ranks (Mann and Whitney); the error is DeLong's, from each person's share of the others ranked below them.
    R: ``pROC::auc``, ``pROC::var``.
    """
    from scipy.stats import rankdata

    ones, zeros = score[response == 1], score[response == 0]
    both = rankdata(np.concatenate([ones, zeros]))
    above = (both[: len(ones)] - rankdata(ones)) / len(zeros)
    below = 1 - (both[len(ones) :] - rankdata(zeros)) / len(ones)
    variance = above.var(ddof=1) / len(ones) + below.var(ddof=1) / len(zeros)
    return float(above.mean()), float(np.sqrt(variance))


def adjusted_r_indicator(
    probability: np.ndarray, matrix: np.ndarray, covariance: np.ndarray, confidence: float = 0.95
) -> tuple[float, float, float, float | None]:
    """1 - 2 S, where S² is freed of what it owes to estimating the probabilities; its interval and standard error.

    Estimated probabilities vary even if the true ones do not: by the mean of z'Vz over people, where z is the gradient
    p (1 - p) x less its mean and V the coefficients' ``covariance``. Var(S²) = 4 a'Va + 2 tr(BVBV) plus the variance of
    (p - mean)² over n, with a the covariance of p and z, and B that of z. The interval is that of S², on R's scale; S²
    below zero counts as zero. After Shlomo, Skinner & Schouten (2012), J. Statist. Plann. Inference 142, 201-211.
    """
    n = len(probability)
    gap = probability - probability.mean()
    gradient = (probability * (1 - probability))[:, None] * matrix
    gradient = gradient - gradient.mean(axis=0)
    owed = float(np.einsum("ij,jk,ik->", gradient, covariance, gradient)) / n
    square = float(gap @ gap) / (n - 1) - owed
    slope, moment = gap @ gradient / n, gradient.T @ gradient / n
    moved = moment @ covariance
    variance = 4 * float(slope @ covariance @ slope) + 2 * float(np.trace(moved @ moved)) + float((gap**2).var()) / n
    half = quantile(confidence) * np.sqrt(variance)
    spread = float(np.sqrt(max(square, 0.0)))
    low, high = (1 - 2 * float(np.sqrt(max(end, 0.0))) for end in (square + half, square - half))
    return 1 - 2 * spread, low, high, float(np.sqrt(variance)) / spread if spread > 0 else None
