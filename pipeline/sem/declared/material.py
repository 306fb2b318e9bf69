"""What a declared structural model is fitted on: the chosen rows, their items, waves and times."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from pipeline.errors import ModelError
from pipeline.sem.declared.wide import wide
from pipeline.specs.project import Study
from pipeline.specs.structural import StructuralModel
from pipeline.specs.study import value_range

ROBUST = "robust (Huber-White sandwich), observed information"
DAYS = {"month": 365.25 / 12, "year": 365.25}


@dataclass(frozen=True)
class Material:
    """What a declared model is fitted on: the chosen rows, one per person and wave, and what names mean in them."""

    spec: StructuralModel
    rows: pl.DataFrame
    items: Mapping[str, tuple[str, ...]]  # construct → its items, where items are analysed
    study: Study

    @property
    def options(self) -> dict[str, Any]:
        """How to fit, in the words of the engine."""
        spec = self.spec
        shared = {"group": spec.group, "cluster": spec.cluster, "weights": spec.weights}
        if spec.ordinal:
            return shared | {"missing": "listwise" if spec.missing == "listwise" else "pairwise"}
        return shared | {"estimator": spec.estimator, "missing": spec.missing}

    @property
    def constant(self) -> list[str]:
        """Columns that a person has once: of the first wave that has them."""
        spec = self.spec
        named = (*spec.covariates, spec.group, spec.cluster, spec.weights)
        return [name for name in dict.fromkeys(named) if name is not None]

    @property
    def errors(self) -> str:
        """How standard errors of measurement models are made, in words."""
        if self.spec.ordinal:
            return "robust (diagonally weighted least squares, full weight matrix in the sandwich)"
        return ROBUST if self.spec.estimator == "MLR" else "maximum likelihood"

    def columns(self, construct: str) -> tuple[str, ...]:
        """What measures a construct: its score, or its items."""
        return self.items.get(construct, (construct,))

    def waves(self, *constructs: str) -> tuple[str, ...]:
        """The declared waves; where none are declared, those in which all ``constructs`` have answers."""
        if self.spec.waves:
            return self.spec.waves
        common = [set(self.asked(construct)) for construct in constructs]
        return tuple(sorted(set.intersection(*common))) if common else ()

    def asked(self, construct: str) -> tuple[str, ...]:
        """The waves in which each column of a construct has answers."""
        columns = list(self.columns(construct))
        known = self.rows.group_by("wave").agg(pl.col(columns).is_not_null().any())
        return tuple(known.filter(pl.all_horizontal(columns))["wave"].sort())

    def wide(self, columns: Sequence[str], waves: Sequence[str]) -> pl.DataFrame:
        """One row per person; see ``pipeline.sem.declared.wide``."""
        return wide(self.rows, columns, waves, self.constant)

    def times(self, waves: Sequence[str]) -> list[float]:
        """Each wave's time since the first: as declared, or the middle of its fieldwork in ``time_unit``."""
        declared = self.spec.times
        if declared != "fieldwork":
            if len(declared) != len(waves):
                raise ModelError(f"{len(declared)} times for {len(waves)} waves", where="times", todo="Name the waves.")
            return [float(time) for time in declared]
        return [self.since(self._middle(wave), waves) for wave in waves]

    def since(self, day: dt.date, waves: Sequence[str]) -> float:
        """Time from the middle of the first wave's fieldwork to a day, in ``time_unit``."""
        return (day - self._middle(waves[0])).days / DAYS[self.spec.time_unit]

    def _middle(self, wave: str) -> dt.date:
        """The middle of a wave's fieldwork in the chosen arms."""
        arms = [arm for arm, waves in self.study.calendar.items() if wave in waves and arm in self._arms]
        days = []
        for arm in arms:
            period = self.study.fieldwork(wave, arm)
            days.append((period.start + (period.end - period.start) / 2).toordinal())
        if not days:
            raise ModelError(f"nobody of the chosen arms was asked in {wave}", where="waves", todo="Correct `waves`.")
        return dt.date.fromordinal(round(sum(days) / len(days)))

    @property
    def _arms(self) -> tuple[str, ...]:
        return self.spec.arms or tuple(self.study.calendar)


def chosen(spec: StructuralModel, panel: pl.DataFrame, study: Study, answers: pl.DataFrame | None) -> Material:
    """The chosen rows, with the items of each construct (turned where its scale turns them) if items are analysed."""
    if spec.arms:
        panel = panel.filter(pl.col("arm").is_in(list(spec.arms)))
    items: dict[str, tuple[str, ...]] = {}
    if spec.reads_items:
        if answers is None:
            raise ModelError("the model reads items, and no answers were given")
        scales = {scale.concept or key: scale for key, scale in study.scales.items()}
        items = {construct: scales[construct].items for construct in spec.constructs}
        turned = {item for construct in spec.constructs for item in scales[construct].reverse}
        every = dict.fromkeys(item for own in items.values() for item in own)
        columns = [_item(item, study, item in turned) for item in every]
        keys = ["person_id", "wave"]
        clash = [item for item in every if item in panel.columns]
        panel = panel.drop(clash).join(answers.select(*keys, *columns), on=keys, how="left", maintain_order="left")
    if panel.is_empty():
        raise ModelError("there is nobody in the chosen arms", todo="Correct `arms`.")
    return Material(spec, panel, items, study)


def _item(item: str, study: Study, is_turned: bool) -> pl.Expr:
    """An item's value, turned around where its scale says so."""
    bounds = value_range(study.items[item])
    if is_turned and bounds:
        return (bounds[0] + bounds[1] - pl.col(item)).alias(item)
    return pl.col(item)
