"""A weight set: one declared recipe from base weight to panel weight, for the set of waves analysed."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from pipeline.door import public
from pipeline.errors import CohesionError
from pipeline.weights.arrays import FloatArray
from pipeline.weights.base import of_the_population
from pipeline.weights.calibration import calibrate
from pipeline.weights.margins import cut, margin_table
from pipeline.weights.quality import balance, weight_quality
from pipeline.weights.raking import Calibrated, base_weights, poststratify, rake
from pipeline.weights.recipe import Recipe
from pipeline.weights.response_step import asked_of, response_step
from pipeline.weights.trimming import trim, trim_to_margins

HEAD = ("person_id", "arm", "origin", "is_asked", "responded", "reason")


@dataclass(frozen=True)
class WeightSet:
    """``table``: one row per person; ``steps``: one row per step and the quality of its weights.

    ``margins``: one row per margin and category, its target share, the share ``before`` (response weights) and the
    share achieved; ``balance``: as ``quality.balance`` of the predictors and margins.
    """

    table: pl.DataFrame
    steps: pl.DataFrame
    margins: pl.DataFrame | None
    balance: pl.DataFrame | None


@public(once=True, people=True)
def weight_set(people: pl.DataFrame, recipe: Recipe, *, base_weight: str | None = None) -> WeightSet:
    """Base × 1 / P(respond), raked and trimmed as the recipe says, with mean one over those who get a weight.

    ``people`` is one row per person, as ``people.people`` gives: ``is_asked, responded, reason`` and the columns the
    recipe names. The table keeps every row: ``response_probability, response_weight, panel_weight`` are null, never
    zero, where ``reason`` says why there is none; of those who answered that may be a base weight of zero.
    """
    people = of_the_population(people, base_weight)
    asked = asked_of(people)
    base = base_weights(asked, base_weight)
    answered = asked["responded"].to_numpy()
    stayers = asked.filter("responded")
    response = response_step(asked, recipe, base).weights(base[:, None])[:, 0]
    steps = {"base, all asked": base, "base, responders": base[answered], "response": response}
    final, margins = meet_margins(stayers, recipe, response, steps)
    final = final / final.mean()
    weights = stayers.select(
        "person_id",
        response_probability=pl.Series(base[answered] / response),
        response_weight=pl.Series(response),
        panel_weight=pl.Series(final),
    )
    keep = [name for name in HEAD if name in people.columns]
    given = [] if base_weight is None else [pl.col(base_weight).alias("design_weight")]
    table = people.select(*keep, *given).join(weights, on="person_id", how="left", maintain_order="left")
    return WeightSet(
        table,
        pl.DataFrame([{"step": name, **weight_quality(values)} for name, values in steps.items()]),
        None if margins is None else _before_and_after(stayers, recipe, response, margins.margins),
        _balance(asked, recipe, base, weights),
    )


def _before_and_after(stayers: pl.DataFrame, recipe: Recipe, response: FloatArray, after: pl.DataFrame) -> pl.DataFrame:
    assert recipe.targets is not None
    cells = cut(stayers, recipe.targets, base=response, unanswered=recipe.unanswered)
    before = margin_table(cells, response)["achieved"].alias("before")
    return after.with_columns(before).select(
        "variable", "category", "target", "before", "achieved", "difference", "persons"
    )


def _balance(asked: pl.DataFrame, recipe: Recipe, base: FloatArray, weights: pl.DataFrame) -> pl.DataFrame | None:
    margins = [] if recipe.targets is None else recipe.targets["variable"].unique(maintain_order=True).to_list()
    variables = list(dict.fromkeys([*recipe.predictors, *margins]))
    if not variables:
        return None
    after = asked.join(weights, on="person_id", how="left", maintain_order="left").with_columns(
        pl.Series("_base", base)
    )
    return balance(after, variables, responded="responded", weight="panel_weight", base_weight="_base")


def meet_margins(
    stayers: pl.DataFrame, recipe: Recipe, weights: FloatArray, steps: dict[str, FloatArray] | None = None
) -> tuple[FloatArray, Calibrated | None]:
    """The weights brought to the recipe's margins, inside its limits; each step is noted in ``steps``."""
    noted = {} if steps is None else steps
    if recipe.targets is None:
        if not recipe.has_limits:
            return weights, None
        mean = weights.mean()
        noted["trimmed"] = trim(weights, lower=recipe.lower * mean, upper=recipe.upper * mean)
        return noted["trimmed"], None
    found = _calibrated(stayers.with_columns(pl.Series("_weight", weights / weights.mean())), recipe)
    noted["margins"] = found.weights.to_numpy()
    if recipe.has_limits:
        found = trim_to_margins(
            stayers.with_columns(found.weights.alias("_weight")),
            recipe.targets,
            weight="_weight",
            lower=recipe.lower,
            upper=recipe.upper,
            unanswered=recipe.unanswered,
        )
        noted["trimmed"] = found.weights.to_numpy()
    return found.weights.to_numpy(), found


def _calibrated(frame: pl.DataFrame, recipe: Recipe) -> Calibrated:
    """The weights in ``_weight`` brought to the targets by the recipe's method."""
    assert recipe.targets is not None
    if recipe.method == "rake":
        return rake(frame, recipe.targets, base_weight="_weight", unanswered=recipe.unanswered)
    if recipe.method == "post_stratify":
        return poststratify(frame, recipe.targets, base_weight="_weight", unanswered=recipe.unanswered)
    found = calibrate(
        frame,
        recipe.targets,
        method=recipe.method,
        bounds=recipe.bounds,
        base_weight="_weight",
        unanswered=recipe.unanswered,
    )
    if found.notes:
        raise CohesionError(
            f"no weights for people: {found.notes[0]}",
            where="margins",
            todo="In weights.yaml that is `margins: {method: raking}`, or `bounds` of the margins.",
        )
    return found
