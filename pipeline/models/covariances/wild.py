"""The wild cluster bootstrap: p-values and intervals where clusters are few, from sums by cluster alone.

Each draw multiplies the residuals of a cluster by one random number. What the test needs of a draw is then a product of
a matrix of clusters with that draw: no row is visited twice, however many draws there are (Roodman, MacKinnon, Nielsen
& Webb 2019; MacKinnon, Nielsen & Webb 2023).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from pipeline.errors import ModelError
from pipeline.models.covariances.draws import DISTRIBUTIONS, Distribution, drawn, how_many
from pipeline.models.covariances.few_treated import few_treated
from pipeline.models.covariances.inverted import DrawnTest, interval, p_value
from pipeline.models.covariances.problem import LeastSquares, column_of, least_squares, ways_of
from pipeline.models.covariances.wild_sums import Sums, sums

Ties = Literal["counted", "left_out"]


class WildTest(DrawnTest):
    """The test of one coefficient: ``n_draws`` of the draws that there are of the clusters' signs (or six values)."""


def wild_cluster_bootstrap(
    outcome: ArrayLike,
    matrix: ArrayLike,
    tested: int,
    clusters: ArrayLike | Sequence[ArrayLike],
    *,
    weights: ArrayLike | None = None,
    absorb: ArrayLike | None = None,
    value: float = 0.0,
    draws: int = 9_999,
    distribution: Distribution = "rademacher",
    restricted: bool = True,
    ties: Ties = "counted",
    confidence: float = 0.95,
    seed: int = 1,
) -> WildTest:
    """The wild cluster bootstrap of column ``tested`` of ``matrix`` (n × k): is its coefficient ``value``?

    y = X b + e is fitted by (weighted) least squares after absorbing the effects of ``absorb``; ``clusters`` are n
    labels, or two ways of them (then the variance is two-way and the way with fewer clusters is drawn). A draw is
    y* = X b̃ + v_g ũ, b̃ under the null where ``restricted`` (WCR, as is recommended), v_g ±1 (``rademacher``) or one of
    six values (``webb``); its t statistic is compared with that of the data. All draws are enumerated where there are
    no more than ``draws``. The interval holds the values that the test does not reject. ``ties`` "counted" counts
    draws as extreme as the data, among which are the data themselves, so that a restricted p is never 0; "left_out"
    counts only those more extreme, as Stata's ``boottest``. Standard errors are clustered with
    G/(G−1) · (n−1)/(n−k), which the p-value does not depend on.

    Raises ModelError where one cluster alone is (or is not) treated: the test then says nothing (MacKinnon & Webb
    2018); and as ``least_squares`` does.

    >>> import numpy as np
    >>> area = np.repeat(["a", "b", "c", "d", "e", "f"], 4)
    >>> treated = np.isin(area, ["b", "d", "f"]).astype(float)
    >>> y = treated + np.tile([0.1, -0.2, 0.3, 0.0], 6) + np.repeat([0.1, 0.3, -0.1, 0.0, 0.2, -0.2], 4)
    >>> found = wild_cluster_bootstrap(y, np.column_stack([np.ones(24), treated]), 1, area)
    >>> found.n_draws, found.enumerated, round(found.p_value, 5)
    (64, True, 0.03125)
    """
    problem = least_squares(outcome, matrix, weights=weights, absorb=absorb)
    column = column_of(matrix, tested, problem.n_obs)
    ways = ways_of("clusters", clusters, problem.n_obs)
    refused, caution = few_treated(column, drawn_way(ways))
    if refused:
        raise ModelError(refused, where="clusters", todo="Use randomisation inference.")
    bootstrap = Bootstrap(draws, distribution, restricted, ties, confidence, seed)
    given = sums(problem, ways, drawn_way(ways))
    found = wild_test(problem, given, problem.back[tested], bootstrap, value=value)
    return found if caution is None else _noted(found, caution)


