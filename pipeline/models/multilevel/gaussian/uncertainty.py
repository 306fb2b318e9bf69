"""How sure a linear mixed model is: Satterthwaite's degrees of freedom, and intervals of variances and correlations."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from pipeline.models.multilevel.gaussian.maximum import MixedFit
from pipeline.models.multilevel.gaussian.random import Random

SMALLEST_CURVATURE = 1e-8
"""Directions in which the deviance is flatter than this, relative to the steepest, carry no information."""


@dataclass(frozen=True)
class Uncertainty:
    """The asymptotic covariance of (θ, log σ) and how the fixed effects' covariance changes with them."""

    fit: MixedFit
    covariance: np.ndarray  # of θ and log σ
    slopes: np.ndarray  # parameters × p × p: derivatives of the covariance of the fixed effects

    @classmethod
    def of(cls, fit: MixedFit) -> Uncertainty:
        """From the second derivatives of the deviance by (θ, log σ) jointly (lmerTest; Kuznetsova et al. 2017)."""
        profile, theta, size = fit.profile, fit.theta, len(fit.theta)
        variance, freedom = fit.scaled_variance, fit.rows.freedom
        hessian, inverses = np.zeros((size + 1, size + 1)), []
        for k in range(size):
            step = np.zeros(size)
            step[k] = 1e-4 * max(abs(theta[k]), 0.1)
            ends = []
            for sign in (1, -1):
                by_determinant, by_squares = profile.slopes(theta + sign * step)
                ends.append((by_determinant + by_squares / variance, profile.at(theta + sign * step).inverse))
            hessian[k, :size] = (ends[0][0] - ends[1][0]) / (2 * step[k])
            inverses.append((ends[0][1] - ends[1][1]) / (2 * step[k]))
        hessian[:size, :size] = (hessian[:size, :size] + hessian[:size, :size].T) / 2
        hessian[:size, size] = hessian[size, :size] = -2 * profile.slopes(theta)[1] / variance
        hessian[size, size] = 4 * freedom
        values, vectors = np.linalg.eigh(hessian)
        seen = values > SMALLEST_CURVATURE * values.max()
        covariance = 2 * (vectors[:, seen] / values[seen]) @ vectors[:, seen].T
        back = fit.rows.back
        by_theta = [fit.variance * back @ inverse @ back.T for inverse in inverses]
        slopes = np.stack([*by_theta, 2 * fit.covariance])
        return cls(fit, covariance, slopes)

    def degrees(self, contrast: np.ndarray) -> float:
        """Satterthwaite's 2 v² / (g'Ag) of the contrast (p) of fixed effects, v its variance and g its gradient."""
        variance = float(contrast @ self.fit.covariance @ contrast)
        gradient = np.einsum("i,kij,j->k", contrast, self.slopes, contrast)
        spread = float(gradient @ self.covariance @ gradient)
        return 2 * variance**2 / spread if spread > 0 else np.inf

    def parameters(self) -> list[Parameter]:
        """Variances, correlations and the residual variance, each with the standard error of its logarithm or
        Fisher z.
        """
        fit, size = self.fit, len(self.fit.theta)
        at = natural(fit, fit.theta, 0.0)
        slopes = np.empty((size + 1, len(at)))
        for k in range(size + 1):
            step = np.zeros(size + 1)
            step[k] = 1e-5 * max(abs(fit.theta[k]) if k < size else 1.0, 0.1)
            ends = [natural(fit, fit.theta + sign * step[:size], sign * step[size]) for sign in (1, -1)]
            with np.errstate(invalid="ignore"):  # at ±1 a correlation's z is infinite, and has no error
                slopes[k] = (ends[0] - ends[1]) / (2 * step[k])
        with np.errstate(invalid="ignore"):
            errors = np.sqrt(np.einsum("ki,kl,li->i", slopes, self.covariance, slopes))
        return [
            Parameter(*name, float(value), float(error))
            for name, value, error in zip(_names(fit), at, errors, strict=True)
        ]


@dataclass(frozen=True)
class Parameter:
    """``kind``: variance, correlation or phi; ``value`` its logarithm, Fisher z or free parameter, with its error."""

    kind: str
    group: str | None
    term: str
    value: float
    error: float


def _names(fit: MixedFit) -> list[tuple[str, str | None, str]]:
    names = [*effect_names(term for term, _ in fit.terms), ("variance", None, "residual")]
    return [*names, ("phi", None, "residual")] if fit.rows.serial is not None else names


def effect_names(terms: Iterable[Random]) -> list[tuple[str, str | None, str]]:
    """Kind, grouping and name of each variance and correlation, in the order of ``natural_effects``."""
    names: list[tuple[str, str | None, str]] = []
    for term in terms:
        if term.structure == "ar1":
            names += [("variance", term.group, "ar1"), ("autocorrelation", term.group, "ar1")]
            continue
        names += [("variance", term.group, name) for name in term.names]
        if term.structure == "correlated":
            names += [
                ("correlation", term.group, f"{term.names[j]} and {term.names[i]}")
                for i in range(term.q)
                for j in range(i)
            ]
    return names


def natural_effects(terms: Iterable[tuple[Random, np.ndarray]], log_variance: float = 0.0) -> list[float]:
    """Log variances and Fisher z of correlations of each term with its θ; ``log_variance`` is that of the residuals."""
    found: list[float] = []
    with np.errstate(all="ignore"):
        for term, values in terms:
            if term.structure == "ar1":
                found += [2 * float(np.log(abs(values[0]))) + log_variance, float(values[1])]
                continue
            covariance = term.covariance(values)
            variances = np.diag(covariance)
            found += list(np.log(variances) + log_variance)
            if term.structure == "correlated":
                for i in range(term.q):
                    for j in range(i):
                        ratio = covariance[i, j] / np.sqrt(variances[i] * variances[j])
                        found.append(float(np.arctanh(np.clip(ratio, -1, 1))))
    return found


def natural(fit: MixedFit, theta: np.ndarray, log_sigma: float) -> np.ndarray:
    """Log variances, Fisher z of correlations, log σ², φ's free parameter, at θ and log σ more than estimated."""
    own = fit.profile.split(theta)
    terms = [
        pair
        for factor, part in zip(fit.rows.factors, own, strict=True)
        for pair in zip(factor.terms, factor.split(part), strict=True)
    ]
    log_variance = float(np.log(fit.variance)) + 2 * log_sigma
    found = [*natural_effects(terms, log_variance), log_variance]
    return np.array([*found, float(theta[-1])] if fit.rows.serial is not None else found)
