"""A weight set: one declared recipe from base weight to panel weight, for the set of waves analysed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
import polars as pl

from pipeline.errors import CohesionError
from pipeline.weights.encoding import encode
from pipeline.weights.logit import fit_logit
from pipeline.weights.margins import Unanswered
from pipeline.weights.propensity import quantile_classes
from pipeline.weights.quality import balance, weight_quality
from pipeline.weights.raking import Calibrated, base_weights, rake
from pipeline.weights.replicates import Replicates, rake_replicates
from pipeline.weights.trimming import trim, trim_to_margins

HEAD = ("person_id", "arm", "origin", "is_asked", "responded", "reason")
Step = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Recipe:
    """How a weight set is made. ``predictors`` of response; population ``targets``; limits in multiples of the mean.

    ``response="propensity"`` divides by the modelled chance, ``"classes"`` by the response rate in ``classes`` quantile
    classes of it, ``"none"`` leaves the base weight.
    """

    response: Literal["propensity", "classes", "none"] = "propensity"
    predictors: tuple[str, ...] = ()
    reference: Mapping[str, str] = field(default_factory=dict)
    classes: int = 5
    smallest_class: int = 20
    targets: pl.DataFrame | None = None
    unanswered: Unanswered = "keep"
    lower: float = 0.0
    upper: float = np.inf

    @property
    def has_limits(self) -> bool:
        return self.lower > 0 or np.isfinite(self.upper)


@dataclass(frozen=True)
class WeightSet:
    """``table``: one row per person; ``steps``: one row per step; ``margins`` and ``balance``: see their functions."""

    table: pl.DataFrame
    steps: pl.DataFrame
    margins: pl.DataFrame | None
    balance: pl.DataFrame | None


def weight_set(people: pl.DataFrame, recipe: Recipe, *, base_weight: str | None = None) -> WeightSet:
    """Base × 1 / P(respond), raked and trimmed as the recipe says, with mean one over those who get a weight.

    ``people`` is one row per person, as ``people.people`` gives: ``is_asked, responded, reason`` and the columns the
    recipe names. The table keeps every row: ``response_probability, response_weight, panel_weight`` are null, never
    zero, where ``reason`` says why there is none.
    """
    asked = people.filter("is_asked")
    base = base_weights(asked, base_weight)
    answered = asked["responded"].to_numpy()
    stayers = asked.filter("responded")
    response = response_step(asked, recipe, base)(base)
    final, margins = _meet_margins(stayers, recipe, response)
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
    steps = {"base, all asked": base, "base, responders": base[answered], "response": response, "final": final}
    after = asked.join(weights, on="person_id", how="left", maintain_order="left").with_columns(
        pl.Series("_base", base)
    )
    compared = (
        balance(after, recipe.predictors, responded="responded", weight="panel_weight", base_weight="_base")
        if recipe.predictors
        else None
    )
    return WeightSet(
        table,
        pl.DataFrame([{"step": name, **weight_quality(values)} for name, values in steps.items()]),
        None if margins is None else margins.margins,
        compared,
    )


def replicate_set(people: pl.DataFrame, recipe: Recipe, replicates: Replicates) -> Replicates:
    """The recipe repeated inside each replicate of those asked: response model, raking and limits are refitted.

    ``replicates`` are of the rows with ``is_asked``, in their order, made from the same base weight. The result has a
    row per responder, weights with mean one.
    """
    asked = people.filter("is_asked")
    if replicates.weights.shape[0] != asked.height:
        raise CohesionError("the replicates are not of the persons asked", count=replicates.weights.shape[0])
    stayers = asked.filter("responded")
    step = response_step(asked, recipe, replicates.full)
    full = step(replicates.full)
    weights = np.column_stack([step(column) for column in replicates.weights.T])
    done = replace(replicates, full=full, weights=weights)
    if recipe.targets is not None and not recipe.has_limits:
        return rake_replicates(done, stayers, recipe.targets, unanswered=recipe.unanswered)
    if recipe.targets is not None or recipe.has_limits:
        columns = [_meet_margins(stayers, recipe, column)[0] for column in weights.T]
        done = replace(done, full=_meet_margins(stayers, recipe, full)[0], weights=np.column_stack(columns))
    return replace(done, full=done.full / done.full.mean(), weights=done.weights / done.weights.mean(axis=0))


def response_step(asked: pl.DataFrame, recipe: Recipe, full: np.ndarray) -> Step:
    """From base weights of those asked to response weights of the responders: for ``full``, or any replicate of it."""
    answered = asked["responded"].to_numpy()
    if recipe.response == "none":
        return lambda base: base[answered]
    encoded = encode(asked, recipe.predictors, reference=recipe.reference, missing="indicator")
    response = answered.astype(float)
    start = fit_logit(encoded.matrix, response, terms=encoded.terms).coefficients

    def step(base: np.ndarray) -> np.ndarray:
        times = np.divide(base, full, out=np.zeros_like(base), where=full > 0)
        fit = fit_logit(encoded.matrix, response, times, terms=encoded.terms, start=start)
        chance = fit.probability
        if recipe.response == "classes":
            code = quantile_classes(chance, answered, recipe.classes, recipe.smallest_class)
            held = np.bincount(code, base)
            chance = (np.bincount(code, base * answered) / np.where(held > 0, held, 1.0))[code]
        return base[answered] / chance[answered]

    return step


def _meet_margins(stayers: pl.DataFrame, recipe: Recipe, weights: np.ndarray) -> tuple[np.ndarray, Calibrated | None]:
    """The weights raked to the recipe's margins, inside its limits."""
    if recipe.targets is None:
        if not recipe.has_limits:
            return weights, None
        mean = weights.mean()
        return trim(weights, lower=recipe.lower * mean, upper=recipe.upper * mean), None
    frame = stayers.with_columns(pl.Series("_weight", weights))
    found = rake(frame, recipe.targets, base_weight="_weight", unanswered=recipe.unanswered)
    if recipe.has_limits:
        frame = frame.with_columns(found.weights.alias("_weight"))
        found = trim_to_margins(
            frame,
            recipe.targets,
            weight="_weight",
            lower=recipe.lower,
            upper=recipe.upper,
            unanswered=recipe.unanswered,
        )
    return found.weights.to_numpy(), found
