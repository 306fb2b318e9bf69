"""Tests on the edge of what parameters may be: are there stable differences between persons at all?

Setting random-intercept variances to zero puts them on the border of the possible, where χ² is too strict: the
difference follows a mixture of χ² distributions, χ̄² (Stoel, Garre, Dolan & van den Wittenboer 2006, Psychological
Methods 11, 439–455; Hamaker, Kuiper & Grasman 2015).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from pipeline.errors import ModelError
from pipeline.options import known_options
from pipeline.sem.engine.chisquare import upper_tail
from pipeline.sem.engine.result import Result
from pipeline.sem.families.compare import compare


@dataclass(frozen=True)
class BoundaryTest:
    """χ̄² test; ``weights`` belong to χ² with ``df`` degrees of freedom, one by one; ``p_naive`` takes the plain χ²."""

    statistic: float
    weights: tuple[float, ...]
    df: tuple[int, ...]
    p: float
    p_naive: float
    note: str | None = None


@known_options
def random_intercept_test(without: Result, within: Result) -> BoundaryTest:
    """CLPM (``without``) against RI-CLPM (``within``) of the same answers.

    The k random-intercept variances are bounded at zero and their covariances vanish with them: χ̄² = Σⱼ wⱼ χ²(j + u),
    j = 0 … k, with u covariances, weights from the covariance matrix of the variance estimates (as in Kuiper's
    ChiBarSq.DiffTest). With groups, variances and covariances of all groups count. MLR: the scaled difference.

    Raises ModelError if the two models differ in more than their random intercepts.
    """
    free = within.state.model.free
    between = {f"RI{name}" for name in getattr(within.details.get("panel"), "names", ())}
    numbers = [k for k, row in enumerate(free) if row.op == "~~" and {row.lhs, row.rhs} & between]
    intercepts = list({free[k].label or str(k): k for k in reversed(numbers)}.values())[::-1]
    variances = [k for k in intercepts if free[k].lhs == free[k].rhs]
    step = compare(without, within)
    if not variances or step.df != len(intercepts):
        raise ModelError(
            "the models differ in more than their random intercepts", todo="Fit both with the same lags and residuals."
        )
    covariance = within.state.covariance[np.ix_(variances, variances)]
    weights = chi_bar_weights(covariance)
    others = len(intercepts) - len(variances)
    df = tuple(range(others, others + len(weights)))
    note = step.note
    return BoundaryTest(step.statistic, weights, df, chi_bar_tail(step.statistic, weights, df), step.p, note)


def chi_bar_tail(statistic: float, weights: Sequence[float], df: Sequence[int]) -> float:
    """P(χ̄² > statistic); a χ² without degrees of freedom is a point at zero."""
    if np.isnan(statistic):
        return np.nan
    tails = [upper_tail(statistic, one) if one else float(statistic <= 0) for one in df]
    return float(np.dot(weights, tails))


def chi_bar_weights(covariance: np.ndarray) -> tuple[float, ...]:
    """Weights w₀ … w_k of χ̄² for k non-negative parameters whose estimates have this covariance matrix.

    w_j sums, over subsets of j parameters, the chance that those are positive given the others are not and that the
    others' multipliers are (Kudô 1963, Biometrika 50, 403–418; Shapiro 1988).
    """
    k = len(covariance)
    weights = np.zeros(k + 1)
    for size in range(k + 1):
        for chosen in combinations(range(k), size):
            rest = [index for index in range(k) if index not in chosen]
            free, held = list(chosen), rest
            inside = covariance[np.ix_(free, free)]
            if held and free:
                cross = covariance[np.ix_(free, held)]
                inside = inside - cross @ np.linalg.solve(covariance[np.ix_(held, held)], cross.T)
            outside = np.linalg.inv(covariance[np.ix_(held, held)]) if held else np.empty((0, 0))
            weights[size] += orthant_probability(inside) * orthant_probability(outside)
    return tuple(float(weight) for weight in weights / weights.sum())


def orthant_probability(covariance: np.ndarray) -> float:
    """P(all > 0) of normal variables with mean zero: closed forms up to three, Genz's integration beyond."""
    k = len(covariance)
    if k == 0:
        return 1.0
    sd = np.sqrt(covariance.diagonal())
    correlation = np.clip(covariance / np.outer(sd, sd), -1, 1)
    if k <= 3:
        angles = np.arcsin(correlation[np.tril_indices(k, -1)]).sum()
        return float(0.5**k + angles / (2 ** (k - 1) * np.pi)) if k > 1 else 0.5
    from scipy.stats import multivariate_normal

    return float(multivariate_normal.cdf(np.zeros(k), cov=correlation, maxpts=200_000, rng=np.random.default_rng(1)))
