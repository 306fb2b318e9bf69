"""Intervals by the profile of the likelihood: where twice its loss, all else maximised again, reaches χ²(1).

As lme4's ``confint(method = "profile")``, of the full likelihood, but each end is sought by itself.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from pipeline.errors import ModelError
from pipeline.models.multilevel.gaussian.maximum import MixedFit, maximise
from pipeline.models.multilevel.gaussian.profile import Profile
from pipeline.models.multilevel.gaussian.uncertainty import Uncertainty, natural

Key = tuple[str, str | None, str]
FARTHEST = 8.0
"""Standard errors from the estimate beyond which an end is not sought."""


def profile_intervals(fit: MixedFit, confidence: float) -> dict[Key, tuple[float, float]]:
    """For each variance (log), correlation (Fisher z) and φ (free parameter) the ends of its interval.

    An end that is not reached, as where a variance may be zero, is minus or plus infinity.
    """
    from scipy.special import chdtri

    full = fit if not fit.rows.reml else maximise(replace(fit.rows, reml=False), fit.theta)
    if full.singular:
        raise ModelError("a singular fit has no profile of its variances", where="intervals", todo="Leave it out.")
    height = float(chdtri(1, 1 - confidence))
    found: dict[Key, tuple[float, float]] = {}
    for place, parameter in enumerate(Uncertainty.of(full).parameters()):
        loss = _loss(full, place)
        ends = [_end(loss, parameter.value, sign * parameter.error, height, sign) for sign in (-1, 1)]
        found[parameter.kind, parameter.group, parameter.term] = ends[0], ends[1]
    return found


def fixed_intervals(fit: MixedFit, confidence: float) -> list[tuple[float, float]]:
    """For each fixed effect the ends of its interval."""
    from scipy.special import chdtri

    full = fit if not fit.rows.reml else maximise(replace(fit.rows, reml=False), fit.theta)
    height = float(chdtri(1, 1 - confidence))
    found = []
    for row, estimate, variance in zip(full.rows.back, full.estimates, np.diag(full.covariance), strict=True):
        loss, step = _fixed_loss(full, row * full.rows.size), float(np.sqrt(variance))
        low, high = (_end(loss, 0.0, sign * step, height, sign) for sign in (-1, 1))
        found.append((float(estimate) + low, float(estimate) + high))
    return found


def _fixed_loss(fit: MixedFit, row: np.ndarray) -> Callable[[float], float]:
    """The rise of the deviance where a fixed effect, ``row`` × coefficients, is by so much off its estimate."""
    from scipy.optimize import minimize

    profile, freedom = fit.profile, fit.rows.freedom
    centre, best = float(row @ fit.at.coefficients), fit.at.deviance
    last = {"theta": fit.theta}

    def deviance(theta: np.ndarray, wanted: float) -> float:
        at = profile.at(theta)
        squares = at.squares + (row @ at.coefficients - wanted) ** 2 / (row @ at.inverse @ row)
        return float(at.log_determinant + freedom * (1 + np.log(2 * np.pi * squares / freedom)))

    def loss(shift: float) -> float:
        with np.errstate(all="ignore"):
            made = minimize(deviance, last["theta"], (centre + shift,), method="BFGS", options={"gtol": 1e-5})
        last["theta"] = made.x
        return float(made.fun - best)

    return loss


def _joint(profile: Profile, theta: np.ndarray, log_sigma: float) -> float:
    """The deviance at (θ, log σ), the scaled residual standard deviation not profiled."""
    at, freedom = profile.at(theta), profile.rows.freedom
    return float(
        at.log_determinant + at.squares * np.exp(-2 * log_sigma) + freedom * (np.log(2 * np.pi) + 2 * log_sigma)
    )


def _loss(fit: MixedFit, place: int) -> Callable[[float], float]:
    """The rise of the deviance where the natural parameter at ``place`` has a value and all others are best."""
    from scipy.optimize import minimize

    profile, size = fit.profile, len(fit.theta)
    log_sigma = float(np.log(fit.scaled_variance) / 2)
    last = {"point": np.append(fit.theta, log_sigma)}
    best = _joint(profile, fit.theta, log_sigma)

    def value(point: np.ndarray) -> float:
        return float(natural(fit, point[:size], point[size] - log_sigma)[place])

    def loss(wanted: float) -> float:
        with np.errstate(all="ignore"):
            made = minimize(
                lambda point: _joint(profile, point[:size], point[size]),
                last["point"],
                method="SLSQP",
                constraints=[{"type": "eq", "fun": lambda point: value(point) - wanted}],
                options={"ftol": 1e-11, "maxiter": 300},
            )
        if abs(value(made.x) - wanted) > 1e-5:
            raise ModelError("the profile of the likelihood cannot be followed", where="intervals")
        last["point"] = made.x
        return float(made.fun - best)

    return loss


def _end(loss: Callable[[float], float], centre: float, step: float, height: float, sign: int) -> float:
    from scipy.optimize import brentq

    inner, outer = centre, centre + 2 * step
    while loss(outer) < height:
        inner, outer = outer, outer + step
        if abs(outer - centre) > FARTHEST * abs(step):
            return sign * np.inf
    return float(brentq(lambda value: loss(value) - height, inner, outer, xtol=1e-6 * max(abs(step), 1e-3)))
