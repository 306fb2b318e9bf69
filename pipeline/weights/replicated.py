"""A recipe repeated in every replicate: response model, margins and limits, for a block of replicates at once."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from pipeline.door import public
from pipeline.errors import CohesionError
from pipeline.parallel import fan_out
from pipeline.weights.arrays import FloatArray
from pipeline.weights.calibration import margin_columns, margin_sums, why_not
from pipeline.weights.cells import Cells
from pipeline.weights.dual import solve
from pipeline.weights.margins import cut
from pipeline.weights.raking import TOLERANCE, poststratify_cells, rake_cells
from pipeline.weights.recipe import Recipe
from pipeline.weights.replicates import Replicates, rake_replicates
from pipeline.weights.response_step import ResponseStep, asked_of, response_step
from pipeline.weights.sets import meet_margins
from pipeline.weights.trimming import nearest_within, trim

BLOCK = 400_000
"""Numbers in a block of replicates (persons × replicates): few enough for the processor's cache."""


@dataclass(frozen=True)
class _Plan:
    """What all replicates share. ``cells`` is None where the recipe has no targets."""

    recipe: Recipe
    step: ResponseStep
    cells: Cells | None


@public(once=True, people=True)
def replicate_set(people: pl.DataFrame, recipe: Recipe, replicates: Replicates) -> Replicates:
    """The recipe repeated inside each replicate of those asked: response model, raking and limits are refitted.

    ``replicates`` are of the rows with ``is_asked``, in their order, made from the same base weight. The result has a
    row per responder, weights with mean one. Raises CohesionError or ModelError if a replicate cannot be weighted.
    """
    asked = asked_of(people)
    if replicates.weights.shape[0] != asked.height:
        raise CohesionError("the replicates are not of the persons asked", count=replicates.weights.shape[0])
    stayers = asked.filter("responded")
    step = response_step(asked, recipe, replicates.full)
    full = step.weights(replicates.full[:, None])[:, 0]
    cells = None
    if recipe.targets is not None:
        cells = cut(stayers, recipe.targets, base=full, unanswered=recipe.unanswered)
    weights = np.column_stack(fan_out(_block, _blocks(replicates.weights), (_Plan(recipe, step, cells),)))
    done = replace(replicates, full=full, weights=weights)
    if recipe.targets is not None and _only_rakes(recipe):
        return rake_replicates(done, stayers, recipe.targets, unanswered=recipe.unanswered)
    full = meet_margins(stayers, recipe, full)[0]
    return replace(done, full=full / full.mean(), weights=weights / weights.mean(axis=0))


def _only_rakes(recipe: Recipe) -> bool:
    """Whether the margins are met by raking alone, which the replicates then do together."""
    return recipe.method == "rake" and not recipe.has_limits


def _blocks(weights: FloatArray) -> list[tuple[FloatArray]]:
    """The columns in blocks whose size depends on the data alone, so that the result does not depend on the workers."""
    rows, count = weights.shape
    size = max(1, BLOCK // max(rows, 1))
    return [(np.ascontiguousarray(weights[:, first : first + size]),) for first in range(0, count, size)]


def _block(plan: _Plan, base: FloatArray) -> FloatArray:
    """Weights (responders × replicates) from base weights (asked × replicates) of one block."""
    recipe, weights = plan.recipe, plan.step.weights(base)
    if plan.cells is None:
        return np.column_stack([_trimmed(recipe, column) for column in weights.T]) if recipe.has_limits else weights
    if _only_rakes(recipe):
        return weights
    weights = _calibrated(recipe, plan.cells, weights / weights.mean(axis=0))
    return _within_limits(recipe, plan.cells, weights / weights.mean(axis=0)) if recipe.has_limits else weights


def _trimmed(recipe: Recipe, weights: FloatArray) -> FloatArray:
    mean = float(weights.mean())
    return trim(weights, lower=recipe.lower * mean, upper=recipe.upper * mean)


def _calibrated(recipe: Recipe, cells: Cells, weights: FloatArray) -> FloatArray:
    """The weights (of mean one) brought to the margins by the recipe's method."""
    cells = cells.meeting(weights)
    if recipe.method == "rake":
        factor, _ = rake_cells(cells, cells.mass(weights))
        return weights * factor[cells.row_cell]
    if recipe.method == "post_stratify":
        return weights * poststratify_cells(cells, cells.mass(weights))[cells.row_cell]
    columns, names = margin_columns(cells)
    wanted = margin_sums(cells, float(len(weights)))
    found = solve(columns, wanted, weights, recipe.method, recipe.bounds, TOLERANCE)
    if not found.is_met.all():
        failed = np.flatnonzero(~found.is_met)
        first = int(failed[0])
        sums = np.broadcast_to(wanted, (len(wanted), weights.shape[1]))[:, first]
        reason = why_not(columns, sums, weights[:, first], recipe.bounds, names)
        raise CohesionError(reason, where="calibration of replicates", count=len(failed))
    return weights * found.ratio


def _within_limits(recipe: Recipe, cells: Cells, weights: FloatArray) -> FloatArray:
    """As the full sample; a replicate whose few persons cannot keep the limits and meet the margins meets the margins.

    The limits are a smoothing of ours, the margins are the population's.
    """
    found = nearest_within(cells.meeting(weights), weights, recipe.lower, recipe.upper)
    return weights * np.where(found.is_met, found.ratio, 1.0)
