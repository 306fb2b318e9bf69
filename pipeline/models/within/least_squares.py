"""(Weighted) least squares after absorbing effects, with classical or clustered covariance, on arrays.

The kernel of repeated fits (imputations, tipping) and large panels. It follows linearmodels' conventions: absorbed
effects count in the residual degrees of freedom and in a classical covariance, not in a clustered one.
"""

from __future__ import annotations

import numpy as np

from pipeline.models.covariance import Correction, Linear, linear
from pipeline.models.regression_data import RegressionData, check_rank
from pipeline.models.within.demean import Effects, Groups

LARGE = 100_000
"""Panels of more rows are fitted here, whoever asks."""


def effects_of(data: RegressionData, *, waves: bool) -> Effects:
    """The person effects of the rows, and with ``waves`` the wave effects."""
    return Effects(Groups(data.person, data.weights), data.wave if waves else None)


def on_arrays(data: RegressionData, repeated: bool) -> bool:
    """Whether a fit takes this kernel: one of many, or of a large panel."""
    return repeated or data.n_obs > LARGE


def require_rank(data: RegressionData, effects: Effects | None) -> None:
    """Raises ModelError naming the terms that the effects and the terms before them determine."""
    left = data.matrix if effects is None else effects.of_each(data.matrix)
    check_rank(left, data.terms, data.outcome_name, np.linalg.norm(data.matrix, axis=0))


def absorbed_fit(
    data: RegressionData, effects: Effects | None, correction: Correction, scale: np.ndarray | None = None
) -> Linear:
    """The least-squares fit of the rows after absorbing ``effects``; without, of the rows as they are.

    ``scale`` is the size of each term before anything was taken from it, by default that in ``data``.

    Raises ModelError naming the terms that the effects and the terms before them determine.
    """
    matrix, outcome = data.matrix, data.outcome
    if effects is not None:
        matrix, outcome = effects.of_each(matrix), effects.residuals(outcome)
    check_rank(matrix, data.terms, data.outcome_name, np.linalg.norm(data.matrix, axis=0) if scale is None else scale)
    root = None if data.weights is None else np.sqrt(data.weights / data.weights.mean())
    if root is not None:
        matrix, outcome = matrix * root[:, None], outcome * root
    basis, back = _basis(matrix)
    inverse = np.linalg.inv(basis.T @ basis)
    estimates = inverse @ (basis.T @ outcome)
    errors = outcome - basis @ estimates
    absorbed = 0 if effects is None else effects.absorbed
    df = data.n_obs - len(data.terms) - absorbed
    if data.clusters is None:
        covariance = float(errors @ errors) / df * inverse
        return linear(data, back @ estimates, back @ covariance @ back.T, df)
    scores = basis * errors[:, None]
    middle = clustered(scores, data.clusters, stata=correction == "stata")
    if correction != "none":
        counted = len(data.terms) + (0 if effects is None else effects.counted(correction))
        middle *= data.n_obs / (data.n_obs - counted)
    return linear(data, back @ estimates, back @ inverse @ middle @ inverse @ back.T, df, correction)


def _basis(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Columns that are orthonormal but for rounding, and what brings their coefficients back to those of the matrix.

    By the triangle of a QR decomposition of columns of unit size: terms of any size and offset lose no digits.
    """
    size = np.linalg.norm(matrix, axis=0)
    back = np.linalg.inv(np.linalg.qr(matrix / size, mode="r")) / size[:, None]
    return matrix @ back, back


def clustered(scores: np.ndarray, clusters: np.ndarray, *, stata: bool) -> np.ndarray:
    """Σ_g s_g s_g' (k × k), s_g the sum of ``scores`` (n × k) over cluster g.

    ``clusters``: codes (n), or two columns of codes (n × 2): then the sum of both ways' less that of their
    intersections (Cameron, Gelbach & Miller 2011). ``stata``: each times G/(G−1) · (n−1)/n.
    """
    if clusters.ndim == 2:
        first, second = clusters.T
        both = np.unique(first * (second.max() + 1) + second, return_inverse=True)[1]
        one, other, shared = (clustered(scores, codes, stata=stata) for codes in (first, second, both))
        return np.asarray(one + other - shared)
    steps = np.diff(clusters, prepend=-1)
    if (steps >= 0).all() and (steps <= 1).all():  # sorted, without gaps
        starts = np.flatnonzero(steps)
        sums = np.column_stack([np.add.reduceat(column, starts) for column in scores.T])
    else:
        sums = np.column_stack([np.bincount(clusters, column) for column in scores.T])
    n_clusters, n = len(sums), len(scores)
    factor = n_clusters / (n_clusters - 1) * (n - 1) / n if stata else 1.0
    return np.asarray(sums.T @ sums * factor)
