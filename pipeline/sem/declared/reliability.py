"""Declared reliability of scales, wave by wave."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from pipeline.errors import ModelError
from pipeline.sem.declared.material import chosen
from pipeline.sem.declared.rows import Rows
from pipeline.sem.families.reliability import alpha, item_table, omega
from pipeline.specs.project import Study
from pipeline.specs.structural import StructuralModel


def fit(
    name: str, model: StructuralModel, panel: pl.DataFrame, study: Study, answers: pl.DataFrame | None
) -> pl.DataFrame:
    """One row per scale, wave and coefficient: Cronbach's alpha, McDonald's omega, variance extracted, alpha without
    each item."""
    material, rows = chosen(model, panel, study, answers), Rows(model.confidence)
    for construct in model.constructs:
        items = material.items[construct]
        for wave in material.waves(construct):
            answered = material.rows.filter(pl.col("wave") == wave)
            _reliable(rows, construct, items, answered, wave)
    return rows.table(name, "reliability")


def _reliable(rows: Rows, construct: str, items: Sequence[str], answered: pl.DataFrame, wave: str) -> None:
    component = "reliability"
    try:
        found = alpha(answered, items, level=rows.confidence)
    except ModelError as problem:
        rows.withheld(construct, component, "alpha", problem, wave=wave)
        return
    ends = {"conf_low": found.conf_low, "conf_high": found.conf_high, "n_persons": found.n, "wave": wave}
    rows.add(construct, component, "alpha", found.alpha, std_error=found.std_error, **ends)
    if len(items) < 3:
        return
    for row in item_table(answered, items).iter_rows(named=True):
        rows.add(construct, "alpha_without", row["item"], row["alpha_without"], wave=wave)
    try:
        found_omega = omega(answered, {construct: items}).table.row(0, named=True)
    except ModelError as problem:
        rows.withheld(construct, component, "omega", problem, wave=wave)
        return
    for term in ("omega", "ave"):
        rows.add(construct, component, term, found_omega[term], wave=wave, n_persons=found_omega["n"])
