"""Design-based changes between waves, with the covariance of the two sides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any, Unpack

import numpy as np
import polars as pl

from pipeline.door import public
from pipeline.errors import ModelError
from pipeline.models.columns import level_name, require
from pipeline.models.declared import ModelSpec, on_design
from pipeline.models.design.groups import levels_of, rows_of
from pipeline.models.design.sample import Cell, DesignArguments, Part, Sample, design_table
from pipeline.models.design.survey_design import Subset
from pipeline.models.inference import joined
from pipeline.models.weighting import Weighted

FEWEST = 10
"""Numbers of fewer people are not given."""


@public(once=True, ordered=True)
def design_changes(
    frame: pl.DataFrame,
    variables: Sequence[str],
    *,
    pairs: Sequence[tuple[object, object]] | None = None,
    group: str | None = None,
    reference: object = None,
    subset: Subset = "domain",
    confidence: float = 0.95,
    model: str = "design_changes",
    **design: Unpack[DesignArguments],
) -> pl.DataFrame:
    """One row per variable, pair of waves and group: the change in the weighted mean from one wave to another.

    It is the difference of two weighted cross-sections, of whoever answered each: the change of the same people where
    the weight is one of people who answered both (a weight set of these waves), or none came or went. ``note`` says how
    many answered both.

    The whole panel is one design, so that a person (or the person's sampling unit) in both waves ties them together:
    the covariance of the two means is part of the standard error (R: ``svyby(…, covmat = TRUE)``, ``svycontrast``).
    Without ``psu`` each person is a unit; a person keeps the stratum and unit of the first row. ``pairs`` are (earlier,
    later) waves, by default of those with answers each and the one before, and the last and the first;
    ``wave`` holds the later one.
    With ``group``, changes within each group (component ``change``) and how much they differ from those of
    ``reference``, by default the first (``difference_of_changes``). Everything else is as in ``design_means``.

    >>> import polars as pl
    >>> from pipeline.models import design_changes
    >>> panel = pl.DataFrame({
    ...     "person_id": ["a", "b", "c"] * 2, "wave": ["w01"] * 3 + ["w02"] * 3,
    ...     "trust": [1.0, 2.0, 3.0, 2.0, 3.0, 4.5],
    ... })
    >>> design_changes(panel, ["trust"]).select("term", pl.col("estimate", "std_error").round(4)).rows()
    [('w01_to_w02', 1.1667, 0.1667)]
    """
    wave, person = design.get("wave", "wave"), design.get("person", "person_id")
    require(frame, [wave, person, *([group] if group else [])])
    kept = [column for column in (design.get("strata"), design.get("psu")) if column]
    if kept:
        require(frame, kept)
        frame = frame.with_columns(pl.col(kept).sort_by(wave).first().over(person))
    sample = Sample.of(frame, **design)
    if frame[wave].drop_nulls().n_unique() < 2:
        raise ModelError("one wave, so that there is no change", where=wave)
    levels = levels_of(frame, group, reference)
    rows: list[dict[str, object] | None] = []
    for variable in variables:
        values = sample.values(variable)
        answered = ~np.isnan(values)
        for earlier, later in _neighbours(sample.frame[wave].filter(pl.Series(answered))) if pairs is None else pairs:
            sides = {
                level: _change(sample, values, answered & mask, wave, earlier, later)
                for level, mask in ((level, rows_of(sample.frame, group, level)) for level in levels)
            }
            head = {"outcome": variable, "term": f"{level_name(earlier)}_to_{level_name(later)}"}
            rows += _change_rows(sample, sides, level_name(later), subset, confidence, head)
    return design_table(rows, model, variables, "design_changes", sample.unweighted_waves)


def fit(name: str, spec: ModelSpec, panel: pl.DataFrame, study: Any, rows: Weighted | None) -> pl.DataFrame:
    """The declared model (see ``pipeline.models.fit``)."""
    return design_changes(panel, spec.outcomes, group=spec.group, **on_design(spec, panel, study, rows), model=name)


def _change(
    sample: Sample, values: np.ndarray, rows: np.ndarray, wave: str, earlier: object, later: object
) -> list[Part]:
    """The mean in the later wave minus that in the earlier one."""
    when = {moment: (sample.frame[wave] == moment).fill_null(False).to_numpy() for moment in (earlier, later)}
    return [Part.mean(values, rows & when[later]), Part.mean(values, rows & when[earlier], -1.0)]


def _change_rows(
    sample: Sample,
    sides: dict[object, list[Part]],
    later: str,
    subset: Subset,
    confidence: float,
    head: Mapping[str, object],
) -> list[dict[str, object] | None]:
    """Each group's change, and what it has over the first group's."""
    everyone = np.ones(sample.frame.height, dtype=bool)
    first, rows = next(iter(sides)), []
    for level, parts in sides.items():
        cell = Cell(later, None if level is None else level_name(level), everyone, everyone)
        row = sample.row(parts, cell, subset, confidence, {**head, "component": "change"}, tested=True)
        if row is not None:
            notes = [note for note in (row.get("note"),) if isinstance(note, str)]
            row["note"] = joined(*notes, _who_answered_both(sample, parts))
        rows.append(row)
        if level is not first:
            opposite = [replace(part, sign=-part.sign) for part in sides[first]]
            own = {**head, "component": "difference_of_changes"}
            rows.append(sample.row([*parts, *opposite], cell, subset, confidence, own, tested=True))
    return rows


def _who_answered_both(sample: Sample, parts: Sequence[Part]) -> str:
    """In words, how many people answered in both waves; others came or went. Counts of few are said to be few."""
    later, earlier = (np.unique(sample.persons[part.places]) for part in parts)
    both, everybody = len(np.intersect1d(later, earlier)), len(np.union1d(later, earlier))
    if both == everybody:
        return f"the same {both:,} people answered in both waves"
    if min(both, everybody - both) < FEWEST:
        few = "few" if both < FEWEST else "nearly all"
        return f"{few} of the people answered in both waves"
    return f"{both:,} of {everybody:,} people answered in both waves"


def _neighbours(waves: pl.Series) -> list[tuple[object, object]]:
    """Each wave in which the item was answered and the one before, and the last and the first."""
    order = waves.drop_nulls().unique().sort().to_list()
    pairs = list(pairwise(order))
    return pairs if len(order) <= 2 else [*pairs, (order[0], order[-1])]
