"""Declared cross-lagged models: lags, what is stable between people, the ladder of nested models, in one table."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from itertools import combinations, pairwise
from typing import Any

import polars as pl

from pipeline.errors import ModelError
from pipeline.sem.continuous import continuous_time
from pipeline.sem.declared import Material
from pipeline.sem.declared_rows import Rows
from pipeline.sem.ladder import ladder
from pipeline.sem.panel import clpm, riclpm
from pipeline.sem.result import Result

ALONE = (
    "lags of a model without random intercepts mix lasting differences between people with change within them: read "
    "the model with random intercepts beside it"
)

Names = dict[tuple[str, str, str], tuple[str, str, str, str | None]]
"""Parameter (lhs, op, rhs) → component, outcome, term, wave."""


def declared_lags(name: str, material: Material) -> pl.DataFrame:
    """One row per lag, stable covariance, residual, mean, fit measure and step of the ladder.

    Component ``lag``: ``term`` at one wave on ``outcome`` at the next, without a wave where lags are equal over time;
    ``lag_standardised``, ``lag_rescaled`` (to one ``time_unit``, where the waves are unequally spaced); ``between``:
    (co)variances of the random intercepts, ``between_correlation``; ``covariance``: of the residuals; ``mean``;
    ``covariate``; ``fit``; ``ladder``; ``test``: whether there are stable differences between people at all.
    """
    spec, rows = material.spec, Rows(material.spec.confidence)
    waves = material.waves(*spec.constructs, *spec.time_varying)
    frame = material.wide(_columns(material), waves)
    constructs = {one: _held(one, material, waves) for one in spec.constructs}
    result = _fitted(material, frame, constructs, waves)
    notes = "; ".join(_notes(material, result, waves)) or None
    parameters = _names(spec.constructs, waves, spec.lags == "equal", spec.means == "equal") | _effects(material, waves)
    if result.problems:
        _withhold(rows, parameters, "; ".join(result.problems))
    else:
        _parameters(rows, result, parameters, notes)
        _rescaled(rows, result, waves, spec.time_unit)
        rows.fit(result, group=None)
    rows.sample(result)
    if spec.family == "riclpm" and spec.ladder and not (spec.indicators or spec.time_varying):
        _ladder(rows, material, frame, constructs)
    return rows.table(name, spec.family, n_persons=result.n, covariance=result.covariance_name)


def _notes(material: Material, result: Result, waves: Sequence[str]) -> list[str]:
    """What to read the lags with: the warning of a model alone, who was left out, unequal spacing in words."""
    spec = material.spec
    told = [note for note in result.notes if not _is_spacing(note)]
    if len(told) < len(result.notes):
        times = material.times(waves)
        gaps = [later - early for early, later in pairwise(times)]
        told.append(
            f"waves lie {min(gaps):.1f} to {max(gaps):.1f} {spec.time_unit}s apart, and a lag belongs to the time "
            "between its waves"
        )
    return [*([ALONE] if spec.family == "clpm" else []), *told]


def _is_spacing(note: str) -> bool:
    """Whether the engine warns of unequal spacing."""
    return "unequally spaced" in note


def _columns(material: Material) -> list[str]:
    spec = material.spec
    return [*(column for one in spec.constructs for column in material.columns(one)), *spec.time_varying]


def _held(construct: str, material: Material, waves: Sequence[str]) -> list[Any]:
    """A construct's column at each wave, or its items' columns."""
    columns = material.columns(construct)
    if not material.items:
        return [f"{construct}_{wave}" for wave in waves]
    return [[f"{column}_{wave}" for column in columns] for wave in waves]


def _fitted(
    material: Material, frame: pl.DataFrame, constructs: Mapping[str, list[Any]], waves: Sequence[str]
) -> Result:
    spec = material.spec
    varying = {one: [f"{one}_{wave}" for wave in waves] for one in spec.time_varying}
    function: Callable[..., Result] = riclpm if spec.family == "riclpm" else clpm
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # unequal spacing: the result notes it, and the table has both lags
        return function(
            frame, constructs, spec.lags, spec.residuals, spec.means, **material.options,
            times=material.times(waves), covariates=spec.covariates, time_varying=varying or None,
            group_equal=spec.group_equal, gate=False,
        )  # fmt: skip


def _names(constructs: Sequence[str], waves: Sequence[str], equal_lags: bool, equal_means: bool) -> Names:
    """What each parameter of the engine is called in the table."""
    names: Names = {}
    for number, wave in enumerate(waves, start=1):
        for to in constructs:
            for source in constructs if number > 1 else ():
                own = None if equal_lags else wave
                names[f"w{to}{number}", "~", f"w{source}{number - 1}"] = ("lag", to, source, own)
            names[f"w{to}{number}", "~~", f"w{to}{number}"] = ("variance", to, "residual", wave)
            names[f"{to}_{wave}", "~1", ""] = ("mean", to, "mean", None if equal_means else wave)
        for one, other in combinations(constructs, 2):
            names[f"w{one}{number}", "~~", f"w{other}{number}"] = ("covariance", one, other, wave)
    for one in constructs:
        names[f"RI{one}", "~~", f"RI{one}"] = ("between", one, "variance", None)
    for one, other in combinations(constructs, 2):
        names[f"RI{one}", "~~", f"RI{other}"] = ("between", one, other, None)
    return names


def _effects(material: Material, waves: Sequence[str]) -> Names:
    """The names of covariates' effects: on lasting levels, or on each wave's score."""
    spec, names = material.spec, Names()
    for to in spec.constructs:
        for covariate in spec.covariates:
            names[f"RI{to}", "~", covariate] = ("covariate", to, covariate, None)
        for number, wave in enumerate(waves, start=1):
            score = f"F{to}{number}" if material.items else f"{to}_{wave}"
            for covariate in spec.covariates:
                names[score, "~", covariate] = ("covariate", to, covariate, wave)
            for covariate in spec.time_varying:
                names[score, "~", f"{covariate}_{wave}"] = ("covariate", to, covariate, None)
    return names


STANDARDISED = {"lag": "lag_standardised", "between": "between_correlation", "covariance": "correlation"}


def _parameters(rows: Rows, result: Result, names: Names, notes: str | None) -> None:
    told: set[tuple[object, ...]] = set()
    for row in result.estimates.iter_rows(named=True):
        found = names.get((row["lhs"], row["op"], row["rhs"]))
        if found is None or (*found, row["group"]) in told:  # equal over time: one row tells it
            continue
        told.add((*found, row["group"]))
        component, outcome, term, wave = found
        rows.parameter(outcome, component, term, row, wave=wave, group=row["group"], note=notes)
    for row in result.standardized().iter_rows(named=True):
        found = names.get((row["lhs"], row["op"], row["rhs"]))
        if found is None or found[0] not in STANDARDISED or found[2] == "variance":
            continue
        component, outcome, term, wave = found
        wave = _wave_of(row["lhs"], names, result) if component == "lag" else wave
        rows.parameter(outcome, STANDARDISED[component], term, row, wave=wave, group=row["group"])


def _wave_of(factor: str, names: Names, result: Result) -> str | None:
    """The wave of a within-person part; standardised lags differ by wave even where raw ones are equal."""
    return names[factor, "~~", factor][3]


def _rescaled(rows: Rows, result: Result, waves: Sequence[str], unit: str) -> None:
    """Lags over one ``unit``, where the waves are unequally spaced."""
    if not any(map(_is_spacing, result.notes)) or not result.details.get("intervals"):
        return
    for row in continuous_time(result).iter_rows(named=True):
        wave, note = waves[row["wave"] - 1], row["note"] or f"over one {unit}, by a continuous-time model"
        value = {"estimate": row["rescaled"], "std_error": row["rescaled_error"], "z": None, "p": None}
        rows.parameter(row["to"], "lag_rescaled", row["from"], value, wave=wave, group=row["group"], note=note)


def _withhold(rows: Rows, names: Names, reason: str) -> None:
    for component, outcome, term, wave in dict.fromkeys(names.values()):
        if component in ("lag", "between"):
            rows.withheld(outcome, component, term, reason, wave=wave)


MEASURES = {"chisq": "chi_square"} | {name: name for name in ("cfi", "tli", "rmsea", "srmr", "aic", "bic")}


def _ladder(rows: Rows, material: Material, frame: pl.DataFrame, constructs: Mapping[str, list[Any]]) -> None:
    """Nested models, each against the one before; the first row is the CLPM against the RI-CLPM."""
    try:
        made = ladder(frame, constructs, **material.options, covariates=material.spec.covariates)
    except ModelError as problem:
        rows.withheld("ladder", "ladder", "chi_square", problem)
        return
    for row in made.table.iter_rows(named=True):
        step = row["model"]
        if row["chisq"] is None:
            reason = (row["note"] or "could not be fitted").removeprefix("withheld: ")
            rows.withheld(step, "ladder", "chi_square", reason)
            continue
        for theirs, ours in MEASURES.items():
            tested = {"df": row["df"], "p_value": row["p"]} if theirs == "chisq" else {}
            rows.add(step, "ladder", ours, row[theirs], **tested)
        if row["delta_chisq"] is not None:
            note = f"against {row['against']}, {row['method']}" + (f"; {row['note']}" if row["note"] else "")
            tested = {"statistic": row["delta_chisq"], "df": row["delta_df"], "p_value": row["delta_p"], "note": note}
            rows.add(step, "ladder", "difference", row["delta_chisq"], **tested)
            if step == "CLPM":
                rows.add("model", "test", "random_intercepts", row["delta_chisq"], **tested)
