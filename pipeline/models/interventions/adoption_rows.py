"""From a frame to the rows of an evaluation: who is treated from when, and what cannot be evaluated."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
import polars as pl

from pipeline.errors import ModelError
from pipeline.models.columns import codes
from pipeline.models.interventions.adoption import Adoption, Design, Treated
from pipeline.models.interventions.reached import FIRST, first_reached
from pipeline.models.interventions.starts import Start, calendar, starts
from pipeline.models.regression_data import regression_data

SINCE, TIME = "_first treated", "_time"


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
