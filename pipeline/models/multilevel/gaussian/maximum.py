"""The maximum of a profiled likelihood: BFGS to the neighbourhood, Newton steps to the point."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from pipeline.errors import ModelError
from pipeline.models.multilevel.gaussian.profile import Profile, Solution
from pipeline.models.multilevel.gaussian.random import Random
from pipeline.models.multilevel.gaussian.rows import MixedRows

LARGEST = 1e4
"""Beyond this ratio of the standard deviation of an effect to the residual's nothing is left within groups."""
SINGULAR = 1e-4
"""An eigenvalue of Λ below this, on the scale of the residual, is zero (lme4's ``isSingular``)."""
CONVERGED = 1e-6
"""The expected gain of another Newton step, in units of deviance, below which a maximum is reached."""
NEWTON_STEPS = 12


@dataclass(frozen=True)
class MixedFit:
    """The maximised likelihood: fixed effects and covariance on the terms' own scale, θ, σ²."""

    profile: Profile
    theta: np.ndarray
    at: Solution

    @property
    def rows(self) -> MixedRows:
        return self.profile.rows

    @cached_property
    def estimates(self) -> np.ndarray:
        rows = self.rows
        return np.asarray(rows.start + rows.size * (rows.back @ self.at.coefficients))

    @property
    def scaled_variance(self) -> float:
        """σ² of the scaled rows."""
        return self.at.squares / self.rows.freedom

    @property
    def variance(self) -> float:
        """σ², of the residuals."""
        return self.scaled_variance * self.rows.size**2

    @cached_property
    def covariance(self) -> np.ndarray:
        """Of the fixed effects: σ² (X'V⁻¹X)⁻¹."""
        back = self.rows.back
        return np.asarray(self.variance * back @ self.at.inverse @ back.T)

    @property
    def log_likelihood(self) -> float:
        """Restricted or full, as lme4's ``logLik``."""
        rows = self.rows
        deviance = self.at.deviance + 2 * rows.freedom * np.log(rows.size)
        return float(-(deviance + (rows.log_determinant if rows.reml else 0.0)) / 2)

    @property
    def n_parameters(self) -> int:
        return self.rows.p + self.rows.n_theta + 1

    @property
    def aic(self) -> float:
        return 2 * self.n_parameters - 2 * self.log_likelihood

    @property
    def bic(self) -> float:
        return float(np.log(self.rows.weight) * self.n_parameters - 2 * self.log_likelihood)

    @cached_property
    def terms(self) -> tuple[tuple[Random, np.ndarray], ...]:
        """Each random term with its θ."""
        own = self.profile.split(self.theta)
        return tuple(
            pair
            for factor, theta in zip(self.rows.factors, own, strict=True)
            for pair in zip(factor.terms, factor.split(theta), strict=True)
        )

    def random_covariances(self) -> list[np.ndarray]:
        """σ²D of each term, on the scale of its columns."""
        return [self.variance * term.covariance(theta) for term, theta in self.terms]

    @property
    def phi(self) -> float | None:
        """The correlation of residuals one step (or one unit of time) apart."""
        return None if self.rows.serial is None else self.rows.serial.phi(float(self.theta[-1]))

    @cached_property
    def singular(self) -> tuple[Random, ...]:
        """The terms whose covariance has no inverse: a variance of zero, or effects that determine each other."""
        found = []
        for term, theta in self.terms:
            values = np.linalg.svd(term.factor(theta), compute_uv=False)
            if values[-1] < SINGULAR:
                found.append(term)
        return tuple(found)


def maximise(rows: MixedRows, start: np.ndarray | None = None) -> MixedFit:
    """The fit of ``rows``. Raises ModelError if the likelihood has no maximum that can be found."""
    from scipy.optimize import minimize

    profile = Profile(rows)
    with np.errstate(all="ignore"):
        found = minimize(
            lambda theta: profile.at(theta).deviance,
            profile.start if start is None else start,
            jac=profile.gradient,
            method="BFGS",
            options={"gtol": 1e-4 * max(1.0, rows.freedom**0.5 / 10), "maxiter": 200},
        )
        if np.abs(found.x).max() > LARGEST:
            raise ModelError(
                "the outcome (almost) never changes within a group, so there is no residual variance to estimate"
            )
        theta = _by_newton(profile, np.asarray(found.x))
    for term, own in MixedFit(profile, theta, profile.at(theta)).terms:
        if np.abs(term.factor(own)).max() > LARGEST:
            raise ModelError(
                f"the outcome (almost) never changes within `{term.group}`: there is no residual variance to estimate"
            )
    theta = _upright(rows, theta)
    return MixedFit(profile, theta, profile.at(theta))


def hessian(profile: Profile, theta: np.ndarray) -> np.ndarray:
    """Second derivatives of the deviance by central differences of its gradient."""
    size = len(theta)
    found = np.empty((size, size))
    for k in range(size):
        step = np.zeros(size)
        step[k] = 1e-4 * max(abs(theta[k]), 0.1)
        found[k] = (profile.gradient(theta + step) - profile.gradient(theta - step)) / (2 * step[k])
    return (found + found.T) / 2


def _by_newton(profile: Profile, theta: np.ndarray) -> np.ndarray:
    """Newton's steps, shortened while the deviance would rise. Raises ModelError if they do not converge."""
    for _ in range(NEWTON_STEPS):
        at = profile.at(theta)
        slope = profile.gradient(theta)
        values, vectors = np.linalg.eigh(hessian(profile, theta))
        turned = vectors.T @ slope
        least = 1e-8 * max(1.0, float(np.abs(values).max()))
        step = -vectors @ (turned / np.maximum(np.abs(values), least))
        gain = float(-slope @ step)
        if gain < CONVERGED**2 or (gain < CONVERGED and values[0] > least):
            return theta + step if gain > 0 and values[0] > least else theta
        share = 1.0
        while profile.at(theta + share * step).deviance > at.deviance + 1e-12 * abs(at.deviance) and share > 1e-4:
            share /= 2
        theta = theta + share * step
        if share <= 1e-4:
            break
    if gain > 1e-3:
        raise ModelError(
            "the likelihood has no maximum that can be found",
            todo="Leave out random slopes, or declare them `uncorrelated`.",
        )
    return theta


def _upright(rows: MixedRows, theta: np.ndarray) -> np.ndarray:
    """The same Λ Λ' with a diagonal that is not negative."""
    parts = []
    ends = np.cumsum([term.size for factor in rows.factors for term in factor.terms])
    own = np.split(theta, ends)
    for term, part in zip((term for factor in rows.factors for term in factor.terms), own, strict=False):
        if term.structure == "ar1":
            parts.append(np.array([abs(part[0]), part[1]]))
        else:
            lower = term.factor(part)
            parts.append(term.by_theta(lower * np.where(np.diag(lower) < 0, -1.0, 1.0)))
    return np.concatenate([*parts, own[-1]])
