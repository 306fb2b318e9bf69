"""Terms of any size and offset: fits on columns that one tolerance suits, and the results in the terms' own units.

Years beside their squares, or incomes beside shares, make a matrix whose cross-products lose most digits. A fit that
does not change with the coordinates of its columns is therefore made on an orthonormal basis of them, as R's ``lm``
does by its QR decomposition, and its coefficients are taken back.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from pipeline.models.covariance import Linear
from pipeline.models.groups import means_of
from pipeline.models.regression_data import RegressionData

ROUNDING = 1e-9
"""Means of columns of size one that are smaller than this are zero but for rounding."""


@dataclass(frozen=True)
class Scaled:
    """The rows in other coordinates: ``data.matrix`` = the terms × ``back``, so that terms = back × coefficients."""

    data: RegressionData
    back: np.ndarray

    def terms(self, estimates: np.ndarray, covariance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Coefficients and covariance of the terms from those of the columns."""
        return self.back @ estimates, self.back @ covariance @ self.back.T

    def fit(self, fit: Linear) -> Linear:
        """The fit of the columns as that of the terms."""
        estimates, covariance = self.terms(fit.estimates, fit.covariance)
        return replace(fit, estimates=estimates, covariance=covariance)


def orthonormal(data: RegressionData, seen: np.ndarray | None = None) -> Scaled:
    """The rows on columns that are orthonormal (times √n) in ``seen``, by default in the matrix as it is.

    ``seen`` (rows × terms) is what an estimator makes of the matrix: deviations from persons' means, differences. Its
    columns are independent.
    """
    seen = data.matrix if seen is None else seen
    size = np.linalg.norm(seen, axis=0)
    root = np.sqrt(len(seen))
    basis, triangle = np.linalg.qr(seen / size)
    back = np.linalg.inv(triangle) / size[:, None] * root
    same = seen is data.matrix
    return Scaled(replace(data, matrix=basis * root if same else data.matrix @ back), back)


def orthonormal_apart(data: RegressionData) -> Scaled:
    """The rows on orthonormal columns (times √n) of the terms that change within persons, and of those that do not.

    For an estimator that treats the two kinds apart, as one that takes persons' means does.
    """
    start = shifted(data)
    varies, root = data.varies_within(), np.sqrt(data.n_obs)
    matrix, back = np.empty_like(data.matrix), np.zeros((len(data.terms), len(data.terms)))
    for chosen in (varies, ~varies):
        values = start.data.matrix[:, chosen]
        size = np.linalg.norm(values, axis=0)
        basis, triangle = np.linalg.qr(values / size)
        matrix[:, chosen] = basis * root
        back[np.ix_(chosen, chosen)] = np.linalg.inv(triangle) / size[:, None] * root
    means = means_of(matrix, data.person)
    matrix -= np.where(varies & (np.abs(means).max(axis=0) < ROUNDING), means, 0.0)  # deviations stay deviations
    first = np.searchsorted(data.person, data.person)
    matrix[:, ~varies] = matrix[first][:, ~varies]  # the same to the last bit in all rows of a person
    return Scaled(replace(data, matrix=matrix), start.back @ back)


def shifted(data: RegressionData) -> Scaled:
    """The rows with each term less its mean, which the intercept among them takes up."""
    intercept = np.array([term.component == "intercept" for term in data.terms])
    mean = np.where(intercept, 0.0, data.matrix.mean(axis=0))
    back = np.eye(len(data.terms))
    back[intercept] -= mean
    return Scaled(replace(data, matrix=data.matrix - mean), back)
