"""Least squares of many analyses of the same rows: cross-products once, each analysis from its block of them.

Rows after absorbing effects (or differencing) are X with outcome y, columns of unit size. M = X'X and m = X'y are
computed once for all covariates; an analysis with the columns S has b = M_SS⁻¹ m_S. With h the row of M_SS⁻¹ of the
exposure and u_i = (X_i h)(y_i − X_i b), its clustered variance is Σ_g (Σ_{i∈g} u_i)², its classical one s² h_x. What is
singular or nearly so goes to ``within.least_squares``, which says which term cannot be separated, or loses no digits.
Conventions are that kernel's, and so linearmodels'.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from pipeline.errors import ModelError
from pipeline.models.covariance import Correction, Linear, linear, require_freedom
from pipeline.models.groups import group_sums
from pipeline.models.inference import Term
from pipeline.models.linear.first_difference import differenced
from pipeline.models.linear.fixed_effects import require_within_variation
from pipeline.models.multiverses.rows import Rows
from pipeline.models.regression_data import RegressionData
from pipeline.models.within.demean import Effects
from pipeline.models.within.least_squares import absorbed_fit, effects_of

SAFE = 1e-3
"""A pivot of the cross-products of columns of unit size below which an analysis takes the longer way."""


@dataclass(frozen=True)
class Fit:
    """One analysis: estimate, standard error, degrees of freedom, and what they rest on."""

    estimate: float
    std_error: float
    df: float
    described: str
    n_obs: int
    n_persons: int
    spread: float  # the standard deviation of the exposure over that of the outcome
    note: str | None = None


class Sharing:
    """The rows of analyses that differ in covariates and standard errors alone, with all covariates of any.

    ``rows``, those of them ``used``, and the columns ``names``; the others as in a declared model.
    """

    def __init__(
        self,
        rows: Rows,
        used: np.ndarray,
        names: Sequence[str],
        *,
        family: str,
        effects: str,
        wave_effects: bool,
    ) -> None:
        if not used.any() or np.ptp(rows.outcome[used]) == 0:
            what = "the outcome does not vary" if used.any() else "no row has an answer to everything the model uses"
            raise ModelError(what, where=rows.outcome_name, count=rows.n_rows)
        self.rows, self.used, self.family = rows, used, family
        self.waves_absorbed = family == "fixed_effects" and effects == "person_and_wave"
        data = rows.data(names, used, wave_effects=wave_effects and not self.waves_absorbed)
        if family == "pooled":
            ones = np.ones((data.n_obs, 1))
            data = replace(
                data, matrix=np.hstack([ones, data.matrix]), terms=(Term("intercept", "intercept"), *data.terms)
            )
        self.levels = data
        self.wave_effects = wave_effects

    @cached_property
    def data(self) -> RegressionData:
        """The rows that are fitted: of first differences, the differences."""
        if self.family != "first_difference":
            return self.levels
        return differenced(self.levels, intercept=not self.wave_effects)

    @cached_property
    def effects(self) -> Effects | None:
        """What is absorbed."""
        return effects_of(self.data, waves=self.waves_absorbed) if self.family == "fixed_effects" else None

    @cached_property
    def _moved(self) -> tuple[np.ndarray, np.ndarray]:
        """Matrix and outcome after absorbing; of pooled rows centred, which the intercept takes up."""
        data = self.data
        if self.effects is not None:
            return self.effects.of_each(data.matrix), self.effects.residuals(data.outcome)
        if self.family == "pooled":
            centre = data.matrix.mean(axis=0)
            centre[0] = 0.0
            return data.matrix - centre, data.outcome - data.outcome.mean()
        return data.matrix, data.outcome

    @cached_property
    def _unit(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Columns of unit size, the outcome, their cross-products, and the sizes."""
        matrix, outcome = self._moved
        if self.data.weights is not None:
            root = np.sqrt(self.data.weights / self.data.weights.mean())
            matrix, outcome = matrix * root[:, None], outcome * root
        size = np.sqrt(np.einsum("ij,ij->j", matrix, matrix))
        unit = matrix / np.where(size > 0, size, 1.0)
        return unit, outcome, unit.T @ unit, unit.T @ outcome, size

    @cached_property
    def _raw(self) -> np.ndarray:
        """The size of each column before anything was taken from it."""
        raw = np.linalg.norm(self.levels.matrix, axis=0)
        return np.append(raw, np.linalg.norm(self.data.matrix[:, len(raw) :], axis=0))

    def places(self, names: Sequence[str]) -> np.ndarray:
        """The columns of an analysis of these exposures and covariates: theirs, the waves' and the intercept."""
        wanted = set(names)
        return np.array(
            [
                place
                for place, term in enumerate(self.data.terms)
                if term.component in ("wave", "intercept") or term.term in wanted
            ]
        )

    def fit(self, exposure: str, names: Sequence[str], cluster: str, correction: Correction) -> Fit:
        """One analysis. Raises ModelError where it cannot be estimated, as its family does."""
        places = self.places(names)
        term = next(place for place in places if self.data.terms[place].term == exposure)
        clusters, words = self._clusters(cluster)
        data = replace(self.data, terms=tuple(self.data.terms[place] for place in places), clusters=clusters,
                       cluster_name=words)  # fmt: skip
        absorbed = 0 if self.effects is None else self.effects.absorbed
        df = data.n_obs - len(places) - absorbed
        solved = self._solved(places)
        if solved is None or df < 1 or (clusters is not None and data.n_clusters < 2):
            made = self._longer(data, places, correction)
            at = int(np.flatnonzero(places == term)[0])
            return self._as_fit(made, float(made.estimates[at]), float(made.covariance[at, at]), exposure)
        inverse, estimates = solved
        at = int(np.flatnonzero(places == term)[0])
        unit, outcome, _, _, size = self._unit
        errors = outcome - unit[:, places] @ estimates
        if clusters is None:
            variance = float(errors @ errors) / df * inverse[at, at]
        else:
            scores = (unit[:, places] @ inverse[at]) * errors
            variance = _clustered(scores, clusters, stata=correction == "stata")
            if correction != "none":
                counted = len(places) + (0 if self.effects is None else self.effects.counted(correction))
                variance *= data.n_obs / (data.n_obs - counted)
        made = linear(data, estimates, inverse, df, correction if clusters is not None else "hc1")
        return self._as_fit(made, float(estimates[at] / size[term]), float(variance / size[term] ** 2), exposure)

    def _as_fit(self, made: Linear, estimate: float, variance: float, exposure: str) -> Fit:
        if not variance >= 0:
            raise ModelError("the standard error cannot be computed", where=self.rows.outcome_name)
        return Fit(
            estimate,
            float(np.sqrt(variance)),
            made.df,
            made.described,
            self.data.n_obs,
            self.data.n_persons,
            self.spread(exposure),
            made.note,
        )

    def spread(self, exposure: str) -> float:
        """The exposure's standard deviation over the outcome's, in the rows as answered."""
        place = next(place for place, term in enumerate(self.levels.terms) if term.term == exposure)
        return float(self.levels.matrix[:, place].std(ddof=1) / self.levels.outcome.std(ddof=1))

    def _solved(self, places: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
        """The inverse of the block of cross-products and the coefficients, of unit columns; None if it is not safe."""
        _, _, products, with_outcome, size = self._unit
        if (size[places] <= 1e-6 * np.maximum(self._raw[places], 1e-300)).any():
            return None
        try:
            pivots = np.linalg.cholesky(products[np.ix_(places, places)])
        except np.linalg.LinAlgError:
            return None
        if np.diag(pivots).min() < SAFE:
            return None
        half = np.linalg.inv(pivots)
        inverse = half.T @ half
        return inverse, inverse @ with_outcome[places]

    def _longer(self, data: RegressionData, places: np.ndarray, correction: Correction) -> Linear:
        """The kernel's own fit, with what its family asks of the rows."""
        data = replace(data, matrix=self.data.matrix[:, places])
        if self.family != "pooled":
            require_within_variation(self.levels.keep(np.isin(np.arange(len(self.levels.terms)), places)))
        require_freedom(data, 0 if self.effects is None else self.effects.absorbed)
        return absorbed_fit(data, self.effects, correction, self._raw[places])

    def _clusters(self, cluster: str) -> tuple[np.ndarray | None, str | None]:
        clusters, words = self.rows.clusters_of(cluster, self.used)
        if clusters is None or self.family != "first_difference":
            return clusters, words
        return self._later_clusters(clusters, words), words

    def _later_clusters(self, clusters: np.ndarray, words: str | None) -> np.ndarray:
        """The clusters of differences. Raises ModelError where a person's two rows are of two."""
        moved = replace(self.levels, clusters=clusters, cluster_name=words)
        found = differenced(moved, intercept=not self.wave_effects).clusters
        assert found is not None
        return found

    @cached_property
    def persons(self) -> tuple[np.ndarray, np.ndarray]:
        """Cross-products of unit columns and outcome by person (persons × triangle); each person's first row."""
        unit, outcome, *_ = self._unit
        joined = np.column_stack([unit, outcome / max(float(np.linalg.norm(outcome)), 1e-300)])
        left, right = np.triu_indices(joined.shape[1])
        sums = group_sums(joined[:, left] * joined[:, right], self.data.person)
        first = np.searchsorted(self.levels.person, np.arange(self.levels.n_persons))
        if self.family == "first_difference":  # of whom there is a difference
            first = first[np.bincount(self.levels.person) > 1]
        return sums, np.flatnonzero(self.used)[first]

    def rescaled(self, place: int) -> float:
        """What a coefficient from the cross-products of ``persons`` is multiplied by, to be the column's."""
        _, outcome, _, _, size = self._unit
        return float(np.linalg.norm(outcome) / size[place])


def _clustered(scores: np.ndarray, clusters: np.ndarray, *, stata: bool) -> float:
    """Σ_g (Σ_{i∈g} u_i)², one way or two (that of both less that of their intersections)."""
    if clusters.ndim == 2:
        first, second = clusters.T
        both = np.unique(first * (second.max() + 1) + second, return_inverse=True)[1]
        one, other, shared = (_clustered(scores, codes, stata=stata) for codes in (first, second, both))
        return one + other - shared
    sums = np.bincount(clusters, scores)
    n, n_clusters = len(scores), len(sums)
    factor = n_clusters / (n_clusters - 1) * (n - 1) / n if stata else 1.0
    return float(sums @ sums) * factor
