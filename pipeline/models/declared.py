"""From a declaration to the call of its family's function: what all families share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import polars as pl

from pipeline.errors import ModelError
from pipeline.models.weighting import WEIGHT, Weighted
from pipeline.specs.families import FAMILIES
from pipeline.specs.standard_errors import DESIGN_BASED


class ModelSpec(Protocol):
    """What a declaration says (``pipeline.specs.Model``); each family reads the keys that its record names."""

    family: str
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
    sets: Any
    confidence: float
    contrasts: Any
    diagnostics: Any
    predict_at: Any


OPTIONS = ("categorical", "wave_effects", "cluster", "correction", "effects", "contrasts", "diagnostics", "predict_at")
"""Keys of a declaration that are arguments of its family's function by the same name."""

CLUSTERS: dict[str, tuple[str, str] | None] = {"none": None, "household_id": ("person_id", "household_id")}
"""What a declaration calls the clusters → the columns, where they are not the one of that name.

People move between households, and a panel may number households anew in every wave: errors are clustered by household
and by person, two ways (Cameron, Gelbach & Miller 2011). Where nobody moves that is clustering by household alone.
"""


def regression(
    function: Callable[..., pl.DataFrame],
    name: str,
    spec: ModelSpec,
    panel: pl.DataFrame,
    rows: Weighted | None,
    **further: object,
) -> pl.DataFrame:
    """``function`` of outcome, exposures and covariates, with those options that its family's record takes."""
    takes = FAMILIES[spec.family].takes
    given = {option: getattr(spec, option) for option in OPTIONS if option in takes}
    if "cluster" in given:
        given["cluster"] = CLUSTERS.get(given["cluster"], given["cluster"])
    errors = getattr(spec, "standard_errors", None)
    if errors is not None and errors.kind not in DESIGN_BASED:
        given["standard_errors"] = errors
    if "weights" in takes:
        given["weights"] = spec.weights if rows is None else WEIGHT
    given |= {"confidence": spec.confidence, "model": name, **further}
    return function(panel, spec.outcome, spec.exposures, spec.covariates, **given)


def on_design(spec: ModelSpec, panel: pl.DataFrame, study: Any, rows: Weighted | None) -> dict[str, Any]:
    """The arguments of a function on the survey design: the study's weights, strata, units and conventions."""
    design = getattr(getattr(study, "about", None), "design", None)
    return {
        "weight": WEIGHT if rows is not None else spec.weights or _if_filled(panel, "design_weight"),
        "strata": _if_filled(panel, "stratum"),
        "psu": _if_filled(panel, "psu"),
        "lonely_psu": spec.lonely_psu or getattr(design, "lonely_psu", "fail"),
        "replicates": None if rows is None else rows.replicates,
        "subset": spec.subset or getattr(design, "subset", "domain"),
        "confidence": spec.confidence,
    }


def _if_filled(panel: pl.DataFrame, column: str) -> str | None:
    filled = column in panel.columns and panel[column].null_count() < panel.height
    return column if filled else None


def between_groups(spec: ModelSpec) -> str:
    """The column whose groups are compared. Raises ModelError if none is declared."""
    if spec.group is None:
        raise ModelError(
            "differences and associations are between groups", where="group", todo="Name the grouping column."
        )
    return spec.group
