"""What declared cross-lagged models share: lags, residuals, means and covariates in one table."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import Any

import polars as pl

from pipeline.sem.declared.further import Fitted, Names, add_further, fitted
from pipeline.sem.declared.material import Material
from pipeline.sem.declared.rows import Rows
from pipeline.sem.engine.result import Result
from pipeline.sem.families.bounds import has_impossible_intercepts
from pipeline.sem.families.continuous import continuous_time
from pipeline.sem.families.panel_model import PanelModel


@dataclass(frozen=True)
class Lagged:
    """A fitted cross-lagged model with the wide frame it was fitted on."""

    made: Fitted
    frame: pl.DataFrame
    columns: Mapping[str, list[Any]]  # construct → its column, or its items' columns, at each wave

    @property
    def result(self) -> Result:
        return self.made.result


def fit_lags(rows: Rows, material: Material, function: Callable[..., Result], warning: Sequence[str] = ()) -> Lagged:
    """Fits ``function`` (``riclpm`` or ``clpm``) and adds lags, residuals, means and fit measures to ``rows``."""
    spec = material.spec
    waves = material.waves(*spec.constructs, *spec.time_varying)
    frame = material.wide(read_columns(material), waves)
    constructs = {one: held_columns(one, material, waves) for one in spec.constructs}
    result = _fitted(function, material, frame, constructs, waves)
    notes = "; ".join([*warning, *_notes(material, result, waves)]) or None
    parameters = lag_names(spec.constructs, waves, spec.lags == "equal", spec.means == "equal") | _effects(
        material, waves
    )
    if spec.family == "lcm_sr":
        parameters |= trend_names(spec.constructs, "RI", "S")
    made = fitted(material, result)
    if result.problems:
        withhold_lags(rows, parameters, "; ".join([*result.problems, *_way_on(result)]))
    else:
        _parameters(rows, made, parameters, notes)
        _rescaled(rows, result, waves, spec.time_unit)
        add_further(rows, material, made, parameters, _waves_of(spec.constructs, waves))
        rows.fit(result, group=None)
    rows.sample(result)
    return Lagged(made, frame, constructs)


def _notes(material: Material, result: Result, waves: Sequence[str]) -> list[str]:
    """Notes to read the lags with: who was left out, what rests on weak grounds, unequal spacing in words."""
    spec = material.spec
    notes = [note for note in result.notes if not _is_spacing(note)]
    if len(notes) < len(result.notes):
        times = material.times(waves)
        gaps = [later - early for early, later in pairwise(times)]
        notes.append(
            f"waves lie {min(gaps):.1f} to {max(gaps):.1f} {spec.time_unit}s apart, and a lag belongs to the time "
            "between its waves"
        )
    return notes


def _is_spacing(note: str) -> bool:
    """Whether the engine warns of unequal spacing."""
    return "unequally spaced" in note


def read_columns(material: Material) -> list[str]:
    """The columns of the panel that are read at every wave."""
    spec = material.spec
    return [*(column for one in spec.constructs for column in material.columns(one)), *spec.time_varying]


def held_columns(construct: str, material: Material, waves: Sequence[str]) -> list[Any]:
    """A construct's column at each wave, or its items' columns; None at a wave that did not ask it."""
    columns = material.columns(construct)
    asked = set(material.asked(construct))
    if not material.items:
        return [f"{construct}_{wave}" if wave in asked else None for wave in waves]
    return [[f"{column}_{wave}" for column in columns] if wave in asked else None for wave in waves]


def _fitted(
    function: Callable[..., Result],
    material: Material,
    frame: pl.DataFrame,
    constructs: Mapping[str, list[Any]],
    waves: Sequence[str],
) -> Result:
    spec = material.spec
    varying = {one: [f"{one}_{wave}" for wave in waves] for one in spec.time_varying}
    own: dict[str, Any] = {} if spec.family == "clpm" else {"random_intercepts": spec.random_intercepts}
    if spec.family != "lcm_sr":
        own["means"] = spec.means
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # unequal spacing: the result notes it, and the table has both lags
        return function(
            frame, constructs, **material.options, lags=spec.lags, residuals=spec.residuals,
            times=material.times(waves), covariates=spec.covariates, time_varying=varying or None,
            group_equal=spec.group_equal, gate=False, **own,
        )  # fmt: skip


def lag_names(constructs: Sequence[str], waves: Sequence[str], equal_lags: bool, equal_means: bool) -> Names:
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


def trend_names(constructs: Sequence[str], level: str, slope: str) -> Names:
    """What means and (co)variances of people's levels and trends are called, by the beginnings of their names."""
    factors = [
        (f"{stem}{one}", one, called) for stem, called in ((level, "level"), (slope, "slope")) for one in constructs
    ]
    names: Names = {}
    for factor, one, called in factors:
        names[factor, "~1", ""] = ("growth", one, called, None)
        names[factor, "~~", factor] = ("growth_variance", one, called, None)
    for k, (factor, one, called) in enumerate(factors):
        for other, second, also in factors[k + 1 :]:
            term = f"{called} with {also}" if one == second else f"{called} with {also} of {second}"
            names[factor, "~~", other] = ("growth_covariance", one, term, None)
    return names


def _waves_of(constructs: Sequence[str], waves: Sequence[str]) -> dict[str, str]:
    """The wave of each within-person part."""
    return {f"w{one}{number}": wave for number, wave in enumerate(waves, start=1) for one in constructs}


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


def _parameters(rows: Rows, made: Fitted, names: Names, notes: str | None) -> None:
    added: set[tuple[object, ...]] = set()
    for row in made.parameters():
        found = names.get((str(row["lhs"]), str(row["op"]), str(row["rhs"])))
        if found is None or (*found, row["group"]) in added:  # equal over time: one row for all waves
            continue
        added.add((*found, row["group"]))
        component, outcome, term, wave = found
        rows.parameter(outcome, component, term, row, wave=wave, group=row["group"], note=notes)
    delta = {} if made.draws is None else {"covariance": f"{made.result.covariance_name}, delta method"}
    for standard in made.result.standardized().iter_rows(named=True):
        found = names.get((standard["lhs"], standard["op"], standard["rhs"]))
        if found is None or found[0] not in STANDARDISED or found[2] == "variance":
            continue
        component, outcome, term, wave = found
        wave = _wave_of(standard["lhs"], names) if component == "lag" else wave
        rows.parameter(outcome, STANDARDISED[component], term, standard, wave=wave, group=standard["group"], **delta)


def _wave_of(factor: str, names: Names) -> str | None:
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


def _way_on(result: Result) -> list[str]:
    """What may be declared where a free random intercept is impossible."""
    model = result.details.get("panel")
    if isinstance(model, PanelModel) and has_impossible_intercepts(result.problems, model):
        return ["`random_intercepts: bounded` or `zero` is a way on, with other lags"]
    return []


def withhold_lags(rows: Rows, names: Names, reason: str) -> None:
    """Lags, what is lasting and trends without a number, with the reason."""
    for component, outcome, term, wave in dict.fromkeys(names.values()):
        if component in ("lag", "between", "growth"):
            rows.withheld(outcome, component, term, reason, wave=wave)
