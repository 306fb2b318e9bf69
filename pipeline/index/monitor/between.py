"""How much the changes of areas differ beyond sampling: y_a ~ N(μ, τ² + v_a), τ² by restricted maximum likelihood.

Fisher scoring on the restricted likelihood (Viechtbauer 2005, equation 12; metafor's ``rma(method = "REML")``), for one
set of areas or for many sets at once. Each area can be left out in turn, so that what an area is judged by does not
depend on the area itself.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

ROUNDS = 400
EXACT = 1e-13
WHOLE = 40
"""Up to so many areas each is left out with a fit of its own; beyond, by one step from the fit of all."""
NEAR, FURTHER = 8, 10
"""Steps of the fit of all, and then of each: a step is exact where areas are equally large, and close otherwise."""


@dataclass(frozen=True)
class Between:
    """For each set (and area left out): common change, its variance, and the variance between areas with its error."""

    common: np.ndarray
    common_variance: np.ndarray
    tau2: np.ndarray
    tau2_error: np.ndarray


def fitted(changes: np.ndarray, variances: np.ndarray, *, around_zero: bool = False, rounds: int = ROUNDS) -> Between:
    """The fit of each row of ``changes`` (sets × areas), whose sampling variances are ``variances``.

    ``around_zero``: μ is known to be zero, so that only τ² is fitted.
    """
    variances = np.broadcast_to(variances, changes.shape)
    middle = 0.0 if around_zero else changes.mean(axis=-1, keepdims=True)
    free = changes.shape[-1] - (0 if around_zero else 1)
    tau2 = np.maximum(((changes - middle) ** 2).sum(axis=-1) / free - variances.mean(axis=-1), 0.0)
    for _ in range(rounds):
        sums = _sums(1 / (tau2[..., None] + variances), changes)
        new = np.maximum(tau2 + _score(sums, around_zero) / _expected(sums, around_zero), 0.0)
        done = np.max(np.abs(new - tau2) / (new + variances.mean(axis=-1)), initial=0.0) < EXACT
        tau2 = new
        if done:
            break
    return _made(_sums(1 / (tau2[..., None] + variances), changes), tau2, around_zero)


def left_out(changes: np.ndarray, variances: np.ndarray, *, around_zero: bool = False) -> Between:
    """The fit of each set (sets × areas) without each area in turn: arrays of sets × areas.

    Each begins with one step from the fit of all areas; of many areas that step is all, for one more or less of them
    moves τ² by less than can be seen.
    """
    variances = np.broadcast_to(variances, changes.shape)
    all_of_them = fitted(changes, variances, around_zero=around_zero, rounds=NEAR).tau2[:, None]
    sums = _sums_without(changes, variances, all_of_them)
    tau2 = np.maximum(all_of_them + _score(sums, around_zero) / _expected(sums, around_zero), 0.0)
    if changes.shape[1] > WHOLE:
        return _made(sums, tau2, around_zero)
    others = ~np.eye(changes.shape[1], dtype=bool)
    for _ in range(FURTHER):
        sums = _sums_of_others(changes, variances, tau2, others)
        tau2 = np.maximum(tau2 + _score(sums, around_zero) / _expected(sums, around_zero), 0.0)
    return _made(_sums_of_others(changes, variances, tau2, others), tau2, around_zero)


Sums = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]
"""Σw, Σw², Σw³, Σwy, Σw²y, Σw²y²."""


def _made(sums: Sums, tau2: np.ndarray, around_zero: bool) -> Between:
    first, linear = sums[0], sums[3]
    common = np.zeros_like(first) if around_zero else linear / first
    variance = np.zeros_like(first) if around_zero else 1 / first
    return Between(common, variance, tau2, np.sqrt(2 / _expected(sums, around_zero)))


def _sums(weights: np.ndarray, changes: np.ndarray) -> Sums:
    first, second, third, linear, squared_linear, square = (one.sum(axis=-1) for one in _terms(weights, changes))
    return first, second, third, linear, squared_linear, square


def _sums_without(changes: np.ndarray, variances: np.ndarray, tau2: np.ndarray) -> Sums:
    """The sums without each area, all at the τ² of the set."""
    terms = _terms(1 / (tau2 + variances), changes)
    first, second, third, linear, squared_linear, square = (one.sum(axis=1, keepdims=True) - one for one in terms)
    return first, second, third, linear, squared_linear, square


def _sums_of_others(changes: np.ndarray, variances: np.ndarray, tau2: np.ndarray, others: np.ndarray) -> Sums:
    """The sums without each area, each at its own τ²."""
    return _sums(others / (tau2[:, :, None] + variances[:, None, :]), changes[:, None, :])


def _terms(weights: np.ndarray, changes: np.ndarray) -> Sums:
    squared = weights * weights
    linear = squared * changes
    return weights, squared, squared * weights, weights * changes, linear, linear * changes


def _score(sums: Sums, around_zero: bool) -> np.ndarray:
    """Twice the slope of the (restricted) log likelihood in τ²."""
    first, second, _, linear, squared_linear, square = sums
    if around_zero:
        return np.asarray(square - first)
    common = linear / first
    return np.asarray(square - 2 * common * squared_linear + common**2 * second - (first - second / first))


def _expected(sums: Sums, around_zero: bool) -> np.ndarray:
    """tr(P²): twice the expected information on τ²."""
    first, second, third = sums[:3]
    return np.asarray(second if around_zero else second - 2 * third / first + (second / first) ** 2)
