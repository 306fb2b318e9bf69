"""The rows of an evaluation as arrays: outcome, covariates, unit, wave, first treatment, clusters and weights."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal, TypedDict

import numpy as np

from pipeline.models.inference import Basis, Term
from pipeline.models.interventions.starts import Calendar, Start
from pipeline.models.within.demean import Effects, Groups
from pipeline.specs.contrasts import Contrast

Design = Literal["panel", "cross_sections"]


class Treated(TypedDict, total=False):
    """What the functions of interventions take by name.

    ``start``: when the treatment starts: a column (the wave's number or name; null or infinite: never; 0 as well where
    no wave is 0), a mapping from the values of ``by`` to waves (others: never), or one wave for those whose 0/1 column
    ``treated`` is 1. Without ``start``, ``treated`` is a 0/1 column that switches on and stays; with ``reaches`` it is
    any number, and a unit starts in the first wave in which it is as high, whatever follows.
    ``by``: the column at whose level the treatment was given (an area); errors are clustered by it unless ``cluster``
    names another (None: by none). ``unit``: the column whose levels are absorbed or compared over time. ``design``
    "cross_sections": a unit (an area) has rows of different people in each wave. ``anticipation``: so many time units
    before the start count as affected already.
    """

    start: Start
    treated: str | None
    reaches: float | None
    by: str | None
    unit: str
    wave: str
    cluster: str | None
    weights: str | None
    categorical: Iterable[str]
    design: Design
    anticipation: float


@dataclass(frozen=True)
class Adoption:
    """Complete rows in the order of units; ``start`` is infinite for the never treated."""

    outcome_name: str
    outcome: np.ndarray
    covariates: np.ndarray
    terms: tuple[Term, ...]
    unit: np.ndarray
    time: np.ndarray
    start: np.ndarray
    cluster: np.ndarray | None
    weights: np.ndarray | None
    when: Calendar
    unit_name: str
    cluster_name: str | None
    by: np.ndarray
    by_name: str
    unit_names: np.ndarray
    design: Design
    anticipation: float
    n_left_out: int
    notes: tuple[str, ...]
    n_persons: int
    contrasts: tuple[Contrast, ...] = ()

    @property
    def n_obs(self) -> int:
        return len(self.outcome)

    @property
    def n_units(self) -> int:
        return int(self.unit.max()) + 1

    @property
    def n_clusters(self) -> int:
        return 0 if self.cluster is None else int(self.cluster.max()) + 1

    @cached_property
    def times(self) -> np.ndarray:
        """The times there are rows of, in order."""
        return np.unique(self.time)

    @cached_property
    def wave(self) -> np.ndarray:
        return np.searchsorted(self.times, self.time)

    @cached_property
    def cohorts(self) -> np.ndarray:
        """The starts of the treated, within the waves, in order."""
        found = np.unique(self.start[np.isfinite(self.start)])
        return np.asarray(found[found <= self.times[-1]])

    @property
    def is_never(self) -> np.ndarray:
        """Rows of units that are not treated in any of these waves."""
        return np.asarray(self.start > self.times[-1])

    @property
    def is_treated(self) -> np.ndarray:
        """Rows that the treatment (or its anticipation) may have affected."""
        return np.asarray(self.time >= self.start - self.anticipation)

    @cached_property
    def event(self) -> np.ndarray:
        """Time since the start (n), NaN for the never treated."""
        return np.where(self.is_never, np.nan, self.time - np.where(self.is_never, 0.0, self.start))

    @property
    def weight(self) -> np.ndarray:
        """Weights of mean one, or ones."""
        return np.ones(self.n_obs) if self.weights is None else self.weights / self.weights.mean()

    def weight_of(self, rows: np.ndarray) -> np.ndarray:
        """Weights of these rows (their places), or ones."""
        return np.ones(len(rows)) if self.weights is None else self.weights[rows]

    @cached_property
    def places(self) -> np.ndarray:
        """The row of each unit in each wave (units × waves) of a panel, −1 where it has none."""
        found = np.full((self.n_units, len(self.times)), -1, order="F")
        found[self.unit, self.wave] = np.arange(self.n_obs)
        return found

    @cached_property
    def start_of_unit(self) -> np.ndarray:
        return np.asarray(self.start[np.searchsorted(self.unit, np.arange(self.n_units))])

    @cached_property
    def effects(self) -> Effects:
        """Unit and wave effects, to be absorbed."""
        return Effects(Groups(self.unit, self.weights), self.wave)

    @property
    def is_nested(self) -> bool:
        """Whether each unit lies in one cluster."""
        return self.cluster is not None and bool(
            np.array_equal(self.cluster, self.cluster[np.searchsorted(self.unit, self.unit)])
        )

    def basis(self, covariance: str, confidence: float) -> Basis:
        return Basis(self.n_obs, self.n_persons, covariance, confidence)

    def rows(self, chosen: np.ndarray) -> Adoption:
        """The rows ``chosen`` (a mask), with codes that have no gaps."""

        def dense(values: np.ndarray) -> np.ndarray:
            return np.unique(values[chosen], return_inverse=True)[1]

        return replace(
            self,
            outcome=self.outcome[chosen],
            covariates=self.covariates[chosen],
            unit=dense(self.unit),
            time=self.time[chosen],
            start=self.start[chosen],
            cluster=None if self.cluster is None else dense(self.cluster),
            weights=None if self.weights is None else self.weights[chosen],
            by=dense(self.by),
            unit_names=self.unit_names[np.unique(self.unit[chosen])],
        )

    @property
    def note(self) -> str | None:
        return "; ".join(self.notes) or None
