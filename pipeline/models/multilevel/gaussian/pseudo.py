"""Sampling weights of groups: the sandwich of a weighted likelihood.

Σ_j w_j log ∫ Π_i f(y_ij | u)^{w_i|j} φ(u) du is maximised (Rabe-Hesketh & Skrondal 2006, J. R. Statist. Soc. A 169,
805-827); its covariance is H⁻¹ (Σ_c s_c s_c') H⁻¹ · C/(C − 1) with the scores s_c of C clusters of groups.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.errors import ModelError
from pipeline.models.groups import group_sums
from pipeline.models.multilevel.gaussian.maximum import MixedFit
from pipeline.models.multilevel.gaussian.uncertainty import Uncertainty

SCALINGS = ("size", "effective")


@dataclass(frozen=True)
class Sandwich:
    """The robust covariance of the fixed effects (p × p) and of (θ, log σ), and how many clusters it rests on."""

    covariance: np.ndarray
    of_parameters: np.ndarray
    n_clusters: int


def scaled_weights(weights: np.ndarray, codes: np.ndarray, scaling: str | None) -> np.ndarray:
    """Weights of rows within groups, that sum to the group's size, or to its effective size (Σw)²/Σw²."""
    if scaling is None:
        return weights
    total, square = np.bincount(codes, weights), np.bincount(codes, weights**2)
    wanted = np.bincount(codes) if scaling == "size" else total**2 / square
    return np.asarray(weights * (wanted / total)[codes])


def group_weights(weights: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """One weight for each group. Raises ModelError where a group's rows have several."""
    total = np.bincount(codes, weights) / np.bincount(codes)
    differing = len(np.unique(codes[np.abs(weights - total[codes]) > 1e-9 * np.abs(total[codes])]))
    if differing:
        raise ModelError(
            "a sampling weight that differs between the rows of a group: the likelihood needs one weight for a group, "
            "and those of rows given the group separately",
            where="weights",
            count=differing,
            todo="Name one weight for a group in `weights`, and those of rows in `row_weights` with their `scaling`.",
        )
    return total


def effective_number(weights: np.ndarray) -> float:
    """As many equal weights as give the variance that these do, (Σw)²/Σw² (Kish 1965).

    >>> effective_number(np.array([1.0, 1.0, 1.0, 3.0]))
    3.0
    """
    return float(weights.sum() ** 2 / (weights**2).sum())


def sandwich(fit: MixedFit, clusters: np.ndarray) -> Sandwich:
    """The robust covariance; ``clusters`` is the code of each group's cluster."""
    rows, profile, theta = fit.rows, fit.profile, fit.theta
    assert rows.mass is not None
    log_sigma, contrast, size = float(np.log(fit.scaled_variance) / 2), fit.at.contrast, len(fit.theta)
    variance, p = fit.scaled_variance, rows.p
    scores = np.empty((rows.factors[0].n_groups, p + size + 1))
    hessian = np.zeros((p + size + 1, p + size + 1))
    hessian[p:, p:] = np.linalg.pinv(Uncertainty.of(fit).covariance, hermitian=True)
    scores[:, :p] = profile.contributions(theta, log_sigma, contrast)[1] / variance
    hessian[:p, :p] = fit.at.products[:p, :p] / variance
    for k in range(size + 1):
        step = np.zeros(size + 1)
        step[k] = 1e-5 * max(abs(theta[k]) if k < size else 1.0, 0.1)
        ends, products = [], []
        for sign in (1, -1):
            moved = theta + sign * step[:size]
            ends.append(profile.contributions(moved, log_sigma + sign * step[size], contrast)[0])
            products.append(profile.at(moved).products[:p] @ contrast)
        scores[:, p + k] = -(ends[0] - ends[1]) / (4 * step[k])
        if k < size:
            hessian[:p, p + k] = hessian[p + k, :p] = -(products[0] - products[1]) / (2 * step[k] * variance)
    summed = group_sums(scores * rows.mass[:, None], clusters)
    n_clusters = len(summed)
    inverse = np.linalg.inv(hessian)
    whole = inverse @ (summed.T @ summed) @ inverse * n_clusters / (n_clusters - 1)
    back = rows.size * rows.back
    return Sandwich(back @ whole[:p, :p] @ back.T, whole[p:, p:], n_clusters)
