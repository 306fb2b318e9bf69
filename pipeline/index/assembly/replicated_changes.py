"""Means of areas with the deviations of their replicates, in place of persons' influence, for comparisons of areas."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

import numpy as np
import polars as pl

from pipeline.errors import CohesionError
from pipeline.index.assembly.recipe import scale_of
from pipeline.index.change.cells import Cell
from pipeline.index.change.design import Design
from pipeline.index.change.setting import Key, Setting
from pipeline.index.uncertainty import ReplicatedIndex
from pipeline.index.uncertainty.replicated import composed_measures, scaled_deviations
from pipeline.specs.index import WHOLE, Index

UNKNOWN = "no error: some replicates have nobody of this area"


@dataclass(frozen=True)
class ReplicateDesign(Design):
    """Units are replicates: a variance is the sum of their squares."""

    freedom: int = 1

    def variance(self, units: np.ndarray, totals: np.ndarray) -> float:  # noqa: ARG002
        return float(totals @ totals)

    def degrees(self, units: np.ndarray) -> int:  # noqa: ARG002
        return self.freedom


@dataclass(frozen=True)
class Composed:
    """(1 + replicates) × groups of each measure, as a recipe makes them."""

    values: np.ndarray
    places: Mapping[str, int]


@dataclass(frozen=True)
class ReplicatedSetting(Setting):
    """A setting whose means are those of ``made``: of the areas themselves, whatever they are composed of.

    On fewer indicators than declared the index is composed anew, in every replicate. A comparison is the mean of its
    areas by the weight of their people, which varies with the replicate.
    """

    index: Index = field(kw_only=True)
    made: ReplicatedIndex = field(kw_only=True)
    people: np.ndarray = field(kw_only=True)
    """(1 + replicates) × groups: the weight of everybody in each."""
    _composed: dict[frozenset[str], Composed] = field(default_factory=dict)
    _groups: dict[Key, int] = field(default_factory=dict)

    def cell(
        self, measure: str, rows: np.ndarray, key: Key, kept: frozenset[str] | None, asked: Sequence[frozenset[str]]
    ) -> Cell:
        """The mean of these rows' area, or of their areas together, with a deviation per replicate."""
        own = set(self.scores.of(measure))
        whole = kept is None or not own or all(one & own == kept & own for one in asked)
        named = frozenset(self.index.indicators) if whole or kept is None else kept
        identity = (measure, key, named)
        if identity not in self._cells:
            self._cells[identity] = self._cell(measure, rows, named)
        return self._cells[identity]

    def _cell(self, measure: str, rows: np.ndarray, named: frozenset[str]) -> Cell:
        found = self._by(named)
        rows = rows[self.area_of_row.gather(rows).is_not_null().to_numpy()]
        asked = rows[~np.isnan(self.scores.given(measure)[rows])]
        persons = np.unique(self.persons[asked])
        nothing = Cell(float("nan"), np.array([], dtype=np.int64), np.array([]), np.array([], dtype=np.int64))
        if measure not in found.places or not len(persons):
            return nothing
        values = found.values[:, :, found.places[measure]]
        pairs = set(zip(self.area_of_row.gather(rows).to_list(), self.wave_of_row[rows].tolist(), strict=True))
        groups = sorted(self._groups[area, self.waves[wave]] for area, wave in pairs)
        there = [group for group in groups if np.isfinite(values[0, group])]
        if not there:
            return nothing
        weight = self.people[:, there]
        mean = (weight * values[:, there]).sum(axis=1) / weight.sum(axis=1)
        factors = self.made.resamples.variance_factors
        lost = not np.isfinite(mean[1:][factors > 0]).all()
        influence = np.full(int((factors > 0).sum()), np.nan) if lost else scaled_deviations(mean[1:], factors)
        scale = scale_of(self.index, measure)
        return Cell(
            scale.origin + scale.unit * float(mean[0]), np.arange(len(influence)), scale.unit * influence, persons
        )

    def _by(self, named: frozenset[str]) -> Composed:
        """The measures on these indicators alone, composed once."""
        if named not in self._composed:
            recipe = self.made.recipe
            domains = {key: [name for name in members if name in named] for key, members in recipe.domains.items()}
            domains = {key: members for key, members in domains.items() if members}
            names = {*domains, *named}
            kept = replace(
                recipe,
                domains=domains,
                declared={name: weight for name, weight in recipe.declared.items() if name in names},
                budget={name: weight for name, weight in recipe.budget.items() if name in domains},
            )
            values = composed_measures(self.made.rows, self.made.resamples, kept)
            measures = [*kept.kept, WHOLE, *self.made.rows.names]
            self._composed[named] = Composed(values, {name: place for place, name in enumerate(measures)})
        return self._composed[named]


