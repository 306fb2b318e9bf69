"""The rows of an evaluation as arrays: outcome, covariates, unit, wave, first treatment, clusters and weights."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal, TypedDict

import numpy as np
import polars as pl

from pipeline.errors import ModelError
from pipeline.models.columns import codes
from pipeline.models.covariance import FEW_CLUSTERS
from pipeline.models.inference import Basis, Term
from pipeline.models.interventions.reached import FIRST, first_reached
from pipeline.models.interventions.starts import Calendar, Start, calendar, described, starts
from pipeline.models.regression_data import regression_data
from pipeline.models.within.demean import Effects, Groups
from pipeline.specs.contrasts import Contrast

Design = Literal["panel", "cross_sections"]
SINCE, TIME = "_first treated", "_time"


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


def adoption(
    frame: pl.DataFrame,
    outcome: str,
    covariates: Sequence[str] = (),
    *,
    start: Start = None,
    treated: str | None = None,
    reaches: float | None = None,
    by: str | None = None,
    unit: str = "person_id",
    wave: str = "wave",
    weights: str | None = None,
    categorical: Iterable[str] = (),
    design: Design = "panel",
    anticipation: float = 0.0,
    **further: str | None,
) -> Adoption:
    """The rows that have an answer to everything the model uses; units treated in the first wave are left out.

    Raises ModelError if nobody is treated, everybody is from the first wave on, nobody is before the start, a start is
    in no wave, a unit's start changes, a unit is in a wave more than once, or clusters are too few for their errors.
    """
    if anticipation < 0:
        raise ModelError("anticipation is a number of waves before the start", where="anticipation")
    if foreign := sorted(further.keys() - {"cluster"}):
        raise TypeError(f"`{foreign[0]}` is not an option here; there are: {', '.join(Treated.__annotations__)}")
    cluster = further.get("cluster", by or unit)
    used = [outcome, *covariates, unit, wave, *(name for name in (by, cluster, weights, treated) if name)]
    if absent := [name for name in dict.fromkeys(used) if name not in frame.columns]:
        raise ModelError(
            f"the table has no column {', '.join(f'`{name}`' for name in absent)}",
            todo=f"It has: {', '.join(frame.columns[:40])}.",
        )
    whole = frame.height
    if reaches is not None:
        if treated is None or start is not None:
            raise ModelError("is the level of a score `treated`, without a `start`", where="reaches")
        frame = first_reached(frame, treated, reaches, unit, wave)
        start, treated, used = FIRST, None, used[:-1]
    rows = frame.filter(pl.all_horizontal(pl.col(list(dict.fromkeys(used))).is_not_null()))
    if not rows.height:
        raise ModelError("no row has an answer to everything the model uses", where=outcome, count=frame.height)
    when = calendar(rows[wave])
    since = starts(rows, when, start, treated, by, unit)
    rows = rows.with_columns(pl.Series(TIME, when.time), pl.Series(SINCE, np.where(np.isfinite(since), since, -1e300)))
    level = by or unit
    data = regression_data(
        rows, outcome, covariates, categorical=categorical, person=None, wave=TIME, carried=[SINCE],
        cluster=(unit, cluster or level), weights=weights, wave_effects=False,
    )  # fmt: skip
    kept = rows if weights is None else rows.filter(pl.col(weights) > 0)
    assert data.clusters is not None
    assert data.carried is not None
    order = np.lexsort((kept[TIME].to_numpy(), data.clusters[:, 0]))
    since = data.carried[SINCE].to_numpy()[order]
    made = Adoption(
        outcome_name=outcome,
        outcome=data.outcome[order],
        covariates=data.matrix[order, 1:],
        terms=data.terms[1:],
        unit=data.clusters[order, 0],
        time=kept[TIME].to_numpy()[order],
        start=np.where(since < -1e299, np.inf, since),
        cluster=None if cluster is None else data.clusters[order, 1],
        weights=None if data.weights is None else data.weights[order],
        when=when,
        unit_name=_in_words(unit),
        cluster_name=None if cluster is None else _in_words(cluster),
        by=codes(kept[level][order]),
        by_name=level,
        unit_names=_first_of(kept[unit], data.clusters[:, 0]),
        design=design,
        anticipation=anticipation,
        n_left_out=whole - data.n_obs,
        notes=(),
        n_persons=kept["person_id"].n_unique() if "person_id" in kept.columns else int(data.clusters[:, 0].max()) + 1,
    )
    _check_units(made)
    return _evaluable(made)


def _first_of(names: pl.Series, group: np.ndarray) -> np.ndarray:
    """The name of each unit as the column has it, in the order of the codes."""
    first = np.unique(group, return_index=True)[1]
    return np.array(names[first].to_list(), dtype=object)


def _in_words(column: str) -> str:
    return {"person_id": "person", "area_code": "area", "household_id": "household"}.get(column, column)


def _check_units(data: Adoption) -> None:
    """A unit has one start, and in a panel one row in a wave."""
    for name, values in ((data.outcome_name, data.outcome), *zip(_names(data), data.covariates.T, strict=True)):
        if infinite := int(np.isinf(values).sum()):
            raise ModelError("infinite values", where=name, count=infinite, todo="Correct them.")
    same = np.diff(data.unit) == 0
    moved = np.unique(data.unit[1:][same & (data.start[1:] != data.start[:-1])]).size
    if moved:
        raise ModelError(
            f"the start changes within a {data.unit_name}",
            where="start",
            count=moved,
            todo="Give each one start: where people move between areas, that of their first area, or `unit` the area.",
        )
    twice = int((same & (np.diff(data.time) == 0)).sum())
    if twice and data.design == "panel":
        raise ModelError(
            f"a {data.unit_name} more than once in a wave",
            where="unit",
            count=twice,
            todo='Where they are different people of an area, say `design: cross_sections` (design="cross_sections").',
        )


def _names(data: Adoption) -> list[str]:
    return [term.label for term in data.terms]


def _evaluable(data: Adoption) -> Adoption:
    """Without units treated from the first wave on, which have nothing before. Raises ModelError if none are left."""
    first, last = data.times[0], data.times[-1]
    if len(data.times) < 2:
        raise ModelError("one wave, and a change needs two", where="waves", todo="Choose more waves.")
    if not (data.start <= last).any():
        raise ModelError(
            "nobody is treated in these waves", where="start", todo="Choose other waves, or another start."
        )
    always = data.start - data.anticipation <= first
    if always.all() or not (~always & (data.start <= last)).any():
        who = "everybody is" if always.all() else "the treated are"
        raise ModelError(
            f"{who} treated from the first wave on, so that there is no wave before",
            where="start",
            count=np.unique(data.unit[always]).size,
            todo="Compare levels instead (`design_differences`), or choose waves before the start.",
        )
    notes = []
    if always.any():
        notes.append(f"{_many(np.unique(data.unit[always]).size, data)} treated from the first wave on left out")
    later = data.is_never & np.isfinite(data.start)
    if later.any():
        count = np.unique(data.unit[later]).size
        notes.append(f"{_many(count, data)} first treated after the last wave count as not treated here")
    return replace(data.rows(~always), notes=tuple(notes)) if always.any() else replace(data, notes=tuple(notes))


def _many(count: int, data: Adoption) -> str:
    return f"{count:,} {data.unit_name}{'' if count == 1 else 's'}"


def require_controls(data: Adoption) -> None:
    """Raises ModelError where everybody is treated at the same time."""
    if not data.is_never.any() and len(data.cohorts) == 1:
        once = described(data.cohorts.tolist(), data.when)
        raise ModelError(
            f"everybody is treated at once ({once}): there is nobody to compare with",
            where="start",
            todo="Use an interrupted time series, or add those who are not treated.",
        )


def lonely_cohorts(data: Adoption) -> np.ndarray:
    """The starts of cohorts that lie in one cluster: how much their effects vary between clusters cannot be seen."""
    if data.cluster is None:
        return np.empty(0)
    alone = [np.unique(data.cluster[data.start == start]).size < 2 for start in data.cohorts]
    return np.asarray(data.cohorts[np.array(alone, dtype=bool)])


def lonely_note(starts: np.ndarray, data: Adoption) -> str | None:
    """Why effects of these cohorts have no standard error."""
    if not starts.size:
        return None
    who = described(starts.tolist(), data.when)
    return f"no standard error: those first treated in {who} are one cluster ({data.cluster_name})"


def fewest_clusters(data: Adoption) -> int:
    """How many clusters have treated units, or comparison units where these are fewer (and there are any)."""
    assert data.cluster is not None
    treated, control = (np.unique(data.cluster[mask]).size for mask in (~data.is_never, data.is_never))
    return min(treated, control) if control else treated


def require_clusters(data: Adoption) -> str | None:
    """The note on few treated clusters. Raises ModelError where there is one: its error cannot be seen."""
    if data.cluster is None:
        return None
    fewest = fewest_clusters(data)
    which = "treated" if np.unique(data.cluster[~data.is_never]).size == fewest else "comparison"
    if fewest == 1:
        raise ModelError(
            f"one {which} cluster ({data.cluster_name}): clustered standard errors cannot be made",
            where="cluster",
            todo="Use `synthetic_control`, or `inference: randomisation` with `cluster: none` over the areas.",
        )
    if fewest < FEW_CLUSTERS:
        return (
            f"only {fewest} {which} clusters of {data.n_clusters}: clustered standard errors are too small; read the "
            "randomisation p-value, a wild cluster bootstrap or a synthetic control with them"
        )
    return None
