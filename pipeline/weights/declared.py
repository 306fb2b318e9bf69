"""A weight set as declared in weights.yaml: each arm by itself, in one table, with its replicates."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import polars as pl

from pipeline.errors import CohesionError
from pipeline.specs.weights import arms_of
from pipeline.weights.base import of_the_population, weight_of_wave
from pipeline.weights.checks import check_replicates, check_weights
from pipeline.weights.margins import category_text, margins_for
from pipeline.weights.on_disk import Table, filtered, levels
from pipeline.weights.on_disk import people as people_on_disk
from pipeline.weights.people import people
from pipeline.weights.recipe import Recipe
from pipeline.weights.replicated import replicate_set
from pipeline.weights.replicates import Replicates, replicate_weights
from pipeline.weights.sets import WeightSet, weight_set

if TYPE_CHECKING:
    from pipeline import specs

BASE, STRATUM, UNIT, ARM = "design_weight", "stratum", "psu", "arm"
T = TypeVar("T")


@dataclass(frozen=True)
class DeclaredWeights:
    """What one entry of weights.yaml makes: tables as in ``pipeline.tables``, replicates, and problems in words.

    ``replicates`` has a row per person with a weight, in the order of ``weights``.
    """

    weights: pl.DataFrame
    steps: pl.DataFrame
    margins: pl.DataFrame
    balance: pl.DataFrame
    replicates: Replicates | None
    problems: list[str]


def declared_weights(
    name: str, declared: specs.WeightSet, panel: Table, participation: Table, study: specs.Study
) -> DeclaredWeights:
    """The weight set ``name``: every person of its arms with a weight, or with the reason why there is none.

    ``panel`` has one row per person and wave answered. Where the study has strata and sampling units, they are those
    of the wave the set starts from; without units each person is one.
    Raises CohesionError, naming set and arm, for margins that cannot be met or a model that cannot be fitted.
    """
    arms = arms_of(declared, study.calendar)
    targets = targets_frame(study.targets)
    persons = {arm: _persons(declared, panel, filtered(participation, arm)) for arm in arms}
    recipes = {arm: recipe_of(declared, _targets(declared, targets, arm)) for arm in arms}
    base = None if declared.base == "none" else BASE

    def make(arm: str) -> WeightSet:
        return weight_set(persons[arm], recipes[arm], base_weight=base)

    made = {arm: _named(name, arm, lambda arm=arm: make(arm)) for arm in arms}  # type: ignore[misc]
    weights = pl.concat([one.table for one in made.values()], how="diagonal_relaxed")
    if base is None:  # everybody starts alike: there is no weight to report
        weights = weights.with_columns(pl.lit(None, dtype=pl.Float64).alias(BASE))
    margins = _stacked({arm: one.margins for arm, one in made.items()})
    replicates = None
    if declared.replicates is not None:
        replicates = _named(name, "", lambda: _replicates(declared, persons, recipes, base, study))
    return DeclaredWeights(
        weights,
        _stacked({arm: one.steps for arm, one in made.items()}),
        margins,
        _stacked({arm: one.balance for arm, one in made.items()}, category=pl.col("category").fill_null("")),
        replicates,
        _problems(weights, margins, replicates),
    )


def recipe_of(declared: specs.WeightSet, targets: pl.DataFrame | None) -> Recipe:
    """The declaration as the recipe that the kernels take."""
    response, margins, trim = declared.response, declared.margins, declared.trim
    return Recipe(
        response=response.method,
        predictors=response.predictors,
        reference=response.reference,
        classes=response.classes,
        smallest_class=response.smallest_class,
        targets=targets,
        unanswered="keep" if margins is None else margins.unanswered,
        method="rake" if margins is None else margins.method,
        bounds=None if margins is None else margins.bounds,
        lower=0.0 if trim is None else trim.lower,
        upper=np.inf if trim is None or trim.upper is None else trim.upper,
    )


def targets_frame(targets: tuple[specs.Target, ...]) -> pl.DataFrame:
    """One row per row of targets.csv: ``wave, arm`` (null: all), ``variable, category, share``."""
    columns = ("wave", "arm", "variable", "category", "share")
    rows = [[getattr(target, column) for column in columns] for target in targets]
    types = {column: pl.Float64 if column == "share" else pl.String for column in columns}
    return pl.DataFrame(rows, schema=types, orient="row")


def _targets(declared: specs.WeightSet, targets: pl.DataFrame, arm: str) -> pl.DataFrame | None:
    if declared.margins is None:
        return None
    wave = declared.margins.wave or declared.origin
    return margins_for(targets.filter(pl.col("variable").is_in(declared.margins.variables)), wave=wave, arm=arm)


def _persons(declared: specs.WeightSet, panel: Table, participation: Table) -> pl.DataFrame:
    """One row per person of an arm: whether asked and responding, why not, and what the set's steps read."""
    response, margins = declared.response, () if declared.margins is None else declared.margins.variables
    read = [*response.predictors, *margins, *(column for column in (BASE, STRATUM, UNIT) if column in panel.columns)]
    are_frames = isinstance(panel, pl.DataFrame) and isinstance(participation, pl.DataFrame)
    make: Callable[..., pl.DataFrame] = people if are_frames else people_on_disk
    frame = make(
        panel,
        participation,
        declared.waves,
        origin=response.source,
        columns=list(dict.fromkeys(read)),
        rule=declared.who,
    )
    if declared.base_wave is not None:
        frame = weight_of_wave(frame, panel, declared.base_wave, BASE)
    frame = of_the_population(frame, None if declared.base == "none" else BASE, declared.base_wave)
    return frame.with_columns(_categories(levels(panel, column), frame[column]) for column in response.categorical)