@dataclass(frozen=True)
class Bootstrap:
    """How the test is made. Raises ModelError for choices that are none."""

    draws: int = 9_999
    distribution: Distribution = "rademacher"
    restricted: bool = True
    ties: Ties = "counted"
    confidence: float = 0.95
    seed: int = 1

    def __post_init__(self) -> None:
        if self.distribution not in DISTRIBUTIONS:
            raise ModelError(f"`{self.distribution}` is not a distribution of draws: {', '.join(DISTRIBUTIONS)}")
        if self.draws < 99:
            raise ModelError("too few draws for a p-value", where="draws", count=self.draws, todo="Take 9,999.")
        if self.ties not in ("counted", "left_out"):
            raise ModelError('`ties` are "counted" or "left_out"', where="ties")
        if not 0 < self.confidence < 1:
            raise ModelError("a confidence level lies between 0 and 1", where="confidence")

    def described(self, n_clusters: int) -> str:
        """The bootstrap of so many clusters in words."""
        possible = how_many(self.distribution, n_clusters)
        number = f"all {possible:,} draws" if possible <= self.draws else f"{self.draws:,} draws, seed {self.seed}"
        kind = "restricted" if self.restricted else "unrestricted"
        return f"wild cluster bootstrap ({kind}, {DISTRIBUTIONS[self.distribution].label}, {number})"


def wild_test(
    problem: LeastSquares, given: Sums, direction: np.ndarray, how: Bootstrap, *, value: float = 0.0
) -> WildTest:
    """The test of one term, or of a combination, from the sums by cluster: see ``wild_cluster_bootstrap``.

    ``direction`` (K) takes the coefficients on the basis to the one tested.
    """
    estimate = float(direction @ problem.on_basis)
    statistics = given.of(direction)
    variance = statistics.variance()
    if not variance > 0:
        raise ModelError("the clustered variance is not positive, so that there is no t statistic", where="clusters")
    std_error = float(np.sqrt(variance))
    possible = how_many(how.distribution, given.n_drawn)
    enumerated = possible <= how.draws
    parts = [statistics.drawn(chunk) for chunk in _chunks(given.n_drawn, how, enumerated)]
    draws = np.concatenate(parts, axis=1)
    counted = how.ties == "counted"
    themselves = float(counted and not enumerated)  # enumerated, the data are one of the (restricted) draws

    def p_at(away: float) -> float:
        shift = away if how.restricted else 0.0
        return p_value(draws, shift, away / std_error, counted=counted, themselves=themselves)

    low, high = interval(p_at, std_error, 1 - how.confidence)
    away = estimate - value
    return WildTest(
        estimate=estimate,
        std_error=std_error,
        statistic=away / std_error,
        p_value=p_at(away),
        conf_low=None if high is None else estimate - high,
        conf_high=None if low is None else estimate - low,
        n_clusters=given.n_drawn,
        n_draws=draws.shape[1],
        enumerated=enumerated,
        described=how.described(given.n_drawn),
        note=_few_draws(how, given.n_drawn, enumerated, draws.shape[1]),
    )


def drawn_way(ways: list[np.ndarray]) -> np.ndarray:
    """The way with fewer clusters, whose residuals are drawn together."""
    return min(ways, key=lambda codes: int(codes.max()))


def _chunks(n_clusters: int, how: Bootstrap, enumerated: bool) -> Iterator[np.ndarray]:
    return drawn(how.distribution, n_clusters, how.draws, how.seed, enumerated=enumerated)


def _few_draws(how: Bootstrap, n_clusters: int, enumerated: bool, n_draws: int) -> str | None:
    """What few possible draws mean for the p-value."""
    if not enumerated or n_draws > 1_000:
        return None
    least = f"; p is no smaller than {2 / n_draws:.2g}" if how.ties == "counted" and how.restricted else ""
    return f"{n_clusters} clusters have {n_draws:,} distinct draws, {n_draws // 2:,} up to sign{least}"


def _noted(found: WildTest, caution: str) -> WildTest:
    return replace(found, note="; ".join(filter(None, (found.note, caution))))
