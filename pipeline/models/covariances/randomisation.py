"""Randomisation inference: the treatment as assigned, compared with every other way to assign it to the clusters."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from math import comb, factorial, prod
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from pipeline.errors import ModelError
from pipeline.models.covariances.inverted import DrawnTest, interval, p_value
from pipeline.models.covariances.problem import (
    Absorbed,
    LeastSquares,
    column_of,
    least_squares,
    numbers,
    same_length,
    sums_by,
    ways_of,
)
from pipeline.models.groups import by_content

Statistic = Literal["t", "coefficient"]
MOST_CLUSTERS = 150
"""With more, clustered standard errors serve, and permutations take long."""


class RandomisationTest(DrawnTest):
    """The test of one treatment: ``n_draws`` of the assignments that there are."""


def randomisation_test(
    outcome: ArrayLike,
    matrix: ArrayLike,
    tested: int,
    clusters: ArrayLike,
    *,
    weights: ArrayLike | None = None,
    absorb: ArrayLike | None = None,
    profile: ArrayLike | None = None,
    statistic: Statistic = "t",
    draws: int = 9_999,
    confidence: float = 0.95,
    seed: int = 1,
) -> RandomisationTest:
    """Fisher's test that the treatment in column ``tested`` of ``matrix`` (n × k) changed nothing for anybody.

    The treatment is assigned to ``clusters`` (n labels): in each it has one value, in the rows in which ``profile`` (n)
    is not zero, times it; by default in all rows. (For a difference-in-differences the profile is 1 after the start.)
    It is assigned anew in every other way, or in ``draws`` random ones where there are more, and the model fitted
    again: p is the share of assignments, the actual one among them, whose ``statistic`` is as far from 0: the
    clustered t (preferred: MacKinnon & Webb 2020), or the coefficient. The interval holds the constant effects that
    the test does not reject. Other arguments are those of ``wild_cluster_bootstrap``.

    Raises ModelError if the treatment is not one of clusters, or is the same in all.

    >>> import numpy as np
    >>> area = np.repeat(["a", "b", "c", "d", "e", "f"], 4)
    >>> treated = np.isin(area, ["b", "d", "f"]).astype(float)
    >>> y = treated + np.tile([0.1, -0.2, 0.3, 0.0], 6) + np.repeat([0.1, 0.3, -0.1, 0.0, 0.2, -0.2], 4)
    >>> found = randomisation_test(y, np.column_stack([np.ones(24), treated]), 1, area)
    >>> found.n_draws, round(found.p_value, 3), found.note
    (20, 0.1, '20 assignments of the treatment to 6 clusters: p is no smaller than 0.05')
    """
    problem = least_squares(outcome, matrix, weights=weights, absorb=absorb)
    column = column_of(matrix, tested, problem.n_obs)
    if statistic not in ("t", "coefficient"):
        raise ModelError('`statistic` is "t" or "coefficient"', where="statistic")
    way = ways_of("clusters", clusters, problem.n_obs)
    if len(way) != 1:
        raise ModelError("a treatment is assigned to one way of clusters", where="clusters", count=len(way))
    shape = np.ones(problem.n_obs) if profile is None else numbers("profile", profile)
    same_length("outcome", problem.n_obs, profile=len(shape))
    return randomised(problem, column, tested, way[0], shape, Permutations(statistic, draws, confidence, seed))


@dataclass(frozen=True)
class Permutations:
    """How the test is made."""

    statistic: Statistic = "t"
    draws: int = 9_999
    confidence: float = 0.95
    seed: int = 1


def randomised(
    problem: LeastSquares,
    column: np.ndarray,
    tested: int,
    clusters: np.ndarray,
    profile: np.ndarray,
    how: Permutations,
) -> RandomisationTest:
    """The test of one column (n, as in the matrix) of a fit: see ``randomisation_test``."""
    clusters = by_content(clusters, problem.residuals)
    assigned = _assigned(column, clusters, profile)
    total = _how_many(assigned)
    enumerated = total <= how.draws
    moments = _Moments.of(problem, tested, clusters, profile, assigned)
    estimate, std_error = moments.observed(assigned)
    draws = np.concatenate(
        [moments.five(chunk, estimate, how.statistic) for chunk in _assignments(assigned, how, enumerated)], axis=1
    )
    scale = std_error if how.statistic == "t" else 1.0
    if not std_error > 0:
        raise ModelError("the treatment has no variance that can be estimated", where="clusters")

    def p_at(away: float) -> float:
        return p_value(draws, away, away / scale, counted=True, themselves=float(not enumerated))

    low, high = interval(p_at, std_error, 1 - how.confidence)
    n_clusters, number = len(assigned), draws.shape[1]
    few = f"{number:,} assignments of the treatment to {n_clusters} clusters: p is no smaller than {1 / number:.2g}"
    which = f"all {number:,} assignments" if enumerated else f"{number:,} random assignments, seed {how.seed}"
    return RandomisationTest(
        estimate=estimate,
        std_error=std_error,
        statistic=estimate / std_error,
        p_value=p_at(estimate),
        conf_low=None if high is None else estimate - high,
        conf_high=None if low is None else estimate - low,
        n_clusters=n_clusters,
        n_draws=number,
        enumerated=enumerated,
        described=f"randomisation inference by the {'clustered t' if scale != 1 else 'coefficient'}, {which}",
        note=few if enumerated and number < 1_000 else None,
    )


def _assigned(column: np.ndarray, clusters: np.ndarray, profile: np.ndarray) -> np.ndarray:
    """The value of the treatment in each cluster (G). Raises ModelError if it is not one of clusters."""
    total = int(clusters.max()) + 1
    if total > MOST_CLUSTERS:
        raise ModelError("many clusters", where="clusters", count=total, todo="Use clustered standard errors.")
    on = profile != 0
    values = np.full(total, np.nan)
    values[clusters[on]] = column[on] / profile[on]
    never = int(np.isnan(values).sum())
    if never:
        raise ModelError("clusters without a row in which a treatment would show", where="profile", count=never)
    wrong = int((np.abs(column - values[clusters] * profile) > 1e-9 * np.abs(column).max()).sum())
    if wrong:
        raise ModelError(
            "the treatment changes within clusters, so that it was not assigned to them",
            where="clusters",
            count=wrong,
            todo="Name the clusters that were assigned, and the `profile` of a treatment that starts later.",
        )
    if np.ptp(values) == 0:
        raise ModelError("every cluster has the same treatment", where="clusters", count=total)
    return values


def _how_many(assigned: np.ndarray) -> int:
    counts = np.unique(assigned, return_counts=True)[1].tolist()
    return factorial(len(assigned)) // prod(factorial(count) for count in counts)


def _assignments(assigned: np.ndarray, how: Permutations, enumerated: bool) -> Iterator[np.ndarray]:
    """Assignments (so many × G): all, or random ones."""
    if enumerated:
        yield np.array(list(_all(assigned)))
        return
    generator = np.random.default_rng(how.seed)
    for start in range(0, how.draws, 2_000):
        number = min(2_000, how.draws - start)
        yield generator.permuted(np.tile(assigned, (number, 1)), axis=1)


def _all(assigned: np.ndarray) -> Iterator[np.ndarray]:
    """Every distinct assignment of the values, value by value."""
    values, counts = np.unique(assigned, return_counts=True)

    def fill(place: int, free: tuple[int, ...], made: np.ndarray) -> Iterator[np.ndarray]:
        if place == len(values) - 1:
            made[list(free)] = values[place]
            yield made.copy()
            return
        for chosen in combinations(free, int(counts[place])):
            made[list(chosen)] = values[place]
            yield from fill(place + 1, tuple(one for one in free if one not in chosen), made)

    assert comb(len(assigned), int(counts[0]))
    yield from fill(0, tuple(range(len(assigned))), np.empty(len(assigned)))


@dataclass(frozen=True)
class _Moments:
    """With C (n × G) each cluster's column less the other terms: C_h'ỹ_h (H × G), C_h'C_h (H × G × G), and the actual.

    ``given`` is the outcome's part for an effect of zero, ``actual`` that of one unit of the actual treatment.
    """

    given: np.ndarray
    actual: np.ndarray
    products: np.ndarray
    factor: float

    @classmethod
    def of(
        cls,
        problem: LeastSquares,
        tested: int,
        clusters: np.ndarray,
        profile: np.ndarray,
        assigned: np.ndarray,
    ) -> _Moments:
        n_clusters, n = len(assigned), problem.n_obs
        own = np.zeros((n, n_clusters))
        own[np.arange(n), clusters] = profile * problem.root
        effects: Absorbed | None = problem.absorbed
        own = own if effects is None else effects.out(own)
        # the span of the other terms: the basis without the direction that only the tested term has
        direction = problem.back[tested] / np.linalg.norm(problem.back[tested])
        alone = problem.basis @ direction
        others = problem.basis.T @ own - np.outer(direction, alone @ own)
        left = own - problem.basis @ others
        outcome = problem.residuals + alone * (direction @ problem.on_basis)
        products = np.empty((n_clusters, n_clusters, n_clusters))
        for cluster in range(n_clusters):
            rows = left[clusters == cluster]
            products[cluster] = rows.T @ rows
        given = sums_by(left * outcome[:, None], clusters)
        factor = n_clusters / (n_clusters - 1) * (n - 1) / (n - problem.rank)
        return cls(given, products @ assigned, products, factor)

    def five(self, assignments: np.ndarray, estimate: float, statistic: Statistic) -> np.ndarray:
        """For each assignment (B × G) the five numbers that ``inverted`` takes, around the estimate."""
        size = np.einsum("bg,gk,bk->b", assignments, self.products.sum(axis=0), assignments)
        estimable = size > 1e-10 * np.median(size)
        size = np.where(estimable, size, np.inf)
        square = np.stack([np.einsum("bg,gk,bk->b", assignments, one, assignments) for one in self.products])
        parts = []
        for moments in (self.given - estimate * self.actual, self.actual):
            by_cluster = moments @ assignments.T
            found = by_cluster.sum(axis=0) / size
            parts.append((found, (by_cluster - found * square) / size))
        (first, scores), (second, slopes) = parts
        made = np.zeros((5, len(assignments)))
        made[0], made[1] = first, second
        if statistic == "coefficient":
            made[2] = 1.0
        else:
            made[2], made[3], made[4] = (
                self.factor * (one * other).sum(axis=0)
                for one, other in ((scores, scores), (scores, slopes), (slopes, slopes))
            )
        made[2, ~estimable] = -1.0  # left out
        return made

    def observed(self, assigned: np.ndarray) -> tuple[float, float]:
        """The estimate under the actual assignment, and its clustered standard error."""
        size = float(assigned @ self.products.sum(axis=0) @ assigned)
        estimate = float(self.given.sum(axis=0) @ assigned) / size
        scores = (self.given - estimate * self.actual) @ assigned
        return estimate, float(np.sqrt(self.factor * scores @ scores)) / size
