"""A linear mixed model with a random intercept per person, by restricted (or full) maximum likelihood.

y_it = x_it'b + u_i + e_it,  u_i ~ N(0, λσ²),  e_it ~ N(0, σ²).  Given λ all other parameters have closed forms, so
the likelihood is profiled to one dimension (Bates et al. 2015, J. Stat. Softw. 67(1), section 3.4, for lme4). The
inverse of a person's covariance is (I − λ/(1 + λn) J)/σ² with n rows, so that persons enter only through sums of
their rows, and persons with equally many rows enter together: one evaluation costs a handful of k × k products.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from pipeline.errors import ModelError
from pipeline.models.groups import group_sums

LARGEST_RATIO = 1e8
"""Beyond this ratio of person to residual variance the outcome does not change within persons."""


@dataclass(frozen=True)
class RandomIntercept:
    """Fixed effects (k), their covariance, both variances and the maximised log-likelihood.

    ``boundary``: the person variance is estimated at zero, where the likelihood has no interior maximum.
    """

    estimates: np.ndarray
    covariance: np.ndarray
    person_variance: float
    residual_variance: float
    log_likelihood: float
    boundary: bool
    df: np.ndarray


def fit_random_intercept(
    outcome: np.ndarray, matrix: np.ndarray, person: np.ndarray, *, reml: bool = True
) -> RandomIntercept:
    """Maximise the profiled (restricted) likelihood over λ ≥ 0; equals lme4's ``lmer(y ~ x + (1 | person))``.

    ``matrix`` (n × k) has full column rank; ``person`` (n) codes 0, 1, …. Degrees of freedom are Satterthwaite's.
    Raises ModelError where persons' outcomes do not change over time, so that no residual variance is left.
    """
    basis, triangle = np.linalg.qr(matrix)
    return maximised(Profile.of(outcome, basis, person, reml), triangle)


def maximised(profile: Profile, triangle: np.ndarray) -> RandomIntercept:
    """The maximum of a profiled likelihood; the matrix is the profile's basis times ``triangle``."""
    ratio = _minimum(profile)
    solved = profile.at(ratio)
    back = np.linalg.inv(triangle)
    estimates = back @ solved.coefficients
    covariance = solved.variance * (back @ solved.inverse @ back.T)
    log_determinant = 2 * float(np.log(np.abs(np.diag(triangle))).sum()) if profile.reml else 0.0
    return RandomIntercept(
        estimates=estimates,
        covariance=covariance,
        person_variance=ratio * solved.variance,
        residual_variance=solved.variance,
        log_likelihood=-(solved.deviance + log_determinant) / 2,
        boundary=ratio == 0.0,
        df=_satterthwaite(profile, ratio, solved, back),
    )


NO_REST = 1e-14
"""Share of the outcome's sum of squares below which its remainder is rounding error."""


@dataclass(frozen=True)
class _Solution:
    coefficients: np.ndarray
    inverse: np.ndarray
    variance: float
    deviance: float
    slope: float


