"""Covariances of arrays, for notebooks and for functions of other rooms: each checks what it is given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from pipeline.errors import ModelError
from pipeline.models.covariances import sandwich, serial, small_sample
from pipeline.models.covariances.problem import by_appearance, least_squares, same_length, ways_of
from pipeline.specs.corrections import CORRECTIONS


@dataclass(frozen=True)
class Covariance:
    """``estimates`` (k), their ``covariance`` (k × k), and the degrees of freedom of each term's t (k)."""

    estimates: np.ndarray
    covariance: np.ndarray
    df: np.ndarray

    @property
    def std_errors(self) -> np.ndarray:
        """Roots of the diagonal (k); nan where it is below zero, as two-way clustering may give."""
        with np.errstate(invalid="ignore"):
            return np.asarray(np.sqrt(np.diag(self.covariance)))


def heteroskedasticity_robust(
    outcome: ArrayLike,
    matrix: ArrayLike,
    kind: str = "hc3",
    *,
    weights: ArrayLike | None = None,
    absorb: ArrayLike | None = None,
    dummies: bool = True,
) -> Covariance:
    """HC0–HC4 of a (weighted) regression of ``outcome`` (n) on ``matrix`` (n × k): ``sandwich::vcovHC``.

    ``absorb``: groups whose effects are taken out; they count as dummies, unless ``dummies`` is False (plm). Raises
    ModelError for a kind that is none, and as ``least_squares`` does.

    >>> x = np.array([1.0, 2, 3, 4, 5, 6])
    >>> found = heteroskedasticity_robust([1.0, 3, 2, 5, 4, 7], np.column_stack([np.ones(6), x]), "hc1")
    >>> found.std_errors.round(4).tolist()
    [0.734, 0.2123]
    """
    if kind not in sandwich.HC:
        raise ModelError(f"`{kind}` is not one of {', '.join(sandwich.HC)}", where="kind")
    problem = least_squares(outcome, matrix, weights=weights, absorb=absorb)
    made = sandwich.heteroskedastic(problem, kind, dummies=dummies)
    return Covariance(problem.estimates, made, np.full(problem.n_terms, float(problem.df)))


def clustered(
    outcome: ArrayLike,
    matrix: ArrayLike,
    clusters: ArrayLike | Sequence[ArrayLike],
    correction: str = "stata",
    *,
    weights: ArrayLike | None = None,
    absorb: ArrayLike | None = None,
) -> Covariance:
    """Clustered one way (n labels) or two (n × 2, or two of n), with a correction of ``pipeline.specs.corrections``.

    Raises ModelError for a single cluster, and as ``least_squares`` does.

    >>> area, x = ["a", "a", "b", "b", "c", "c"], np.array([1.0, 2, 3, 4, 5, 6])
    >>> found = clustered([1.0, 3, 2, 5, 4, 7], np.column_stack([np.ones(6), x]), area)
    >>> found.std_errors.round(4).tolist(), found.df.tolist()
    ([0.5996, 0.1144], [2.0, 2.0])
    """
    if correction not in CORRECTIONS:
        raise ModelError(f"`{correction}` is no correction: {', '.join(CORRECTIONS)}", where="correction")
    problem = least_squares(outcome, matrix, weights=weights, absorb=absorb)
    ways = ways_of("clusters", clusters, problem.n_obs)
    fewest = min(int(codes.max()) for codes in ways)
    df = float(fewest) if CORRECTIONS[correction].groups else float(problem.df)
    return Covariance(problem.estimates, sandwich.clustered(problem, ways, correction), np.full(problem.n_terms, df))


def cluster_robust(
    outcome: ArrayLike,
    matrix: ArrayLike,
    clusters: ArrayLike,
    kind: str = "cr2",
    *,
    weights: ArrayLike | None = None,
    absorb: ArrayLike | None = None,
) -> Covariance:
    """CR0–CR3 with Satterthwaite's degrees of freedom, for few clusters: ``clubSandwich::coef_test``.

    Raises ModelError for two ways, a single cluster, and as ``least_squares`` does.

    >>> area, x = ["a", "a", "b", "b", "c", "c", "d", "d"], np.array([1.0, 2, 3, 4, 5, 6, 2, 1])
    >>> found = cluster_robust([1.0, 3, 2, 5, 4, 7, 2, 2], np.column_stack([np.ones(8), x]), area)
    >>> found.std_errors.round(4).tolist(), found.df.round(2).tolist()
    ([0.3013, 0.0648], [1.69, 2.0])
    """
    problem = least_squares(outcome, matrix, weights=weights, absorb=absorb)
    made, degrees = small_sample.small_sample(problem, _one_way(clusters, problem.n_obs), kind)
    return Covariance(problem.estimates, made, degrees)


