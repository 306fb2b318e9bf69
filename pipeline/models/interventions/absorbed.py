"""Least squares with unit and wave effects absorbed: coefficients, their covariance, and what its error is called."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.errors import ModelError
from pipeline.models.inference import Term
from pipeline.models.interventions.adoption import Adoption
from pipeline.models.regression_data import check_rank
from pipeline.models.within.least_squares import clustered

TOO_FEW = "more parameters than rows"
SMALL, ALIKE = 1e-6, 1e8
"""Less than this share left of a column, or cross-products of a larger condition: its rank is checked by QR."""


@dataclass(frozen=True)
class Absorbed:
    """Coefficients (k), covariance (k × k), degrees of freedom, the error in words; residuals (n), columns (n × k)."""

    estimates: np.ndarray
    covariance: np.ndarray
    df: float
    described: str
    residuals: np.ndarray
    columns: np.ndarray


def absorb(data: Adoption, matrix: np.ndarray, terms: tuple[Term, ...]) -> Absorbed:
    """y_it = x_it b + a_i + w_t + e_it, with the covariates of ``data`` after the columns of ``matrix`` (n × k).

    Clustered errors are G/(G−1) · (n−1)/(n−k) times the sandwich, k counting the wave effects, and the unit effects
    only where units are not nested in clusters; t on G − 1: fixest's ``feols``, Stata's ``reghdfe``. Without clusters
    errors are classical. Raises ModelError naming the terms that cannot be separated.
    """
    joined = np.column_stack([matrix, data.covariates]) if data.covariates.size else matrix
    every = (*terms, *data.terms)
    left, outcome = data.effects.of_each(joined), data.effects.residuals(data.outcome)
    root = np.sqrt(data.weight)
    size = np.linalg.norm(left, axis=0)
    whole = np.linalg.norm(joined, axis=0)
    if (size < SMALL * whole).any():
        check_rank(left, every, data.outcome_name, whole)
    x, y = left / size, outcome * root
    if data.weights is not None:
        x *= root[:, None]
    moments = x.T @ x
    if np.linalg.cond(moments) > ALIKE:
        check_rank(left, every, data.outcome_name, whole)
    inverse = np.linalg.inv(moments)
    scaled = inverse @ (x.T @ y)
    errors = y - x @ scaled
    n, k, waves = data.n_obs, len(every), len(data.times)
    if data.cluster is None:
        df = float(n - k - data.effects.absorbed)
        if df < 1:
            raise ModelError(TOO_FEW, where=data.outcome_name, count=n)
        covariance, words = float(errors @ errors) / df * inverse, "classical (independent errors of equal variance)"
    else:
        counted = k + waves if data.is_nested else k + data.effects.absorbed
        if n <= counted:
            raise ModelError(TOO_FEW, where=data.outcome_name, count=n)
        groups = data.n_clusters
        factor = groups / (groups - 1) * (n - 1) / (n - counted)
        middle = clustered(x * errors[:, None], data.cluster, stata=False) * factor
        covariance, df = inverse @ middle @ inverse, float(groups - 1)
        words = f"clustered by {data.cluster_name} ({groups:,} clusters), G/(G−1) · (n−1)/(n−k)"
    return Absorbed(scaled / size, covariance / np.outer(size, size), df, f"{words}; t intervals", errors / root, left)
