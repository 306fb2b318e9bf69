"""Least squares with absorbed effects, random effects, and their covariances: what the linear panel models share.

linearmodels gives the same numbers, and the tests hold both to the same results; but it takes three seconds to import
and as long again to fit twenty models that take this module a fraction of a second.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from pipeline.errors import ModelError
from pipeline.models.regression_data import FEW_CLUSTERS, RegressionData, check_rank, group_sums, within

Effects = Literal["person", "person_and_wave"]
Correction = Literal["hc1", "stata", "none"]


@dataclass(frozen=True)
class Linear:
    """Coefficients (k), their covariance (k × k), degrees of freedom, and the covariance in words."""

    estimates: np.ndarray
    covariance: np.ndarray
    df: float
    residuals: np.ndarray
    described: str
    note: str | None = None


def least_squares(data: RegressionData, *, absorb: Effects | None = None, correction: Correction = "hc1") -> Linear:
    """(Weighted) least squares after absorbing person, or person and wave, effects.

    Absorbed effects count in the residual degrees of freedom and in a classical covariance. In a clustered one they do
    not, being nested in the clusters: plm's ``vcovHC``, and Stata's ``xtreg, fe``.
    """
    root = np.ones(data.n_obs) if data.weights is None else np.sqrt(data.weights)
    outcome, matrix = data.outcome, data.matrix
    absorbed = 0
    if absorb is not None:
        absorbed = data.n_persons
        joined = within(np.column_stack([matrix, outcome]), data.person, data.weights)
        if absorb == "person_and_wave":
            absorbed += data.n_waves - 1
            joined = _without_waves(joined, data, root)
        matrix, outcome = joined[:, :-1], joined[:, -1]
    scale = np.linalg.norm(data.matrix * root[:, None], axis=0)
    return _fit(replace(data, matrix=matrix * root[:, None], outcome=outcome * root), scale, absorbed, correction)


def random_effects_fit(
    data: RegressionData, *, small_sample: bool = True, correction: Correction = "hc1"
) -> tuple[Linear, dict[str, float]]:
    """Feasible generalised least squares with the variances of Swamy and Arora (1972), and those variances.

    Each person's rows are reduced by the share θ_i = 1 − √(σ²_e / (σ²_e + T_i σ²_u)) of their mean. ``small_sample``
    takes σ²_u from the between regression weighted by T_i (Baltagi and Chang 1994, as plm); otherwise from the
    unweighted one with the harmonic mean of T_i. The two agree where all persons have equally many rows.
    """
    check_rank(data.matrix, data.terms, data.outcome_name)
    residual, person = _swamy_arora(data, small_sample)
    rows = np.bincount(data.person)
    share = (1 - np.sqrt(residual / (residual + rows * person)))[data.person, None]
    joined = np.column_stack([data.matrix, data.outcome])
    reduced = joined - share * (joined - within(joined, data.person))
    scale = np.linalg.norm(data.matrix, axis=0)
    fit = _fit(replace(data, matrix=reduced[:, :-1], outcome=reduced[:, -1]), scale, 0, correction)
    return fit, {"person": person, "residual": residual}


def _swamy_arora(data: RegressionData, small_sample: bool) -> tuple[float, float]:
    """The residual and the person variance, from the within and the between regression."""
    rows = np.bincount(data.person)
    scale = np.maximum(np.linalg.norm(data.matrix, axis=0), 1e-300)
    joined = np.column_stack([data.matrix / scale, data.outcome])
    inner, inner_rank = _squares(within(joined, data.person))
    means = group_sums(joined, data.person) / rows[:, None]
    root = np.sqrt(rows)[:, None] if small_sample else np.ones((len(rows), 1))
    outer, outer_rank = _squares(root * means)
    inner_df, outer_df = data.n_obs - len(rows) - inner_rank, len(rows) - outer_rank
    if inner_df < 1 or outer_df < 1:
        raise ModelError(
            "too few persons or waves to split the variance into persons' and waves'",
            where=data.outcome_name,
            count=data.n_persons,
        )
    residual = inner / inner_df
    if small_sample:
        weighted = (means[:, :-1] * rows[:, None]).T @ means[:, :-1]
        squared = (means[:, :-1] * rows[:, None] ** 2).T @ means[:, :-1]
        trace = float(np.trace(np.linalg.pinv(weighted, hermitian=True) @ squared))
        return residual, max(0.0, (outer - outer_df * residual) / (data.n_obs - trace))
    return residual, max(0.0, outer / outer_df - residual * float((1 / rows).mean()))


def _squares(joined: np.ndarray) -> tuple[float, int]:
    """The residual sum of squares of the last column on the others, some of them redundant, and their rank."""
    matrix, outcome = joined[:, :-1], joined[:, -1]
    coefficients, _, rank, _ = np.linalg.lstsq(matrix, outcome, rcond=1e-10)
    left = outcome - matrix @ coefficients
    return float(left @ left), int(rank)


def _without_waves(joined: np.ndarray, data: RegressionData, root: np.ndarray) -> np.ndarray:
    """What the wave dummies, themselves free of person effects, leave of each column (Frisch, Waugh and Lovell)."""
    codes = np.unique(data.wave, return_inverse=True)[1]
    dummies = within(np.eye(codes.max() + 1)[codes][:, 1:], data.person, data.weights)
    coefficients = np.linalg.lstsq(dummies * root[:, None], joined * root[:, None], rcond=None)[0]
    return joined - dummies @ coefficients


def _fit(data: RegressionData, scale: np.ndarray, absorbed: int, correction: Correction) -> Linear:
    """Least squares of transformed data, with a classical or clustered covariance.

    ``scale`` is the size of each column before it was transformed: what is left of one must be more than rounding.
    """
    n_obs, n_terms = data.matrix.shape
    df = n_obs - n_terms - absorbed
    if df < 1:
        raise ModelError("more parameters than rows", where=data.outcome_name, count=n_obs)
    check_rank(data.matrix, data.terms, data.outcome_name, scale)
    basis, triangle = np.linalg.qr(data.matrix)
    back = np.linalg.inv(triangle)
    estimates = back @ (basis.T @ data.outcome)
    residuals = data.outcome - data.matrix @ estimates
    if data.clusters is None:
        covariance = back @ back.T * float(residuals @ residuals) / df
        return Linear(estimates, covariance, df, residuals, "classical (independent errors of equal variance)")
    scores = group_sums(basis * residuals[:, None], data.clusters) @ back.T
    n_clusters = len(scores)
    if n_clusters < 2:
        raise ModelError("one cluster, so that clustered standard errors cannot be made", where=str(data.cluster_name))
    factor = {"none": 1.0, "hc1": n_obs / (n_obs - n_terms)}.get(
        correction, n_clusters / (n_clusters - 1) * (n_obs - 1) / (n_obs - n_terms)
    )
    finite = {"hc1": "HC1", "stata": "as Stata: G/(G−1) · (n−1)/(n−k)", "none": "no finite-sample correction"}
    return Linear(
        estimates,
        scores.T @ scores * factor,
        n_clusters - 1 if correction == "stata" else df,
        residuals,
        f"clustered by {data.cluster_name} ({n_clusters:,} clusters), {finite[correction]}",
        f"only {n_clusters} clusters: read the standard errors with care" if n_clusters < FEW_CLUSTERS else None,
    )
