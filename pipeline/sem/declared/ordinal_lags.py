"""Declared random-intercept cross-lagged models of ordered answers."""

from __future__ import annotations

from functools import partial
from typing import Any

import polars as pl

from pipeline.sem.declared.further import Names
from pipeline.sem.declared.lags import STANDARDISED, held_columns, lag_names, read_columns, withhold_lags
from pipeline.sem.declared.material import Material
from pipeline.sem.declared.ordinal import add_estimates, add_measurement, estimates_of, notes_of
from pipeline.sem.declared.rows import Rows
from pipeline.sem.families.ordinal_panel import ordinal_riclpm
from pipeline.sem.families.spacing import unequal_spacing
from pipeline.sem.ordinal.result import OrdinalResult

UNEQUAL = "waves lie unequally far apart, and a lag belongs to the time between its waves"


def fit_ordered_lags(rows: Rows, material: Material) -> OrdinalResult:
    """Adds lags, what is lasting, residuals, means, thresholds and their test, and fit measures to ``rows``."""
    spec = material.spec
    waves = material.waves(*spec.constructs)
    frame = material.wide(read_columns(material), waves)
    constructs = {one: held_columns(one, material, waves) for one in spec.constructs}
    fit = partial(_fit, frame, constructs, material)
    result = fit("equal")
    names = lag_names(spec.constructs, waves, spec.lags == "equal", spec.means == "equal")
    if material.items:
        names |= {
            (f"F{one}{number}", "~1", ""): ("mean", one, "mean", wave)
            for number, wave in enumerate(waves, start=1)
            for one in spec.constructs
        }
    if result.problems:
        withhold_lags(rows, names, "; ".join(result.problems))
        return result
    note = notes_of(material, result)
    if unequal_spacing(material.times(waves), len(waves)):
        note = f"{UNEQUAL}; {note}"
    estimates = estimates_of(material, result)
    add_estimates(rows, estimates, names, note)
    _standardised(rows, result.estimates, names)
    places = {f"{column}_{wave}": column for column in read_columns(material) for wave in waves}
    add_measurement(rows, estimates, fit, result, places)
    return result


def _fit(frame: pl.DataFrame, constructs: dict[str, list[Any]], material: Material, thresholds: str) -> OrdinalResult:
    spec, options = material.spec, {name: value for name, value in material.options.items() if name != "group"}
    return ordinal_riclpm(
        frame, constructs, lags=spec.lags, residuals=spec.residuals, means=spec.means,
        random_intercepts=spec.random_intercepts, thresholds=thresholds, gate=False, **options,
    )  # fmt: skip


def _standardised(rows: Rows, estimates: pl.DataFrame, names: Names) -> None:
    """Standardised lags, wave by wave, and correlations."""
    for row in estimates.iter_rows(named=True):
        called = names.get((row["lhs"], row["op"], row["rhs"]))
        if called is None or called[0] not in STANDARDISED or called[2] == "variance":
            continue
        component, outcome, term, wave = called
        if component == "lag":
            wave = names[row["lhs"], "~~", row["lhs"]][3]
        rows.add(outcome, STANDARDISED[component], term, row["std_all"], wave=wave)
