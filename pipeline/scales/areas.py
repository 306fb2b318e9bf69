"""Measures of areas, joined by code, vintage and date: each wave has the area that a person lived in then."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from pipeline.door import public
from pipeline.errors import CohesionError
from pipeline.specs.study import AreaMeasure

CODE, DATE = "area_code", "fieldwork_start"
_SINCE = "_area_date"


def with_area(made: pl.DataFrame, concept: str, measure: AreaMeasure, table: pl.DataFrame | None) -> pl.DataFrame:
    """The panel with a measure of the area of each row, by its code (and by ``measure.by``).

    Of a table with the columns ``vintage`` and ``date`` only rows of the declared vintage and date count; with
    ``over_time`` each row takes the latest date on or before its fieldwork. Who moves has the measure of the new area
    from the wave on in which the code changes.

    Raises ``CohesionError`` for a table without the columns or the vintage, for an area named twice, and for codes that
    it does not have, with their number, the rows and the waves.
    """
    wanted = [measure.code, measure.column, *([measure.by] if measure.by else [])]
    if table is None or not set(wanted) <= set(table.columns):
        raise CohesionError(
            f"has no columns {', '.join(wanted)} for `{concept}`",
            where=measure.table,
            todo="Correct `areas` in study.yaml, or put the table into data/areas.",
        )
    rows = _dated(table, concept, measure)
    keys = [CODE, *([measure.by] if measure.by else [])]
    narrow = rows.select(
        pl.col(measure.code).cast(pl.String).alias(CODE),
        *([pl.col(measure.by).cast(pl.Float64)] if measure.by else []),
        *([_day("date").alias(_SINCE)] if measure.over_time else []),
        pl.col(measure.column).cast(pl.Float64).alias(concept),
    )
    on = [*keys, *([_SINCE] if measure.over_time else [])]
    if narrow.select(on).is_duplicated().any():
        raise CohesionError(
            "names an area twice",
            where=measure.table,
            todo=f"Keep one row for each {' and '.join(keys)} of a vintage and date.",
        )
    _require_matched(made, narrow, keys, concept, measure)
    if not measure.over_time:
        return made.join(narrow, on=on, how="left", maintain_order="left")
    return _latest(made, narrow, keys)


def _dated(table: pl.DataFrame, concept: str, measure: AreaMeasure) -> pl.DataFrame:
    """The rows of the declared vintage and date, where the table says both."""
    if "vintage" in table.columns:
        chosen = table.filter(pl.col("vintage").cast(pl.String) == measure.vintage)
        table = _some(chosen, table, concept, measure, "vintage", measure.vintage)
    if measure.over_time:
        if "date" not in table.columns:
            raise CohesionError(f"has no column date for `{concept}`, which is `over_time`", where=measure.table)
        return table
    if "date" in table.columns:
        chosen = table.filter(_day("date") == measure.date)
        table = _some(chosen, table, concept, measure, "date", str(measure.date))
    return table


def _some(
    chosen: pl.DataFrame, table: pl.DataFrame, concept: str, measure: AreaMeasure, name: str, wanted: str
) -> pl.DataFrame:
    if chosen.height or not table.height:
        return chosen
    there = ", ".join(sorted({str(value) for value in table[name].unique()})[:12])
    raise CohesionError(
        f"has no rows of the {name} {wanted}, which `{concept}` declares",
        where=measure.table,
        todo=f"It has: {there}. Correct `{name}` under `areas` in study.yaml.",
    )


def _day(column: str) -> pl.Expr:
    return pl.col(column).cast(pl.String).str.to_date("%Y-%m-%d", strict=False)


def _require_matched(
    made: pl.DataFrame, narrow: pl.DataFrame, keys: list[str], concept: str, measure: AreaMeasure
) -> None:
    """Every code of the panel is in the table, but for as many as are declared to be missing."""
    known = made.drop_nulls(keys)
    lost = known.join(narrow.select(keys).unique(), on=keys, how="anti")
    codes = lost[CODE].n_unique()
    if codes > measure.unmatched:
        waves = ", ".join(sorted({str(wave) for wave in lost["wave"].unique()})) if "wave" in lost.columns else "all"
        raise CohesionError(
            f"has no rows for {codes:,} of {known[CODE].n_unique():,} area codes, {lost.height:,} of {known.height:,} "
            f"answers (waves {waves}), so that these would have no `{concept}`",
            where=f"data/areas/{measure.table}",
            todo=f"Codes of another vintage than {measure.vintage}? Correct the table, or say how many codes may be "
            f"without a row: `unmatched: {codes}` at `{concept}` under `areas` in study.yaml.",
        )


def _latest(made: pl.DataFrame, narrow: pl.DataFrame, keys: list[str]) -> pl.DataFrame:
    """Each row's measure at the latest date on or before its fieldwork; null before the first."""
    place = "_area_row"
    rows = made.with_row_index(place)
    joined = rows.sort(DATE, maintain_order=True).join_asof(
        narrow.drop_nulls(_SINCE).sort(_SINCE),
        left_on=DATE,
        right_on=_SINCE,
        by=keys,
        strategy="backward",
        check_sortedness=False,
    )
    return joined.sort(place).drop(place, _SINCE)


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
