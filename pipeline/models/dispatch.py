"""From a declared model and a panel to its estimates: the function that the record of its family names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import polars as pl

from pipeline.door import public
from pipeline.errors import ModelError
from pipeline.models.columns import require
from pipeline.models.declared import ModelSpec
from pipeline.models.terms.expand import prepared
from pipeline.models.terms.moves import Calendar, calendar_of
from pipeline.models.weighting import WEIGHT, Weighted, Weighting, weighted
from pipeline.on_disk import OnDisk
from pipeline.on_disk import on_disk as table_on_disk
from pipeline.specs.declared_terms import placed_terms
from pipeline.specs.families import FAMILIES
from pipeline.specs.family import load
from pipeline.specs.standard_errors import takes_replicates

Function = Callable[..., pl.DataFrame]
"""A family's function of name, declaration, the chosen rows, study, and the rows with their declared weights."""


@public(once=True, infinite=False, on_disk="pipeline.models.dispatch:fit_on_disk")
def fit(
    name: str,
    spec: ModelSpec,
    panel: pl.DataFrame,
    study: Any = None,
    weighting: Weighting | None = None,
    *,
    repeated: bool = False,
) -> pl.DataFrame:
    """The Estimates table of the declared model ``name``, from one row per person and wave.

    ``study`` (``pipeline.specs.Study``) gives the conventions of the design where the model does not; ``weighting`` is
    the weight set that the model's ``weights`` names. Its replicates, if it has any, give the standard errors, unless
    the model asks for Taylor linearisation. ``repeated``: one fit of many (imputations, tipping), by the project's own
    kernel where the family has one. Raises ModelError, naming the model, if it cannot be estimated.
    """
    return _fit(name, spec, panel, study, weighting, repeated)


def fit_on_disk(
    name: str, spec: ModelSpec, panel: OnDisk, study: Any = None, weighting: Weighting | None = None, *,
    repeated: bool = False,
) -> pl.DataFrame:  # fmt: skip
    """``fit`` of a panel on disk, for the families that need only sums of it. Raises ModelError for another."""
    replicated = weighting is not None and weighting.replicates is not None and takes_replicates(spec.standard_errors)
    if not FAMILIES[spec.family].on_disk or replicated or getattr(spec, "has_terms", False):
        raise ModelError(
            "needs its panel in memory", where=f"model {name}", todo="Allow more memory, or choose fewer waves."
        )
    return _fit(name, spec, panel, study, weighting, repeated)


def _fit(
    name: str, spec: ModelSpec, panel: Any, study: Any, weighting: Weighting | None, repeated: bool
) -> pl.DataFrame:
    family = FAMILIES[spec.family]
    function: Function = load(family.function)
    if repeated and family.kernel:
        function = partial(function, repeated=True)
    try:
        chosen = _chosen(panel, spec)
        if getattr(spec, "has_terms", False):
            function = _with_terms(function, calendar(panel, spec, study), repeated)
        if weighting is None:
            return _contrasted(function(name, spec, chosen, study, None), spec)
        if not family.weighted:
            raise ModelError(f"a {spec.family} model takes no weights", where="weights", todo="Leave `weights` out.")
        rows = weighted(chosen, weighting)
        if not takes_replicates(getattr(spec, "standard_errors", None)):
            rows = replace(rows, replicates=None)
        made = _contrasted(function(name, spec, rows.frame, study, rows), spec)
        return made.with_columns(_noted(rows.note(weighting.name)))
    except ModelError as error:
        where = ", ".join(filter(None, (f"model {name}", error.where)))
        raise ModelError(error.what, where=where, count=error.count, todo=error.todo) from error


def _with_terms(function: Function, calendar: Calendar | None, repeated: bool) -> Function:
    """The family's function of a declaration with terms: it is given their columns, its estimates take their names.

    ``repeated`` fits have slopes at values of their moderator but no curve, whose values differ between imputations.
    """

    def fitted(name: str, spec: ModelSpec, frame: Any, study: Any, rows: Weighted | None) -> pl.DataFrame:
        weights = WEIGHT if rows is not None else spec.weights
        made = prepared(spec, frame, calendar, weights, curves=not repeated)
        given = None if rows is None else replace(rows, frame=made.frame)
        return made.named(function(name, made.spec, made.frame, study, given))

    return fitted


def calendar(panel: Any, spec: ModelSpec, study: Any) -> Calendar | None:
    """The waves of each arm, where lags or leads need them: as the study declares them, or by their numbers."""
    placed = placed_terms(spec)  # type: ignore[arg-type]
    if not any(factor.moved and factor.months is None for one in placed for factor in one.term.factors):
        return None
    declared = getattr(getattr(study, "about", None), "arms", None)
    return {arm: one.waves for arm, one in declared.items()} if declared else calendar_of(panel)


def _contrasted(made: pl.DataFrame, spec: ModelSpec) -> pl.DataFrame:
    """The estimates. Raises ModelError if they lack the contrasts that are declared."""
    asked = "contrasts" in FAMILIES[spec.family].keys and spec.contrasts
    if asked and made.filter(pl.col("component") == "contrast").is_empty():
        raise ModelError(f"a {spec.family} model estimates no contrasts", where="contrasts", todo="Leave them out.")
    return made


def _noted(note: str | None) -> pl.Expr:
    """The note of every row, after what it notes already."""
    return pl.concat_str(pl.col("note"), pl.lit(note, pl.String), separator="; ", ignore_nulls=True).replace("", None)


def _chosen(panel: Any, spec: ModelSpec) -> Any:
    """The rows of the declared waves and arms: of a frame a frame, of a table on disk another one."""
    wanted = pl.lit(True)
    for column, values in (("wave", spec.waves), ("arm", spec.arms)):
        if not values:
            continue
        require(panel, [column])
        absent = sorted(set(values) - set(panel.select(pl.col(column).unique())[column]))
        if absent:
            raise ModelError(f"the panel has no {column} {', '.join(absent)}", todo=f"Correct `{column}s`.")
        wanted &= pl.col(column).is_in(list(values))
    if isinstance(panel, OnDisk):
        return table_on_disk(panel.scan().filter(wanted)) if spec.waves or spec.arms else panel
    return panel.filter(wanted)
