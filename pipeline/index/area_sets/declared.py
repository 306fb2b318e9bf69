"""An entry of area_sets.yaml applied to people's codes."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from pipeline.index.area_sets.mapped import area_sets
from pipeline.specs.area_sets import AreaSet


def in_declared_areas(
    frame: pl.DataFrame, chosen: AreaSet, lookups: Mapping[str, pl.DataFrame], *, area: str = "area", wave: str = "wave"
) -> pl.DataFrame:
    """The rows of ``frame`` (one per person and wave, codes in ``area``) with the four columns of ``area_sets``.

    ``lookups`` maps the file name of each table that the entry names to the table. Raises CohesionError as
    ``area_sets`` does.
    """
    rows = [
        (key, one.label, code) for key, one in chosen.areas.items() for code in one.codes
    ]  # fmt: skip
    sets = pl.DataFrame(rows, schema={"area_set": pl.String, "label": pl.String, "code": pl.String}, orient="row")
    tables = [lookups[name] for name in chosen.lookups]
    vintages = {name: chosen.recorded_in(name) for name in frame[wave].cast(pl.String).unique().drop_nulls()}
    dated = frame.with_columns(
        _code_vintage=pl.col(wave).cast(pl.String).replace_strict(vintages, return_dtype=pl.String)
    )
    made = area_sets(
        dated,
        sets,
        pl.concat(tables, how="diagonal_relaxed") if tables else None,
        vintage=chosen.vintage,
        area=area,
        code_vintage="_code_vintage",
        rest=chosen.rest,
        splits=chosen.splits,
        overlap=chosen.overlap,
    )
    return made.drop("_code_vintage")
