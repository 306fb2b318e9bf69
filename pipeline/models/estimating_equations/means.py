"""How the mean and the variance of an answer follow from its linear predictor, by distribution."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

Distribution = Literal["gaussian", "binomial", "poisson"]


@dataclass(frozen=True)
class Mean:
    """Of each row: the mean, the variance v(μ) and its slope v'(μ). Links are canonical, so that dμ/dη = v(μ)."""

    mean: np.ndarray
    variance: np.ndarray
    slope: np.ndarray


def mean_of(distribution: str, place: np.ndarray) -> Mean:
    """From the linear predictor."""
    from scipy.special import expit

    if distribution == "binomial":
        chance = expit(place)
        return Mean(chance, chance * expit(-place), 1 - 2 * chance)
    if distribution == "poisson":
        rate = np.exp(np.minimum(place, 600))
        return Mean(rate, rate, np.ones_like(rate))
    return Mean(place, np.ones_like(place), np.zeros_like(place))


def quasi_likelihood(distribution: str, outcome: np.ndarray, place: np.ndarray) -> float:
    """Σ of the quasi-likelihood with scale one, as in QIC (Pan 2001); R: ``geepack::QIC``."""
    if distribution == "binomial":
        return float(np.sum(outcome * place - np.logaddexp(0, place)))
    if distribution == "poisson":
        return float(np.sum(outcome * place - np.exp(place)))
    return float(-0.5 * np.sum((outcome - place) ** 2))