def wald_htz(
    outcome: ArrayLike,
    matrix: ArrayLike,
    tested: Sequence[int],
    clusters: ArrayLike,
    *,
    kind: str = "cr2",
    weights: ArrayLike | None = None,
    absorb: ArrayLike | None = None,
) -> tuple[float, float, float, float]:
    """F, both degrees of freedom and p that the columns ``tested`` all have no effect, for few clusters.

    ``clubSandwich::Wald_test(test = "HTZ")``; p is nan where the second degrees of freedom are not above zero.

    >>> area, x = ["a", "a", "b", "b", "c", "c", "d", "d"], np.array([1.0, 2, 3, 4, 5, 6, 2, 1])
    >>> found = wald_htz([1.0, 3, 2, 5, 4, 7, 2, 2], np.column_stack([np.ones(8), x]), [1], area)
    >>> [round(one, 3) for one in found]
    [218.433, 1.0, 1.997, 0.005]
    """
    problem = least_squares(outcome, matrix, weights=weights, absorb=absorb)
    places = np.asarray(tested, dtype=int)
    if places.size == 0 or places.min() < 0 or places.max() >= problem.n_terms:
        raise ModelError("columns that the matrix does not have", where="tested", count=problem.n_terms)
    return small_sample.wald_htz(problem, _one_way(clusters, problem.n_obs), places, kind)


def newey_west(
    outcome: ArrayLike,
    matrix: ArrayLike,
    times: ArrayLike | None = None,
    *,
    units: ArrayLike | None = None,
    lags: int | None = None,
    prewhite: bool = False,
    adjust: bool = False,
    weights: ArrayLike | None = None,
    absorb: ArrayLike | None = None,
) -> Covariance:
    """Newey & West's (1987) covariance of one series (``sandwich::NeweyWest``), or of several (plm's ``vcovNW``).

    ``times`` (n) order the rows, by default as they stand; ``units`` (n) are the series. See ``serial.newey_west``.

    >>> x = np.array([1.0, 2, 3, 4, 5, 6])
    >>> found = newey_west([1.0, 3, 2, 5, 4, 7], np.column_stack([np.ones(6), x]), lags=1)
    >>> found.std_errors.round(4).tolist()
    [0.3982, 0.1167]
    """
    problem = least_squares(outcome, matrix, weights=weights, absorb=absorb)
    when = np.arange(problem.n_obs) if times is None else _periods(times, problem.n_obs)
    series = None if units is None else _one_way(units, problem.n_obs)
    made, _ = serial.newey_west(problem, when, series, lags=lags, prewhite=prewhite, adjust=adjust)
    return Covariance(problem.estimates, made, np.full(problem.n_terms, float(problem.df)))


def driscoll_kraay(
    outcome: ArrayLike,
    matrix: ArrayLike,
    times: ArrayLike,
    *,
    lags: int | None = None,
    adjust: bool = False,
    weights: ArrayLike | None = None,
    absorb: ArrayLike | None = None,
) -> Covariance:
    """Driscoll & Kraay's (1998) covariance of a panel whose rows lie in ``times`` (n): plm's ``vcovSCC``.

    >>> x = np.array([1.0, 2, 3, 4, 5, 6])
    >>> found = driscoll_kraay([1.0, 3, 2, 5, 4, 7], np.column_stack([np.ones(6), x]), [1, 2, 3, 1, 2, 3], lags=1)
    >>> found.std_errors.round(4).tolist()
    [0.5613, 0.1465]
    """
    problem = least_squares(outcome, matrix, weights=weights, absorb=absorb)
    made, _ = serial.driscoll_kraay(problem, _periods(times, problem.n_obs), lags=lags, adjust=adjust)
    return Covariance(problem.estimates, made, np.full(problem.n_terms, float(problem.df)))


def _one_way(clusters: ArrayLike, n: int) -> np.ndarray:
    ways = ways_of("clusters", clusters, n)
    if len(ways) != 1:
        raise ModelError("this is defined for one way of clusters", where="clusters", count=len(ways))
    return ways[0]


def _periods(times: ArrayLike, n: int) -> np.ndarray:
    """0, 1, 2 … in the order of the values."""
    values = np.asarray(times)
    same_length("outcome", n, times=len(values))
    by_appearance(values)
    return np.unique(values, return_inverse=True)[1].reshape(-1)
