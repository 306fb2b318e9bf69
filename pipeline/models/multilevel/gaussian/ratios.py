"""Likelihood-ratio tests of single random effects, whose variance cannot be negative."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from pipeline.models.multilevel.gaussian.maximum import MixedFit, maximise
from pipeline.models.multilevel.gaussian.random import Random, factors


@dataclass(frozen=True)
class RatioTest:
    """Twice the difference of log-likelihoods without one random effect; χ² with ``df`` − 1 and ``df``, half each."""

    group: str
    effect: str
    statistic: float
    df: int
    p_value: float


def ratio_tests(fit: MixedFit) -> Iterator[RatioTest]:
    """One for each slope, and each intercept of a term without slopes.

    The statistic's distribution is a half-and-half mixture of χ² with one more and one fewer parameter (Self & Liang
    1987; Stram & Lee 1994).
    """
    for term, _ in fit.terms:
        if term.structure == "ar1":
            continue
        for effect in term.names[1:] or term.names:
            kept = [place for place, name in enumerate(term.names) if name != effect]
            statistic = max(0.0, 2 * (fit.log_likelihood - _without(fit, term, kept)))
            df = term.q if term.structure == "correlated" else 1
            yield RatioTest(term.group, effect, statistic, df, mixture(statistic, df))


def mixture(statistic: float, df: int) -> float:
    """The p-value of ½ χ²(df − 1) + ½ χ²(df); χ²(0) is zero."""
    from scipy.special import chdtrc

    smaller = float(chdtrc(df - 1, statistic)) if df > 1 else float(statistic <= 0)
    return 0.5 * smaller + 0.5 * float(chdtrc(df, statistic))


def _without(fit: MixedFit, term: Random, kept: list[int]) -> float:
    """The log-likelihood where ``term`` has only its effects ``kept``."""
    others = [one for one, _ in fit.terms if one is not term]
    terms = list(others)
    if kept:
        names = tuple(term.names[place] for place in kept)
        terms.append(Random(term.group, names, term.columns[:, kept], term.codes, term.structure))
    if not terms:
        zero = np.zeros_like(fit.theta)
        if fit.rows.serial is None:
            return MixedFit(fit.profile, zero, fit.profile.at(zero)).log_likelihood
        return _serial_alone(fit)
    return maximise(replace(fit.rows, factors=factors(terms))).log_likelihood


def _serial_alone(fit: MixedFit) -> float:
    """The likelihood of serially correlated residuals without random effects: maximised over φ alone."""
    from scipy.optimize import minimize_scalar

    def at(free: float) -> MixedFit:
        theta = np.append(np.zeros(len(fit.theta) - 1), free)
        return MixedFit(fit.profile, theta, fit.profile.at(theta))

    found = minimize_scalar(lambda free: -at(free).log_likelihood, bounds=(-8, 12), method="bounded")
    return at(float(found.x)).log_likelihood