def replicated_setting(setting: Setting, index: Index, made: ReplicatedIndex) -> ReplicatedSetting:
    """The setting of the same people with the means of ``made``. Raises CohesionError where it has other areas."""
    own = {(area, setting.round_of(area, wave)): (area, wave) for area, wave in setting.rows}
    rounds = enumerate((str(area), str(name)) for area, name in made.groups.iter_rows())
    groups: dict[Key, int] = {own.get(key, key): at for at, key in rounds}
    if set(groups) != set(setting.rows):
        raise CohesionError(
            "the replicates are of other areas or waves than the scores", where="replicated", count=len(groups)
        )
    whole = np.concatenate([made.estimates[None], made.replicates])
    measures = {name: place for place, name in enumerate(made.measures["measure"])}
    given: dict[str, Any] = {one.name: getattr(setting, one.name) for one in fields(Setting)}
    none = np.array([], dtype=np.int64)
    given |= {
        "design": ReplicateDesign(none, none, none, "adjust", "domain", made.resamples.degrees_of_freedom),
        "_cells": {},
    }
    return ReplicatedSetting(
        **given,
        index=index,
        made=made,
        people=_people(made),
        _composed={frozenset(index.indicators): Composed(whole, measures)},
        _groups=groups,
    )


def _people(made: ReplicatedIndex) -> np.ndarray:
    """(1 + replicates) × groups: the weight of their people."""
    rows = made.rows
    starts = np.searchsorted(rows.group, np.arange(made.groups.height))
    held = rows.weights[:, None] * made.resamples.multiples[rows.person]
    return np.vstack([np.add.reduceat(rows.weights, starts), np.add.reduceat(held, starts).T])


def with_freedom_of_people(changes: pl.DataFrame, confidence: float) -> pl.DataFrame:
    """The changes with no more degrees of freedom than the people of the smaller side less one, and their intervals.

    Where some replicates have nobody of an area there is no error, and the note says so.
    """
    from scipy.special import stdtrit

    unknown = pl.col("std_error").is_nan().fill_null(False)
    df = pl.when(~unknown).then(pl.min_horizontal("df", pl.col("n_persons") - 1)).cast(pl.Float64)
    why = pl.concat_str("note", pl.lit(UNKNOWN), separator="; ", ignore_nulls=True)
    found = changes.with_columns(df=df, note=pl.when(unknown).then(why).otherwise("note"))
    found = found.with_columns(pl.selectors.float().fill_nan(None))
    times = stdtrit(found["df"].fill_null(1.0).to_numpy(), (1 + confidence) / 2)
    half = pl.Series("_t", times)
    ends = {"conf_low": ("estimate", "std_error", -1), "conf_high": ("estimate", "std_error", 1)}
    positive = pl.when(pl.col("ratio") > 0).then("ratio")  # as ``differences``: on the scale of logarithms
    relative = half * pl.col("ratio_error") / positive
    return found.with_columns(
        *((pl.col(middle) + sign * half * pl.col(error)).alias(name) for name, (middle, error, sign) in ends.items()),
        ratio_low=positive * (-relative).exp(),
        ratio_high=positive * relative.exp(),
    )
