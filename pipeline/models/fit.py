"""From a declared model and a panel to its estimates: each family's function called with what the declaration says."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

import polars as pl

from pipeline.errors import ModelError
from pipeline.models.attrition import LATEST, attrition
from pipeline.models.between import between
from pipeline.models.design_association import design_association
from pipeline.models.design_contrasts import design_changes, design_differences
from pipeline.models.design_means import design_means
from pipeline.models.design_quantiles import design_quantiles
from pipeline.models.design_regression import design_regression
from pipeline.models.first_difference import first_difference
from pipeline.models.fixed_effects import fixed_effects
from pipeline.models.hausman import hausman
from pipeline.models.logit import logit
from pipeline.models.mundlak import mundlak
from pipeline.models.pooled import pooled
from pipeline.models.random_effects import random_effects
from pipeline.models.regression_data import require
from pipeline.models.replicate_regression import solver
from pipeline.models.weighting import WEIGHT, Weighted, Weighting, replicated, weighted
from pipeline.models.within_between import within_between


class ModelSpec(Protocol):
    """What a declaration says (``pipeline.specs.Model``)."""

    family: Any
    outcome: str | None
    outcomes: tuple[str, ...]
    exposures: tuple[str, ...]
    covariates: tuple[str, ...]
    categorical: tuple[str, ...]
    waves: tuple[str, ...]
    arms: tuple[str, ...]
    effects: Any
    wave_effects: bool
    cluster: Any
    correction: Any
    weights: str | None
    standard_errors: Any
    group: str | None
    lonely_psu: Any
    subset: Any
    from_wave: str | None
    to_wave: str | None
    to_waves: Any
    sets: Mapping[str, tuple[str, ...]]
    confidence: float


Family = Callable[[str, ModelSpec, pl.DataFrame, Any, Weighted | None], pl.DataFrame]
"""How a family is called: name, declaration, the chosen rows, study, and the rows with their declared weights."""


def fit(
    name: str, spec: ModelSpec, panel: pl.DataFrame, study: Any = None, weighting: Weighting | None = None
) -> pl.DataFrame:
    """The Estimates table of the declared model ``name``, from one row per person and wave.

    ``study`` (``pipeline.specs.Study``) says what the design's conventions are where the model does not;
    ``weighting`` is the weight set that the model's ``weights`` names. Its replicates, if it has any, make the standard
    errors, unless the model asks for Taylor linearisation. Raises ModelError, naming the model, if it cannot be
    estimated.
    """
    try:
        chosen = _chosen(panel, spec)
        if weighting is None:
            return FAMILIES[spec.family](name, spec, chosen, study, None)
        rows = weighted(chosen, weighting)
        if spec.standard_errors == "taylor":
            rows = replace(rows, replicates=None)
        made = FAMILIES[spec.family](name, spec, rows.frame, study, rows)
        return made.with_columns(_noted(rows.note(weighting.name)))
    except ModelError as error:
        where = ", ".join(filter(None, (f"model {name}", error.where)))
        raise ModelError(error.what, where=where, count=error.count, todo=error.todo) from error


def _noted(note: str | None) -> pl.Expr:
    """The note of every row, after what it notes already."""
    return pl.concat_str(pl.col("note"), pl.lit(note, pl.String), separator="; ", ignore_nulls=True).replace("", None)


def _chosen(panel: pl.DataFrame, spec: ModelSpec) -> pl.DataFrame:
    """The rows of the declared waves and arms."""
    for column, values in (("wave", spec.waves), ("arm", spec.arms)):
        if not values:
            continue
        require(panel, [column])
        absent = sorted(set(values) - set(panel[column].unique()))
        if absent:
            raise ModelError(f"the panel has no {column} {', '.join(absent)}", todo=f"Correct `{column}s`.")
        panel = panel.filter(pl.col(column).is_in(list(values)))
    return panel


def _regression(function: Callable[..., pl.DataFrame], *options: str) -> Family:
    """A family whose function takes outcome, exposures and covariates, and those ``options`` of the declaration."""

    def run(name: str, spec: ModelSpec, panel: pl.DataFrame, _: Any, rows: Weighted | None) -> pl.DataFrame:
        if spec.weights is not None and "weights" not in options:
            raise ModelError(f"a {spec.family} model takes no weights", where="weights", todo="Leave `weights` out.")
        given = {option: getattr(spec, option) for option in options}
        if given.get("cluster") == "none":
            given["cluster"] = None
        if rows is not None:
            given["weights"] = WEIGHT

        made = function(
            panel,
            spec.outcome,
            spec.exposures,
            spec.covariates,
            categorical=spec.categorical,
            wave_effects=spec.wave_effects,
            confidence=spec.confidence,
            model=name,
            **given,
        )
        if rows is None or rows.replicates is None:
            return made
        return replicated(made, solver(spec.family, panel, spec), rows.replicates, spec.confidence)

    return run


def _between(name: str, spec: ModelSpec, panel: pl.DataFrame, _: Any, __: Weighted | None) -> pl.DataFrame:
    return between(
        panel,
        str(spec.outcome),
        spec.exposures,
        spec.covariates,
        categorical=spec.categorical,
        confidence=spec.confidence,
        model=name,
    )


def _design(function: Callable[..., pl.DataFrame], call: Callable[[ModelSpec], dict[str, Any]]) -> Family:
    """A family on the survey design: the study's weights, strata, units and conventions, and what ``call`` adds."""

    def run(name: str, spec: ModelSpec, panel: pl.DataFrame, study: Any, rows: Weighted | None) -> pl.DataFrame:
        design = getattr(getattr(study, "about", None), "design", None)
        return function(
            panel,
            **call(spec),
            weight=WEIGHT if rows is not None else spec.weights or _if_filled(panel, "design_weight"),
            strata=_if_filled(panel, "stratum"),
            psu=_if_filled(panel, "psu"),
            lonely_psu=spec.lonely_psu or getattr(design, "lonely_psu", "fail"),
            replicates=None if rows is None else rows.replicates,
            subset=spec.subset or getattr(design, "subset", "answered"),
            confidence=spec.confidence,
            model=name,
        )

    return run


