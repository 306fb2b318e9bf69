"""An analysis on other weights of the same persons: replicate weights, and persons drawn anew.

Each set of weights or draw is one weighted sum of persons' cross-products (``Sharing.persons``): all analyses of the
same rows share one matrix product for all draws together, and each is solved from its blocks.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from pipeline.errors import ModelError
from pipeline.models.multiverses.fits import Fit, Sharing

AT_ONCE = 2_000_000
"""So many persons times draws are held at once."""


class Draws:
    """The analyses of ``sharing`` on ``weights`` (draws × persons of ``sharing.persons``), relative to its own."""

    def __init__(self, sharing: Sharing, weights: np.ndarray) -> None:
        self.sharing, self.weights = sharing, weights
        sums, _ = sharing.persons
        k = len(sharing.data.terms) + 1
        left, right = np.triu_indices(k)
        self.moments = np.empty((len(weights), k, k))
        self.moments[:, left, right] = self.moments[:, right, left] = weights @ sums

    def estimates(self, exposure: str, names: tuple[str, ...]) -> np.ndarray:
        """The coefficient of the exposure in each draw (draws), NaN where it cannot be estimated."""
        places, at = self._places(exposure, names)
        solved, _ = self._solved(places, at)
        return np.asarray(solved[:, at] * self.sharing.rescaled(int(places[at])))

    def with_errors(
        self, exposure: str, names: tuple[str, ...], *, k: int, clustered: bool, df: float
    ) -> tuple[np.ndarray, np.ndarray]:
        """Coefficient and standard error in each draw (draws), clustered by person (HC1 of k terms) or classical."""
        places, at = self._places(exposure, names)
        estimates, row = self._solved(places, at)
        scale = self.sharing.rescaled(int(places[at]))
        last = self.moments.shape[1] - 1
        used = np.append(places, last)
        left = np.column_stack([-estimates, np.ones(len(estimates))])  # what, times columns and outcome, is an error
        if not clustered:
            block = self.moments[:, used[:, None], used[None, :]]
            squares = np.einsum("di,dij,dj->d", left, block, left)
            variance = squares / df * row[:, at]
        else:
            n = self.sharing.data.n_obs
            variance = self._clustered(used, np.column_stack([row, np.zeros(len(row))]), left) * n / (n - k)
        errors = np.sqrt(np.where(variance > 0, variance, np.nan)) * scale
        return np.asarray(estimates[:, at] * scale), errors

    def _clustered(self, used: np.ndarray, row: np.ndarray, left: np.ndarray) -> np.ndarray:
        """Σ_p c_p u_p², with u_p = Σ_ij row_i left_j Z_pij of the person's cross-products Z_p (draws)."""
        sums, _ = self.sharing.persons
        triangle = _triangle(self.moments.shape[1])
        i, j = np.triu_indices(len(used))
        own = np.ascontiguousarray(sums[:, triangle[used[i], used[j]]])
        factor = row[:, i] * left[:, j] + np.where(i == j, 0.0, row[:, j] * left[:, i])
        found = np.empty(len(row))
        step = max(AT_ONCE // max(len(sums), 1), 1)
        for start in range(0, len(row), step):
            part = slice(start, start + step)
            scores = factor[part] @ own.T
            np.square(scores, out=scores)
            scores *= self.weights[part]
            found[part] = scores.sum(axis=1)
        return found

    def _places(self, exposure: str, names: tuple[str, ...]) -> tuple[np.ndarray, int]:
        places = self.sharing.places(names)
        at = next(at for at, place in enumerate(places) if self.sharing.data.terms[place].term == exposure)
        return places, at

    def _solved(self, places: np.ndarray, at: int) -> tuple[np.ndarray, np.ndarray]:
        """Coefficients of unit columns, and the exposure's row of the inverse (each draws × terms)."""
        block = self.moments[:, places[:, None], places[None, :]]
        wanted = np.zeros((len(block), len(places), 2))
        wanted[:, :, 0] = self.moments[:, places, -1]
        wanted[:, at, 1] = 1.0
        try:
            solved = np.linalg.solve(block, wanted)
        except np.linalg.LinAlgError:
            solved = np.stack([_solve(one, right) for one, right in zip(block, wanted, strict=True)])
        return solved[:, :, 0], solved[:, :, 1]


def _solve(block: np.ndarray, right: np.ndarray) -> np.ndarray:
    """NaN where there is no solution: a draw without anyone of a category."""
    try:
        return np.linalg.solve(block, right)
    except np.linalg.LinAlgError:
        return np.full_like(right, np.nan)


@lru_cache(maxsize=8)
def _triangle(k: int) -> np.ndarray:
    """Where the product of two columns stands among the k (k + 1) / 2 of a triangle (k × k)."""
    found = np.empty((k, k), dtype=np.int64)
    left, right = np.triu_indices(k)
    found[left, right] = found[right, left] = np.arange(len(left))
    return found


def replicated(sharing: Sharing) -> Draws:
    """The analyses on each set of replicate weights of their weight set. Raises ModelError without any."""
    rows = sharing.rows
    if rows.replicates is None or rows.replicate is None or rows.weights is None:
        raise ModelError("the weights have no replicates", where="standard_errors")
    _, first = sharing.persons
    of = rows.replicate[first]
    return Draws(sharing, (rows.replicates.weights[of] / rows.replicates.full[of][:, None]).T)


def by_replicates(draws: Draws, fit: Fit, exposure: str, names: tuple[str, ...]) -> Fit:
    """The fit with the standard error of the replicates, t on their degrees of freedom.

    Raises ModelError if the analysis cannot be estimated with one of them.
    """
    replicates = draws.sharing.rows.replicates
    assert replicates is not None
    each = draws.estimates(exposure, names)
    lost = int(np.isnan(each).sum())
    if lost:
        raise ModelError("a term cannot be estimated in a replicate", where="standard_errors", count=lost)
    variance = replicates.covariance(each[:, None], np.array([fit.estimate]))
    return Fit(
        fit.estimate,
        float(np.sqrt(np.diag(np.atleast_2d(variance))[0])),
        float(replicates.degrees_of_freedom),
        f"replicate weights ({replicates.kind}), every step of weighting repeated; t intervals",
        fit.n_obs,
        fit.n_persons,
        fit.spread,
    )


def drawn(seed: int, draws: int, persons: int) -> np.ndarray:
    """How often each person is drawn in each draw (draws × persons), with replacement: as many draws as persons."""
    random = np.random.default_rng(seed)
    return random.multinomial(persons, np.full(persons, 1 / persons), size=draws).astype(float)
