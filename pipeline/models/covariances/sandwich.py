"""Sandwich covariances of a fit: heteroskedasticity-robust and clustered, with the corrections of R and Stata."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pipeline.errors import ModelError
from pipeline.models.covariances.problem import LeastSquares, crossed, sums_by

EXACT = 1e-10
"""A row with less than this share of its own outcome left decides its fitted value alone, and has no residual."""

HC = ("hc0", "hc1", "hc2", "hc3", "hc4")


def classical(problem: LeastSquares) -> np.ndarray:
    """σ² (X'X)⁻¹, with the residual degrees of freedom: ``vcov(lm)``."""
    return problem.covariance(np.eye(problem.rank) * float(problem.residuals @ problem.residuals) / problem.df)


def heteroskedastic(problem: LeastSquares, kind: str, *, dummies: bool = True) -> np.ndarray:
    """HC0–HC4 (White 1980; MacKinnon & White 1985; Cribari-Neto 2004): ``sandwich::vcovHC``.

    ``dummies``: absorbed effects count as the dummies that they stand for, in k and in the leverage (as
    ``vcovHC(lm(… + factor(person)))``); otherwise they do not (plm's ``vcovHC(method = "white1")``).
    """
    scores = adjusted(problem, kind, dummies=dummies)
    return problem.covariance(scores.T @ scores)


def adjusted(problem: LeastSquares, kind: str, *, dummies: bool) -> np.ndarray:
    """The scores (n × K) with residuals adjusted for leverage, or for degrees of freedom."""
    n, rank = problem.n_obs, problem.rank + (problem.n_absorbed if dummies else 0)
    if kind == "hc0":
        return problem.scores
    if kind == "hc1":
        return np.asarray(problem.scores * np.sqrt(n / (n - rank)))
    leverage = problem.leverage if dummies else np.einsum("ij,ij->i", problem.basis, problem.basis)
    left = 1 - leverage
    power = {"hc2": 0.5, "hc3": 1.0}.get(kind)
    exponent = np.minimum(4, n * leverage / round(leverage.sum())) / 2 if power is None else power
    weight = np.where(left > EXACT, np.maximum(left, EXACT) ** -exponent, 0.0)
    return problem.scores * weight[:, None]


def clustered(problem: LeastSquares, ways: Sequence[np.ndarray], correction: str = "none") -> np.ndarray:
    """Σ_g s_g s_g', s_g the sum of the scores of cluster g; of two ways, both less their intersections.

    ``correction`` is one of ``pipeline.specs.corrections``. Raises ModelError for a single cluster.
    """
    require_clusters(ways)
    scores = adjusted(problem, correction if correction in HC[2:] else "hc0", dummies=False)
    fewest = min(int(codes.max()) + 1 for codes in ways)
    both = np.arange(problem.n_obs) if correction == "multi0" else crossed(ways[0], ways[-1])
    signed = [(ways[0], 1.0)]
    if len(ways) == 2:
        signed += [(ways[1], 1.0), (both, -1.0)]
    middle = np.zeros((problem.rank, problem.rank))
    for codes, sign in signed:
        sums = sums_by(scores, codes)
        n_clusters = fewest if correction == "reghdfe" else len(sums)
        size = 1.0 if codes is both and correction == "multi0" else factor(problem, correction, n_clusters, ways)
        middle += sign * size * sums.T @ sums
    return problem.covariance(middle)


def factor(problem: LeastSquares, correction: str, n_clusters: int, ways: Sequence[np.ndarray]) -> float:
    """The finite-sample factor of one way with so many clusters."""
    n, rank = problem.n_obs, problem.n_terms
    groups = n_clusters / (n_clusters - 1)
    if correction == "hc1":
        return n / (n - rank)
    if correction == "cr1":
        return groups
    if correction == "stata":  # effects of waves that are not reported count as the dummies that they are
        return groups * (n - 1) / (n - problem.rank)
    if correction in ("lsdv", "multi0"):
        return groups * (n - 1) / problem.df
    if correction == "reghdfe":
        return groups * (n - 1) / (n - rank - _effects_that_count(problem, ways))
    return 1.0


def _effects_that_count(problem: LeastSquares, ways: Sequence[np.ndarray]) -> int:
    """Levels of the effects that are not nested in clusters of any way, less those that others determine.

    The constant is one of them: where all effects are nested it counts alone.
    """
    effects = [None if problem.absorbed is None else problem.absorbed.codes, problem.explicit]
    given = [codes for codes in effects if codes is not None]
    counted = [int(codes.max()) + 1 for codes in given if not any(_nested(codes, way) for way in ways)]
    return max(sum(counted) - max(len(counted) - 1, 0), 1) if given else 0


def _nested(groups: np.ndarray, codes: np.ndarray) -> bool:
    return len(np.unique(groups * (int(codes.max()) + 1) + codes)) == int(groups.max()) + 1


def require_clusters(ways: Sequence[np.ndarray]) -> None:
    """Raises ModelError for a single cluster."""
    if any(int(codes.max()) == 0 for codes in ways):
        raise ModelError("one cluster, so that clustered standard errors cannot be made", where="clusters")
