"""Design-based means and shares of a panel on disk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from pipeline.errors import ModelError
from pipeline.models.design.sample import design_table
from pipeline.models.design.survey_design import Subset
from pipeline.models.on_disk.sample import disk_sample
from pipeline.on_disk import OnDisk, cleaned, database, literal

KEPT = ("outcome", "term", "wave", "group", "note", "n_obs", "n_persons", "covariance")


def design_means(
    table: OnDisk,
    variables: Sequence[str],
    *,
    by: Sequence[str] = ("wave",),
    subset: Subset = "domain",
    design_effects: bool = False,
    confidence: float = 0.95,
    model: str = "design_means",
    **design: Any,
) -> pl.DataFrame:
    """One row per variable, wave and group, as ``pipeline.models.design_means`` of the same rows in memory, to 1e-10.

    Raises ModelError as it does, and for two-stage sampling and calibrated margins.
    """
    rows: list[dict[str, object] | None] = []
    with database() as connection:
        sample = disk_sample(connection, table, [*variables, *by], **design)
        cells = sample.cells(by)
        for variable in variables:
            kind = table.schema[variable]
            if not (kind.is_numeric() or kind == pl.Boolean):
                raise ModelError(
                    "a mean needs numbers", where=variable, todo="Ask for shares of its categories instead."
                )
            for cell in cells:
                head = {"outcome": variable, "component": "mean", "term": variable}
                found = sample.row(f"{cleaned(table, variable)}::DOUBLE", cell, subset, confidence, head)
                rows.append(found and found[0])
                if design_effects and found is not None and "std_error" in found[0] and found[0]["n_obs"] != 1:
                    effect = {name: found[0].get(name) for name in KEPT}
                    rows.append({**effect, "component": "design_effect", "estimate": found[1]})
    return design_table(rows, model, variables, "design_means")


def design_shares(
    table: OnDisk,
    shares: Mapping[str, Mapping[str, Sequence[object]]],
    *,
    by: Sequence[str] = ("wave",),
    subset: Subset = "domain",
    confidence: float = 0.95,
    model: str = "design_shares",
    **design: Any,
) -> pl.DataFrame:
    """One row per variable, category, wave and group, as ``pipeline.models.design_shares`` of rows in memory."""
    rows: list[dict[str, object] | None] = []
    with database() as connection:
        sample = disk_sample(connection, table, [*shares, *by], **design)
        cells = sample.cells(by)
        for variable, categories in shares.items():
            for category, members in categories.items():
                value = _among(table, variable, members)
                head = {"outcome": variable, "component": "share", "term": category}
                rows += [
                    found and found[0]
                    for found in (sample.row(value, cell, subset, confidence, head) for cell in cells)
                ]
    return design_table(rows, model, list(shares), "design_means")


def _among(table: OnDisk, variable: str, members: Sequence[object]) -> str:
    """In SQL: 1 where the column holds one of the members, 0 where another value, null where none."""
    try:
        wanted = pl.Series(list(members)).cast(table.schema[variable])
    except pl.exceptions.PolarsError as error:
        raise ModelError("a category's values are of another kind than the column's", where=variable) from error
    values = ", ".join(literal(value) for value in wanted.drop_nulls().to_list())
    column = cleaned(table, variable)
    answered = f"CASE WHEN {column} IS NULL THEN NULL "
    return f"{answered}WHEN {column} IN ({values}) THEN 1.0 ELSE 0.0 END" if values else f"{answered}ELSE 0.0 END"
