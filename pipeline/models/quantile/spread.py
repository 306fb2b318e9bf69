"""Standard errors of quantile regression: clustered, with a kernel for the density; or by bootstrap of clusters."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.models.covariance import few_clusters
from pipeline.models.groups import by_content
from pipeline.models.likelihood.robust import IN_WORDS, cluster_meat
from pipeline.models.quantile.solver import quantile_fit


@dataclass(frozen=True)
class Spread:
    """A covariance (k × k), how it was made, the degrees of freedom of its t, and what to note."""

    covariance: np.ndarray
    described: str
    df: float
    note: str | None


def bandwidth(share: float, n: int, alpha: float = 0.05) -> float:
    """Hall & Sheather's (1988); R: ``quantreg::bandwidth.rq``. Halved until it lies within the quantiles."""
    from scipy.special import ndtri

    at = float(ndtri(share))
    dense = float(np.exp(-0.5 * at**2) / np.sqrt(2 * np.pi))
    h = n ** (-1 / 3) * float(ndtri(1 - alpha / 2)) ** (2 / 3) * (1.5 * dense**2 / (2 * at**2 + 1)) ** (1 / 3)
    while share - h < 0 or share + h > 1:
        h /= 2
    return float(h)


def kernel_spread(
    residuals: np.ndarray,
    matrix: np.ndarray,
    weights: np.ndarray,
    share: float,
    clusters: np.ndarray | None,
    cluster_name: str | None,
    correction: str,
) -> Spread:
    """J⁻¹ M J⁻¹, J = Σ w f(0) xx' with a Gaussian kernel for the density f of residuals at zero (Powell 1991).

    Without clusters M = τ(1 − τ) Σ w² xx' (R: ``summary(rq, se = "ker")``); with them the cross-products of clusters'
    sums of w x (τ − [r < 0]) (Parente & Santos Silva 2016, J. Econometric Methods 5, 1–15).
    """
    n, k = matrix.shape
    reach = _normal_reach(share, n) * min(float(residuals.std(ddof=1)), _quartiles(residuals) / 1.34)
    reach = max(reach, 1e-8 * max(float(np.abs(residuals).max()), 1e-300))
    dense = np.exp(-0.5 * (residuals / reach) ** 2) / (np.sqrt(2 * np.pi) * reach)
    inverse = np.linalg.pinv((matrix * (weights * dense)[:, None]).T @ matrix, hermitian=True)
    words = "kernel estimate of the density (Hall–Sheather bandwidth)"
    if clusters is None:
        weighted = matrix * weights[:, None]
        meat = share * (1 - share) * weighted.T @ weighted
        return Spread(inverse @ meat @ inverse, f"independent rows, {words}", float(n - k), None)
    small = np.abs(residuals) <= 1e-10 * max(float(np.abs(residuals).max()), 1e-300)
    scores = matrix * (weights * np.where(small, 0.0, share - (residuals < 0)))[:, None]
    factor = (n - 1) / (n - k) if correction == "hc1" else 1.0
    meat = factor * cluster_meat(scores, clusters)
    n_clusters = int(np.atleast_2d(clusters.T).max(axis=1).min()) + 1
    described = f"clustered by {cluster_name} ({n_clusters:,} clusters), {IN_WORDS[correction]}, {words}"
    df = n - k if correction == "hc1" else n_clusters - 1
    return Spread(inverse @ meat @ inverse, described, float(df), few_clusters(n_clusters))


def _normal_reach(share: float, n: int) -> float:
    from scipy.special import ndtri

    h = bandwidth(share, n)
    return float(ndtri(min(share + h, 1 - 1e-12)) - ndtri(max(share - h, 1e-12)))


def _quartiles(residuals: np.ndarray) -> float:
    low, high = np.quantile(residuals, [0.25, 0.75])
    return float(high - low) or float(residuals.std(ddof=1))


def bootstrap_spread(
    outcome: np.ndarray,
    matrix: np.ndarray,
    weights: np.ndarray,
    share: float,
    clusters: np.ndarray,
    cluster_name: str | None,
    *,
    draws: int,
    seed: int,
    where: str,
) -> Spread:
    """The covariance over samples of as many clusters, drawn with replacement; R: ``boot.rq(cluster = …)``."""
    draw, clusters = np.random.default_rng(seed), by_content(clusters, np.column_stack([outcome, matrix]))
    count = int(clusters.max()) + 1
    found = np.empty((draws, matrix.shape[1]))
    for number in range(draws):
        times = np.bincount(draw.integers(0, count, count), minlength=count)[clusters]
        found[number] = quantile_fit(outcome, matrix, share, weights * times, where)
    words = f"bootstrap of {count:,} clusters ({cluster_name or 'rows'}), {draws:,} draws, seed {seed}"
    return Spread(np.atleast_2d(np.cov(found, rowvar=False, ddof=1)), words, np.inf, few_clusters(count))
