"""The panel on which models are fitted: one row per person and wave, one column per concept."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import polars as pl

from pipeline.door import public
from pipeline.errors import CohesionError
from pipeline.scales.score import score_scale
from pipeline.specs.project import Study
from pipeline.specs.ranges import reversed_ranges
from pipeline.specs.study import AreaMeasure
from pipeline.tables import FURTHER_HEAD, HEAD


@public(once=("answers",), on_disk="pipeline.scales.on_disk:panel")
def panel(
    study: Study,
    answers: pl.DataFrame,
    areas: Mapping[str, pl.DataFrame] | None = None,
    ranges: Mapping[str, tuple[float, float]] | None = None,
) -> pl.DataFrame:
    """One row per person and wave: the head, then every score of the study under the name of its concept.

    Scales first, then items that are the only measure of their concept, then area measures joined by area code
    (and by a score such as ``ethnic_minority`` where the table is keyed by it). ``areas`` maps file name → table;
    ``ranges`` are the ``reversed_ranges`` of the study, by default found from its items.

    Raises ``CohesionError`` for an area table without the declared columns.
    """
    head = [name for name in (*HEAD, *FURTHER_HEAD) if name in answers.columns]
    ranges = reversed_ranges(study) if ranges is None else ranges
    columns = []
    for key, scale in study.scales.items():
        columns.append(
            score_scale(
                answers,
                scale.items,
                score=scale.score,
                minimum_answered=scale.minimum_answered,
                reverse=scale.reverse,
                ranges=ranges,
            ).alias(scale.concept or key)
        )
    columns += [answers[item].alias(concept) for concept, item in study.scored_items().items()]
    made = answers.select(head).with_columns(columns)
    for concept, measure in study.about.areas.items():
        made = _with_area(made, concept, measure, (areas or {}).get(measure.table))
    return made


def _with_area(made: pl.DataFrame, concept: str, measure: AreaMeasure, table: pl.DataFrame | None) -> pl.DataFrame:
    wanted = [measure.code, measure.column, *([measure.by] if measure.by else [])]
    if table is None or not set(wanted) <= set(table.columns):
        raise CohesionError(
            f"has no columns {', '.join(wanted)} for `{concept}`",
            where=measure.table,
            todo="Correct `areas` in study.yaml, or put the table into data/areas.",
        )
    on = ["area_code", *([measure.by] if measure.by else [])]
    narrow = table.select(
        pl.col(measure.code).cast(pl.String).alias("area_code"),
        *([pl.col(measure.by).cast(pl.Float64)] if measure.by else []),
        pl.col(measure.column).cast(pl.Float64).alias(concept),
    )
    if narrow.select(on).is_duplicated().any():
        raise CohesionError(
            "names an area twice", where=measure.table, todo=f"Keep one row for each {' and '.join(on)}."
        )
    return made.join(narrow, on=on, how="left", maintain_order="left")


@public()
def read_area_table(path: Path) -> pl.DataFrame:
    """An area table: CSV with area code, vintage, date, source and measures; codes stay text.

    Raises ``CohesionError`` if it is absent or not CSV.
    """
    if not path.exists():
        raise CohesionError("is missing", where=f"data/areas/{path.name}", todo="Put the table there.")
    try:
        return pl.read_csv(path, schema_overrides={"area_code": pl.String}, comment_prefix="#")
    except pl.exceptions.PolarsError:
        raise CohesionError("cannot be read as CSV", where=f"data/areas/{path.name}", todo="Save it as CSV.") from None
