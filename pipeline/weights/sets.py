"""A weight set: one declared recipe from base weight to panel weight, for the set of waves analysed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
import polars as pl

from pipeline.errors import CohesionError
from pipeline.weights.calibration import calibrate
from pipeline.weights.distances import Method
from pipeline.weights.encoding import UNKNOWN, Encoded, encode
from pipeline.weights.logit import fit_logit
from pipeline.weights.margins import Unanswered, cut, margin_table
from pipeline.weights.propensity import quantile_classes
from pipeline.weights.quality import balance, weight_quality
from pipeline.weights.raking import Calibrated, base_weights, poststratify, rake
from pipeline.weights.replicates import Replicates, rake_replicates
from pipeline.weights.trimming import trim, trim_to_margins

HEAD = ("person_id", "arm", "origin", "is_asked", "responded", "reason")
FEWEST_UNKNOWN = 10
"""Responders and non-responders with an unanswered predictor below which ``unknown`` is no category of its own."""
Step = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Recipe:
    """How a weight set is made. ``predictors`` of response; population ``targets``; limits in multiples of the mean.

    ``response="propensity"`` divides by the modelled chance, ``"classes"`` by the response rate in ``classes`` quantile
    classes of it, ``"none"`` leaves the base weight. ``method`` meets the targets: ``"rake"``, ``"post_stratify"``, or
    calibration (``"linear"``, ``"raking"``, ``"logit"``) with ``bounds`` on the ratio to the response weight.
    """

    response: Literal["propensity", "classes", "none"] = "propensity"
    predictors: tuple[str, ...] = ()
    reference: Mapping[str, str] = field(default_factory=dict)
    classes: int = 5
    smallest_class: int = 20
    targets: pl.DataFrame | None = None
    unanswered: Unanswered = "keep"
    method: Literal["rake", "post_stratify"] | Method = "rake"
    bounds: tuple[float, float] | None = None
    lower: float = 0.0
    upper: float = np.inf

    @property
    def has_limits(self) -> bool:
        return self.lower > 0 or np.isfinite(self.upper)


@dataclass(frozen=True)
class WeightSet:
    """``table``: one row per person; ``steps``: one row per step of the way and the quality of its weights.

    ``margins``: one row per margin and category, its target share beside the share ``before`` (response weights) and
    achieved; ``balance``: as ``quality.balance`` of the predictors and margins.
    """

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
    steps = {"base, all asked": base, "base, responders": base[answered], "response": response}
    final, margins = _meet_margins(stayers, recipe, response, steps)
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


def _before_and_after(stayers: pl.DataFrame, recipe: Recipe, response: np.ndarray, after: pl.DataFrame) -> pl.DataFrame:
    assert recipe.targets is not None
    cells = cut(stayers, recipe.targets, base=response, unanswered=recipe.unanswered)
    before = margin_table(cells, response)["achieved"].alias("before")
    return after.with_columns(before).select(
        "variable", "category", "target", "before", "achieved", "difference", "persons"
    )


def _balance(asked: pl.DataFrame, recipe: Recipe, base: np.ndarray, weights: pl.DataFrame) -> pl.DataFrame | None:
    margins = [] if recipe.targets is None else recipe.targets["variable"].unique(maintain_order=True).to_list()
    variables = list(dict.fromkeys([*recipe.predictors, *margins]))
    if not variables:
        return None
    after = asked.join(weights, on="person_id", how="left", maintain_order="left").with_columns(
        pl.Series("_base", base)
    )
    return balance(after, variables, responded="responded", weight="panel_weight", base_weight="_base")


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
    if recipe.targets is not None and recipe.method == "rake" and not recipe.has_limits:
        return rake_replicates(done, stayers, recipe.targets, unanswered=recipe.unanswered)
    if recipe.targets is not None or recipe.has_limits:
        columns = [_in_replicate(stayers, recipe, column) for column in weights.T]
        done = replace(done, full=_meet_margins(stayers, recipe, full)[0], weights=np.column_stack(columns))
    return replace(done, full=done.full / done.full.mean(), weights=done.weights / done.weights.mean(axis=0))


def response_step(asked: pl.DataFrame, recipe: Recipe, full: np.ndarray) -> Step:
    """From base weights of those asked to response weights of the responders: for ``full``, or any replicate of it."""
    answered = asked["responded"].to_numpy()
    if recipe.response == "none":
        return lambda base: base[answered]
    encoded = encode(asked, recipe.predictors, reference=recipe.reference, missing="indicator")
    encoded = _without_rare_unknown(encoded, answered)
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


def _without_rare_unknown(encoded: Encoded, answered: np.ndarray) -> Encoded:
    """Too few unanswered to be a category of their own count as the mean, or as the reference.

    In a replicate such a category may hold only responders, and the likelihood has no maximum.
    """
    kept = [
        level != UNKNOWN or min(column[answered].sum(), column[~answered].sum()) >= FEWEST_UNKNOWN
        for level, column in zip(encoded.levels, encoded.matrix.T, strict=True)
    ]
    return replace(
        encoded,
        matrix=encoded.matrix[:, kept],
        variables=[name for name, keep in zip(encoded.variables, kept, strict=True) if keep],
        levels=[level for level, keep in zip(encoded.levels, kept, strict=True) if keep],
    )


def _meet_margins(
    stayers: pl.DataFrame, recipe: Recipe, weights: np.ndarray, steps: dict[str, np.ndarray] | None = None
) -> tuple[np.ndarray, Calibrated | None]:
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


def _in_replicate(stayers: pl.DataFrame, recipe: Recipe, weights: np.ndarray) -> np.ndarray:
    """As the full sample; where a replicate's few persons cannot keep the limits and meet the margins, they meet them.

    The limits are a smoothing of ours, the margins are the population's.
    """
    try:
        return _meet_margins(stayers, recipe, weights)[0]
    except CohesionError:
        if recipe.targets is None or not recipe.has_limits:
            raise
        return _meet_margins(stayers, replace(recipe, lower=0.0, upper=np.inf), weights)[0]


def _calibrated(frame: pl.DataFrame, recipe: Recipe) -> Calibrated:
    """The weights in ``_weight`` brought to the targets by the recipe's method."""
    assert recipe.targets is not None
    if recipe.method == "rake":
        return rake(frame, recipe.targets, base_weight="_weight", unanswered=recipe.unanswered)
    if recipe.method == "post_stratify":
        return poststratify(frame, recipe.targets, base_weight="_weight", unanswered=recipe.unanswered)
    return calibrate(
        frame,
        recipe.targets,
        method=recipe.method,
        bounds=recipe.bounds,
        base_weight="_weight",
        unanswered=recipe.unanswered,
    )
