"""Do a person's errors depend on each other over time? Tests of serial correlation, as plm's."""

from __future__ import annotations

import numpy as np

from pipeline.errors import ModelError
from pipeline.models.covariances.problem import LeastSquares, transformed
from pipeline.models.covariances.sandwich import clustered
from pipeline.models.diagnostics.found import Found, chi_squared, f_test


def wooldridge_within(residuals: np.ndarray, person: np.ndarray, n_waves: int) -> Found:
    """Wooldridge's (2010, 10.5.4) test of fixed-effects residuals against ρ = −1/(T−1): plm's ``pwartest``.

    ``residuals`` come in the order person, wave.
    """
    says = "H0: no serial correlation of the errors in levels (from fixed effects)"
    return _lagged("wooldridge_within", says, residuals, person, -1 / (n_waves - 1))


def wooldridge_difference(residuals: np.ndarray, person: np.ndarray) -> Found:
    """Wooldridge's (2010, 10.6.3) test of first-difference residuals against ρ = 0: plm's ``pwfdtest``."""
    says = "H0: no serial correlation of the differenced errors"
    return _lagged("wooldridge_difference", says, residuals, person, 0.0)


def _lagged(name: str, says: str, residuals: np.ndarray, person: np.ndarray, rho: float) -> Found:
    """F of the residuals' slope on those of a person's row before, clustered by person without correction."""
    later = np.flatnonzero(np.diff(person) == 0) + 1
    codes = np.unique(person[later], return_inverse=True)[1].reshape(-1)
    if len(later) < 3 or codes.max() == 0:
        return Found(name, says, withheld="too few rows with a row of the same person before")
    try:
        fit = transformed(residuals[later], np.column_stack([np.ones(len(later)), residuals[later - 1]]))
    except ModelError:
        return Found(name, says, withheld="residuals have no slope on those before")
    error = clustered(fit, [codes], "none")[1, 1]
    return f_test(name, says, (fit.estimates[1] - rho) ** 2 / error, 1, fit.df)


def breusch_godfrey(name: str, problem: LeastSquares) -> Found:
    """n R² of the residuals on the terms and the residuals before: plm's ``pbgtest(order = 1)``.

    As there, the row before is that of the table, also where it is another person's, so that the statistic depends on
    the order of persons; ``wooldridge_within`` does not.
    """
    says = "H0: no serial correlation of first order (as plm, over the order of persons in the table)"
    residuals = problem.residuals
    before = np.append(0.0, residuals[:-1])
    left = before - problem.basis @ (problem.basis.T @ before)
    size = float(left @ left)
    statistic = len(residuals) * float(left @ residuals) ** 2 / size / float(residuals @ residuals) if size > 0 else 0.0
    return chi_squared(name, says, statistic, 1)


def bera_sosa_yoon(residuals: np.ndarray, person: np.ndarray, wave: np.ndarray) -> Found:
    """Bera, Sosa-Escudero & Yoon's (2001) test of AR(1) errors that holds with random effects: plm's ``pbsytest``."""
    counts, n = np.bincount(person), len(residuals)
    persons = int(np.bincount(wave).max())
    a = float(counts @ counts)
    level = 1 - float((np.bincount(person, residuals) ** 2).sum()) / float(residuals @ residuals)
    later = np.flatnonzero(np.diff(person) == 0) + 1
    slope = float(residuals[later] @ residuals[later - 1]) / float(residuals[later] @ residuals[later])
    says = "H0: no first-order serial correlation, whether or not there are random effects"
    denominator = (n - persons) * (a - 3 * n + 2 * persons)
    if denominator <= 0:
        return Found("bera_sosa_yoon", says, withheld="too few rows a person")
    statistic = (slope + (n - persons) / (a - n) * level) ** 2 * (a - n) * n**2 / denominator
    return chi_squared("bera_sosa_yoon", says, statistic, 1)


def durbin_watson(residuals: np.ndarray, person: np.ndarray, wave: np.ndarray) -> Found:
    """Bhargava, Franzini & Narendranathan's (1982) panel Durbin–Watson statistic: plm's ``pbnftest``; no p-value.

    Differences are of neighbouring waves; after a gap a row counts with its own square.
    """
    same = np.append(False, np.diff(person) == 0)
    next_wave = np.append(False, np.diff(wave) == 1) & same
    before = np.append(0.0, residuals[:-1])
    parts = np.where(next_wave, residuals - before, np.where(same, residuals, 0.0))
    statistic = float(parts @ parts) / float(residuals @ residuals)
    return Found("durbin_watson", "near 2: no serial correlation; near 0: strong positive", statistic)
