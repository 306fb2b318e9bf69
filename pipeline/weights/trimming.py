"""Trimming: no weight so large that one person represents too many, with the margins met again after it."""

from __future__ import annotations

import numpy as np
import polars as pl

from pipeline.door import public
from pipeline.errors import CohesionError
from pipeline.weights.arrays import FloatArray
from pipeline.weights.calibration import margin_columns, margin_sums
from pipeline.weights.cells import Cells
from pipeline.weights.dual import Solved, solve
from pipeline.weights.margins import Unanswered, cut, margin_table
from pipeline.weights.raking import Calibrated, base_weights, population_total, rake_cells

MAX_ROUNDS = 50
TOLERANCE = 1e-8


@public()
def trim(
    weights: pl.Series | FloatArray, *, lower: float = 0.0, upper: float = np.inf, strict: bool = True
) -> FloatArray:
    """Weights cut to ``lower`` ... ``upper``, what was cut spread evenly over the rest so that the sum stays.

    R: ``survey::trimWeights``. The spreading can push others past a limit: ``strict`` repeats until none is.
    Raises CohesionError for weights that are missing or below zero, and when every weight lies outside the limits.
    """
    values = given_weights(weights)
    mean = values.mean()
    if not lower <= mean <= upper:
        raise CohesionError("the limits do not enclose the mean weight", where="trimming")
    outside = (values < lower) | (values > upper)
    while outside.any():
        cut_to = np.clip(values, lower, upper)
        if outside.all():
            raise CohesionError("every weight lies outside the limits", where="trimming", count=len(values))
        cut_to[~outside] += (values - cut_to).sum() / (~outside).sum()
        values = cut_to
        if not strict:
            break
        outside = (values < lower * (1 - 1e-12)) | (values > upper * (1 + 1e-12))
    return values


def given_weights(weights: pl.Series | FloatArray) -> FloatArray:
    """The weights as numbers. Raises CohesionError where there are none, or some are missing or below zero."""
    values = pl.Series("weights", weights).cast(pl.Float64).fill_null(np.nan).to_numpy().copy()
    bad = int((~(values >= 0)).sum())
    if bad or not values.size:
        what = "weights are missing or below zero" if bad else "there are no weights"
        raise CohesionError(what, where="weights", count=bad or None, todo="Give each person a weight.")
    return values


@public()
def quantile_limits(weights: pl.Series | FloatArray, low: float, high: float) -> tuple[float, float]:
    """The weights at two quantiles (R's type 7): limits for ``trim``."""
    if not 0 <= low < high <= 1:
        raise CohesionError(f"{low!r} and {high!r} are no rising shares between 0 and 1", where="quantiles")
    lower, upper = np.quantile(given_weights(weights), [low, high])
    return float(lower), float(upper)


@public(once=True, people=True)
def trim_to_margins(
    frame: pl.DataFrame,
    targets: pl.DataFrame,
    *,
    weight: str,
    lower: float = 0.0,
    upper: float = np.inf,
    total: float | None = None,
    unanswered: Unanswered = "error",
    tolerance: float = TOLERANCE,
) -> Calibrated:
    """Weights inside ``lower`` ... ``upper`` times their mean that still meet the margins.

    Trimming alone breaks the margins, raking alone the limits: here the weights nearest to ``weight`` in raking
    distance that satisfy both are found (Deville & Särndal's case 2, truncated, with a bound for each person).
    Raises CohesionError with the margin that stays furthest off when the limits are too tight to meet it.
    """
    start = base_weights(frame, weight)
    start = start / start.mean()
    cells = cut(frame, targets, base=start, unanswered=unanswered)
    found = nearest_within(cells, start[:, None], lower, upper, tolerance)
    if not found.is_met.all():
        raise _too_tight(cells, start, lower, upper)
    weights = start * found.ratio[:, 0]
    weights = weights * population_total(total, targets, frame.height) / weights.sum()
    return Calibrated(pl.Series("weight", weights), int(found.rounds[0]), margin_table(cells, weights))


def nearest_within(cells: Cells, start: FloatArray, lower: float, upper: float, tolerance: float = TOLERANCE) -> Solved:
    """The ratios to ``start`` (rows × sets, each of mean one) nearest to one, inside the limits with the margins met.

    A weight of zero, as replicates have, stays zero.
    """
    positive = start > 0
    low = np.divide(lower, start, out=np.zeros_like(start), where=positive)
    high = np.divide(upper, start, out=np.full_like(start, np.inf), where=positive)
    columns, _ = margin_columns(cells)
    return solve(columns, margin_sums(cells, float(len(start))), start, "raking", (low, high), tolerance)


def _too_tight(cells: Cells, weights: FloatArray, lower: float, upper: float) -> CohesionError:
    """The error that names the margin left furthest off after alternate trimming and raking."""
    for _ in range(MAX_ROUNDS):
        factor, _rounds = rake_cells(cells, cells.mass(weights)[:, None])
        weights = weights * factor[cells.row_cell, 0]
        weights = np.clip(weights / weights.mean(), lower, upper)
    left = margin_table(cells, weights).sort(pl.col("difference").abs(), descending=True).row(0, named=True)
    places = 1 if abs(left["difference"]) > 0.0005 else 4
    return CohesionError(
        f"the margins cannot be met with weights between {lower:g} and {upper:g} times their mean: "
        f"{left['variable']} = {left['category']} stays at {left['achieved']:.{places}%} instead of "
        f"{left['target']:.{places}%}",
        where="trimming",
        todo="Widen the limits, or merge that category with a neighbour.",
    )