def _by_wave(spec: ModelSpec) -> dict[str, Any]:
    return {"variables": spec.outcomes, "by": ("wave", spec.group) if spec.group else ("wave",)}


def _between_groups(spec: ModelSpec) -> dict[str, Any]:
    if spec.group is None:
        raise ModelError(
            "differences and associations are between groups", where="group", todo="Name the grouping column."
        )
    return {"variables": spec.outcomes, "group": spec.group}


def _on_exposures(spec: ModelSpec) -> dict[str, Any]:
    return {
        "outcome": spec.outcome,
        "exposures": spec.exposures,
        "covariates": spec.covariates,
        "categorical": spec.categorical,
        "wave_effects": spec.wave_effects,
    }


def _if_filled(panel: pl.DataFrame, column: str) -> str | None:
    filled = column in panel.columns and panel[column].null_count() < panel.height
    return column if filled else None


def _attrition(name: str, spec: ModelSpec, panel: pl.DataFrame, _: Any, __: Weighted | None) -> pl.DataFrame:
    """Who of those asked answered each declared wave, or set of waves: a logit on their earlier answers."""
    return attrition(
        panel,
        _targets(spec, panel),
        spec.exposures,
        spec.covariates,
        origin=str(spec.from_wave),
        categorical=spec.categorical,
        confidence=spec.confidence,
        model=name,
    )


def _targets(spec: ModelSpec, panel: pl.DataFrame) -> dict[str, Sequence[str]]:
    """Each declared target by name: a wave, every later wave, or a set of waves."""
    require(panel, ["wave"])
    if spec.to_wave:
        return {spec.to_wave: [spec.to_wave]}
    waves = spec.to_waves
    if waves == "all":
        known = panel["wave"].unique().sort().to_list()
        first = known[0] if spec.from_wave == LATEST else str(spec.from_wave)
        waves = tuple(wave for wave in known if wave > first)
    return {wave: [wave] for wave in waves} | dict(spec.sets)


LINEAR: Sequence[str] = ("cluster", "correction")

FAMILIES: dict[str, Family] = {
    "pooled": _regression(pooled, *LINEAR, "weights"),
    "fixed_effects": _regression(fixed_effects, *LINEAR, "effects", "weights"),
    "random_effects": _regression(random_effects, *LINEAR),
    "first_difference": _regression(first_difference, *LINEAR, "weights"),
    "within_between": _regression(within_between),
    "between": _between,
    "hausman": _regression(hausman),
    "mundlak": _regression(mundlak, *LINEAR),
    "logit": _regression(logit, "cluster"),
    "attrition": _attrition,
    "design_means": _design(design_means, _by_wave),
    "design_quantiles": _design(design_quantiles, _by_wave),
    "design_changes": _design(design_changes, lambda spec: {"variables": spec.outcomes, "group": spec.group}),
    "design_differences": _design(design_differences, _between_groups),
    "design_regression": _design(design_regression, _on_exposures),
    "design_association": _design(design_association, _between_groups),
}
"""Family → how it is called. A new family is one module and one line here."""
