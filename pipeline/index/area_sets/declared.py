"""An entry of area_sets.yaml applied to people's codes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import polars as pl

from pipeline.door import public
from pipeline.errors import CohesionError
from pipeline.index.area_sets.mapped import MADE, area_sets
from pipeline.options import known_options
from pipeline.specs.area_lookups import read_lookup
from pipeline.specs.area_sets import AreaSet

SCHEMA = {
    "old_code": pl.String,
    "new_code": pl.String,
    "from_vintage": pl.String,
    "to_vintage": pl.String,
    "share": pl.Float64,
}


@known_options
def lookup_table(path: Path) -> pl.DataFrame:
    """One row per change of a code, from a table of data/areas. Raises CohesionError for its first mistake."""
    rows, source = read_lookup(path, f"data/areas/{path.name}")
    if source.problems:
        raise CohesionError(source.problems[0].rstrip("."))
    return pl.DataFrame([vars(row) for row in rows.values()], schema=SCHEMA)


@public()
def in_declared_areas(
    panel: pl.DataFrame, chosen: AreaSet, lookups: Mapping[str, pl.DataFrame], name: str, *, code: str = "area_code"
) -> pl.DataFrame:
    """The ``panel`` (one row per person and wave, codes in ``code``) with the column ``name``: the key of the area.

    ``lookups`` maps the file name of each table that the entry names to the table. Raises CohesionError as
    ``area_sets`` does.
    """
    if code not in panel.columns:
        raise CohesionError("the panel has no codes of areas", where=code, todo="Give a column the role `area`.")
    rows = [(key, key, member) for key, one in chosen.areas.items() for member in one.codes]
    sets = pl.DataFrame(rows, schema=dict.fromkeys(("area_set", "label", "code"), pl.String), orient="row")
    tables = [lookups[table] for table in chosen.lookups]
    vintages = {wave: chosen.recorded_in(wave) for wave in panel["wave"].cast(pl.String).unique().drop_nulls()}
    when = pl.col("wave").cast(pl.String).replace_strict(vintages, return_dtype=pl.String)
    made = area_sets(
        panel.with_columns(when.alias("_code_vintage")),
        sets,
        pl.concat(tables) if tables else None,
        vintage=chosen.vintage,
        area=code,
        code_vintage="_code_vintage",
        rest=chosen.rest,
        splits=chosen.splits,
        overlap=chosen.overlap,
    )
    return made.with_columns(pl.col("area_set").alias(name)).drop("_code_vintage", *MADE)


@public()
def vintage_logged(methods: pl.DataFrame, chosen: AreaSet) -> pl.DataFrame:
    """The method log with a row that names the vintage of the areas, and what traced codes to it."""
    traced = f"codes of {', '.join(chosen.vintages)}, traced through {', '.join(chosen.lookups) or 'no lookup'}"
    row = {"step": "area_vintage", "measure": "index", "choice": chosen.vintage, "detail": traced, "n": None}
    return pl.concat([methods, pl.DataFrame([row], schema=methods.schema)])
