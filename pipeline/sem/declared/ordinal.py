"""Declared cross-lagged and growth models of ordered answers: what their tables have in common."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import polars as pl

from pipeline.errors import ModelError
from pipeline.sem.declared.further import Names
from pipeline.sem.declared.material import Material
from pipeline.sem.declared.rows import Rows
from pipeline.sem.families.compare import compare
from pipeline.sem.ordinal.result import OrdinalResult
from pipeline.sem.ordinal.theta import theta_estimates

ALIKE = "thresholds of answers equal over waves"
UNITS = {
    "delta": "in standard deviations of the first wave’s latent response",
    "theta": "in standard deviations of what is left of the first wave’s latent response",
}
Fit = Callable[[str], OrdinalResult]
"""Fits the model with thresholds that are ``equal`` or ``free`` over waves."""


def estimates_of(material: Material, result: OrdinalResult) -> pl.DataFrame:
    """The estimates in the declared parameterisation."""
    return theta_estimates(result) if material.spec.parameterisation == "theta" else result.estimates


def notes_of(material: Material, result: OrdinalResult) -> str:
    """What the numbers are to be read with."""
    return "; ".join((*result.notes, f"{ALIKE}; {UNITS[material.spec.parameterisation]}"))


def add_estimates(rows: Rows, estimates: pl.DataFrame, names: Names, note: str) -> None:
    """The parameters that have a name; those that are equal over waves have one row."""
    added = set()
    for row in estimates.iter_rows(named=True):
        called = names.get((row["lhs"], row["op"], row["rhs"])) or (
            names.get((row["rhs"], "~~", row["lhs"])) if row["op"] == "~~" else None
        )
        if called is None or called in added:
            continue
        added.add(called)
        component, outcome, term, wave = called
        rows.parameter(outcome, component, term, row, wave=wave, note=note)


def add_measurement(
    rows: Rows, estimates: pl.DataFrame, fit: Fit, result: OrdinalResult, places: Mapping[str, str]
) -> None:
    """Thresholds (``places``: variable → question), whether they are equal over waves, the fit, and who is in it."""
    names: Names = {}
    for row in estimates.filter(pl.col("op") == "|").iter_rows(named=True):
        answer = int(row["rhs"][1:])
        names[row["lhs"], "|", row["rhs"]] = ("threshold", places[row["lhs"]], f"{answer}|{answer + 1}", None)
    add_estimates(rows, estimates, names, ALIKE)
    _tested(rows, fit, result)
    rows.fit(result)
    rows.add("model", "sample", "persons_left_out", float(result.dropped))


def _tested(rows: Rows, fit: Fit, result: OrdinalResult) -> None:
    """Whether the thresholds beyond the first two, which set each wave's origin and unit, are equal over waves."""
    if max(result.model.levels) < 4:
        reason = "three answers a question leave no threshold to test: equality over waves is assumed"
        rows.withheld("model", "test", "equal_thresholds", reason)
        return
    try:
        step = compare(result, fit("free"))
    except ModelError as problem:
        rows.withheld("model", "test", "equal_thresholds", problem)
        return
    if step.note:
        rows.withheld("model", "test", "equal_thresholds", step.note)
        return
    rows.add(
        "model", "test", "equal_thresholds", None, statistic=step.statistic, df=float(step.df), p_value=step.p,
        note="scaled chi-square difference from thresholds that differ over waves beyond the first two (Satorra 2000)",
    )  # fmt: skip