@dataclass(frozen=True)
class Profile:
    """Cross-products of an orthonormal basis with itself and the outcome, whole and by number of rows of a person."""

    sizes: np.ndarray  # the distinct numbers of rows
    persons: np.ndarray  # how many persons have each
    sums: np.ndarray  # sizes × (k+1) × (k+1): Σ s s' over those persons, s the sum of a person's [basis, outcome] rows
    total: np.ndarray  # (k+1) × (k+1)
    rows: int
    reml: bool

    @classmethod
    def of(cls, outcome: np.ndarray, basis: np.ndarray, person: np.ndarray, reml: bool) -> Profile:
        joined = np.column_stack([basis, outcome])
        sums = group_sums(joined, person)
        sizes, member, persons = np.unique(np.bincount(person), return_inverse=True, return_counts=True)
        products = np.stack([sums[member == index].T @ sums[member == index] for index in range(len(sizes))])
        return cls(sizes, persons, products, joined.T @ joined, len(outcome), reml)

    @cached_property
    def k(self) -> int:
        return len(self.total) - 1

    @property
    def freedom(self) -> int:
        return self.rows - self.k if self.reml else self.rows

    def at(self, ratio: float) -> _Solution:
        """Coefficients, residual variance, deviance (without the basis' determinant) and its slope at λ = ``ratio``."""
        grown = 1 + ratio * self.sizes
        products = self.total - np.tensordot(ratio / grown, self.sums, axes=1)
        slopes = -np.tensordot(1 / grown**2, self.sums, axes=1)
        inverse = np.linalg.inv(products[:-1, :-1])
        coefficients = inverse @ products[:-1, -1]
        contrast = np.append(-coefficients, 1.0)
        squares = float(contrast @ products @ contrast)
        if squares <= NO_REST * self.total[-1, -1]:
            raise ModelError("the terms explain the outcome without remainder, so that no uncertainty can be estimated")
        deviance = float(self.persons @ np.log(grown)) + self.freedom * (1 + np.log(2 * np.pi * squares / self.freedom))
        slope = float(self.persons @ (self.sizes / grown))
        slope += self.freedom * float(contrast @ slopes @ contrast) / squares
        if self.reml:
            deviance += float(np.linalg.slogdet(products[:-1, :-1])[1])
            slope += float(np.sum(inverse * slopes[:-1, :-1]))
        return _Solution(coefficients, inverse, squares / self.freedom, deviance, slope)


def _minimum(profile: Profile) -> float:
    """The root of the deviance's slope, by bisection on log λ between a falling and a rising point."""
    if profile.at(0.0).slope >= 0:
        return 0.0
    low, high = 0.0, 1e-3
    while profile.at(high).slope < 0:
        low, high = high, high * 4
        if high > LARGEST_RATIO:
            raise ModelError(
                "the outcome (almost) never changes within a person, so there is no residual variance to estimate"
            )
    while high - low > 1e-13 * high:
        middle = (low + high) / 2
        low, high = (middle, high) if profile.at(middle).slope < 0 else (low, middle)
    return (low + high) / 2


def _satterthwaite(profile: Profile, ratio: float, solved: _Solution, back: np.ndarray) -> np.ndarray:
    """Satterthwaite's degrees of freedom 2 v² / (g'Ag) of each coefficient (lmerTest; Kuznetsova et al. 2017).

    v(λ, σ²) is the coefficient's variance, g its gradient, and A twice the inverse Hessian of the deviance as a
    function of (λ, σ²) jointly, both in closed form but for the second derivative in λ, a central difference.
    """
    freedom, sigma2 = profile.freedom, solved.variance
    step = max(ratio, 1e-3) * 1e-4
    if ratio < step:
        return np.full(profile.k, np.inf)
    grown = 1 + ratio * profile.sizes
    slopes = -np.tensordot(1 / grown**2, profile.sums, axes=1)
    contrast = np.append(-solved.coefficients, 1.0)
    squares, squares_slope = sigma2 * freedom, float(contrast @ slopes @ contrast)
    profiled = (profile.at(ratio + step).slope - profile.at(ratio - step).slope) / (2 * step)
    both = -squares_slope / sigma2**2  # d²D / dλ dσ² of D = … + freedom log σ² + squares(λ)/σ²
    own = (2 * squares / sigma2 - freedom) / sigma2**2
    hessian = np.array([[profiled + both**2 / own, both], [both, own]])
    loadings = back @ solved.inverse
    by_sigma2 = np.einsum("ij,ij->i", loadings, back)
    by_ratio = -sigma2 * np.einsum("ij,jk,ik->i", loadings, slopes[:-1, :-1], loadings)
    gradient = np.stack([by_ratio, by_sigma2])
    spread = np.einsum("ai,ab,bi->i", gradient, 2 * np.linalg.inv(hessian), gradient)
    return np.asarray(2 * (sigma2 * by_sigma2) ** 2 / spread)