def _categories(ordered: pl.Series, column: pl.Series) -> pl.Series:
    """A column as categories in the order of their numbers, or of the alphabet."""
    levels = category_text(ordered).drop_nulls().to_list()
    return category_text(column).cast(pl.Enum(levels))


def _replicates(
    declared: specs.WeightSet,
    persons: Mapping[str, pl.DataFrame],
    recipes: Mapping[str, Recipe],
    base: str | None,
    study: specs.Study,
) -> Replicates:
    """The design of all arms replicated at once, arms being strata; then each arm's recipe in every replicate."""
    plan = declared.replicates
    assert plan is not None
    asked = pl.concat([frame.filter("is_asked") for frame in persons.values()], how="diagonal_relaxed")
    strata = [*([ARM] if len(persons) > 1 else []), *([STRATUM] if _filled(asked, STRATUM) else [])]
    asked = asked.with_columns(pl.concat_str(strata or [pl.lit("all")], separator=" / ").alias("_stratum"))
    drawn = replicate_weights(
        asked,
        plan.kind,
        weight=base,
        stratum="_stratum" if strata else None,
        psu=UNIT if _filled(asked, UNIT) else None,
        replicates=plan.number,
        seed=plan.seed,
        fay=plan.fay,
        lonely="fail" if study.about.design.lonely_psu == "fail" else "certainty",
    )
    parts = []
    for arm, frame in persons.items():
        rows = np.flatnonzero((asked[ARM] == arm).to_numpy()).astype(np.int64)
        parts.append(replicate_set(frame, recipes[arm], drawn.take(rows)))
    return replace(
        drawn,
        full=np.concatenate([part.full for part in parts]),
        weights=np.concatenate([part.weights for part in parts]),
    )


def _filled(frame: pl.DataFrame, column: str) -> bool:
    return column in frame.columns and frame[column].null_count() < frame.height


def _stacked(tables: Mapping[str, pl.DataFrame | None], **columns: pl.Expr) -> pl.DataFrame:
    """The arms' tables below one another, with the arm and changed ``columns``; no rows where no arm has any."""
    found = [
        table.select(pl.lit(arm).alias(ARM), pl.all()).with_columns(**columns)
        for arm, table in tables.items()
        if table is not None
    ]
    return pl.concat(found, how="diagonal_relaxed") if found else pl.DataFrame()


def _problems(weights: pl.DataFrame, margins: pl.DataFrame, replicates: Replicates | None) -> list[str]:
    """The checks that the finished set fails, with counts."""
    found = {"weights are positive": 0}
    for arm in weights[ARM].unique(maintain_order=True):
        of_arm = margins.filter(pl.col(ARM) == arm) if margins.height else None
        for check, count in check_weights(weights.filter(pl.col(ARM) == arm), margins=of_arm).items():
            found[check] = found.get(check, 0) + count
    found |= check_replicates(replicates) if replicates is not None else {}
    return [f"“{check}” fails for {count:,}" for check, count in found.items() if count]


def _named(name: str, arm: str, make: Callable[[], T]) -> T:
    """The result of ``make``; an error names the weight set and the arm."""
    try:
        return make()
    except CohesionError as error:
        where = ", ".join(filter(None, (f"weights {name}", arm and f"arm {arm}", error.where)))
        raise CohesionError(error.what, where=where, count=error.count, todo=error.todo) from error
