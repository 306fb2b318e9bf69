"""Declared factor analyses: do items measure what they are said to, wave by wave?"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from pipeline.errors import ModelError
from pipeline.sem.declared.material import Material, chosen
from pipeline.sem.declared.rows import Rows
from pipeline.sem.families.measurement import cfa
from pipeline.sem.ordinal.result import OrdinalResult
from pipeline.sem.ordinal.theta import theta_estimates
from pipeline.specs.project import Study
from pipeline.specs.structural import StructuralModel


def fit(
    name: str, model: StructuralModel, panel: pl.DataFrame, study: Study, answers: pl.DataFrame | None
) -> pl.DataFrame:
    """One row per loading, correlation of factors and fit measure, by wave (and group).

    Component ``loading``: ``term`` (an item) on ``outcome`` (its factor); ``loading_standardised``; ``correlation`` of
    factors; ``fit``.
    """
    material, rows = chosen(model, panel, study, answers), Rows(model.confidence)
    for wave in material.waves(*model.constructs):
        answered = material.rows.filter(pl.col("wave") == wave)
        try:
            result = cfa(answered, dict(material.items), ordered=model.ordinal, **material.options)
        except ModelError as problem:
            rows.withheld("model", "fit", "chi_square", problem, wave=wave)
            continue
        start = len(rows.found)
        theta = model.parameterisation == "theta" and isinstance(result, OrdinalResult)
        estimates = theta_estimates(result) if theta else result.estimates  # type: ignore[arg-type]
        for row in estimates.iter_rows(named=True):
            _loading(rows, row, material, wave)
        rows.fit(result, wave=wave)
        for row in rows.found[start:]:
            row["n_persons"] = result.n
    return rows.table(name, "cfa", covariance=material.errors)


def _loading(rows: Rows, row: Mapping[str, object], material: Material, wave: str) -> None:
    lhs, rhs, more = str(row["lhs"]), str(row["rhs"]), {"wave": wave, "group": row["group"]}
    if row["op"] == "=~":
        rows.parameter(lhs, "loading", rhs, row, **more)
        rows.add(lhs, "loading_standardised", rhs, row["std_all"], **more)  # type: ignore[arg-type]
    elif row["op"] == "~~" and lhs != rhs and lhs in material.items and rhs in material.items:
        rows.add(lhs, "correlation", rhs, row["std_all"], **more)  # type: ignore[arg-type]
