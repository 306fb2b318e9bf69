"""Small-area estimates that add up: adjusted so that their weighted mean is the national figure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl

from pipeline.door import public
from pipeline.errors import CohesionError
from pipeline.index.small_areas.given import FloatArray, by_area, numbers

WHERE = "estimates"
BenchmarkMethod = Literal["ratio", "difference", "mse"]


@dataclass(frozen=True)
class Benchmarked:
    """What benchmarking gives.

    ``areas``: the rows given, with ``benchmarked`` (the adjusted estimate), ``adjustment`` (how far it moved) and,
    where there is a standard error, ``benchmarked_error``: the root of mean squared error + adjustment². ``before``
    and ``after``: the weighted mean of areas without and with it; ``largest_share``: the largest adjustment as a share
    of its area's standard error. ``notes`` says in words what it does to the mean squared error.
    """

    areas: pl.DataFrame
    before: float
    after: float
    largest_share: float | None
    notes: tuple[str, ...]


@public()
def benchmarked(
    estimates: pl.DataFrame,
    total: float,
    *,
    share: str,
    method: BenchmarkMethod = "ratio",
    estimate: str = "shrunken",
    std_error: str = "shrunken_error",
    area: str = "area",
) -> Benchmarked:
    """The ``estimates`` (one row per area), moved so that their mean over the population is ``total``.

    ``share`` names a column with each area's population (or its share; scaled to sum to one). ``ratio`` multiplies all
    by the same number; ``difference`` adds the same to all; ``mse`` adds in proportion to share × mean squared error,
    so that areas which are known well move least (Datta, Ghosh, Steorts and Maples 2011, TEST 20, 574-588; as R's
    ``emdi::benchmark`` with ``ratio``, ``raking`` and ``MSE_adj``).

    ``total`` is taken as exact. The adjusted estimate is no longer the best predictor of its own area: the mean squared
    error grows by the mean square of the adjustment (Steorts and Ghosh 2013, Statistica Sinica 23, 749-767), for which
    its one observed square stands.

    Raises CohesionError for missing estimates, shares that are missing or not above zero, errors that ``mse`` needs and
    are not there, and a ratio of figures that are not both above zero.
    """
    if not np.isfinite(total):
        raise CohesionError("the total is not a number", where="total")
    frame = by_area(estimates, area, WHERE)
    values = numbers(frame, estimate, WHERE)
    weights = numbers(frame, share, WHERE)
    if (weights <= 0).any():
        what = "a share of the population must be above zero"
        raise CohesionError(what, where=f"{WHERE}: {share}", count=int((weights <= 0).sum()))
    weights = weights / weights.sum()
    errors = _errors(frame, std_error, method)
    before = float(weights @ values)
    moved = _moved(values, weights, errors, total, before, method)
    steps = moved - values
    added = {"benchmarked": moved, "adjustment": steps}
    largest = None
    if errors is not None:
        added["benchmarked_error"] = np.sqrt(errors**2 + steps**2)
        known = errors > 0
        largest = float(np.max(np.abs(steps[known]) / errors[known], initial=0))
    made = pl.DataFrame({area: frame[area], **added})
    areas = estimates.join(made, on=area, how="left", maintain_order="left")
    return Benchmarked(areas, before, float(weights @ moved), largest, _notes(before, total, largest))


def _errors(frame: pl.DataFrame, column: str, method: BenchmarkMethod) -> FloatArray | None:
    if column not in frame.columns and method != "mse":
        return None
    errors = numbers(frame, column, WHERE)
    wrong = int((errors <= 0).sum()) if method == "mse" else int((errors < 0).sum())
    if wrong:
        what = "standard errors that are negative, or zero where they say how far an area may move"
        raise CohesionError(what, where=f"{WHERE}: {column}", count=wrong)
    return errors


def _moved(
    values: FloatArray, weights: FloatArray, errors: FloatArray | None, total: float, before: float,
    method: BenchmarkMethod,
) -> FloatArray:  # fmt: skip
    if method == "ratio":
        if before <= 0 or total <= 0:
            what = f"a ratio needs figures above zero; the areas have {before:.6g} and the total is {total:.6g}"
            raise CohesionError(what, where="total", todo='Take method="difference".')
        return values * (total / before)
    if method == "difference" or errors is None:
        return values + (total - before)
    step = weights * errors**2
    return np.asarray(values + (total - before) * step / (weights @ step))


def _notes(before: float, total: float, largest: float | None) -> tuple[str, ...]:
    moved = f"benchmarking moves the mean over areas from {before:.6g} to {total:.6g}"
    if largest is None:
        return (f"{moved}; there are no standard errors, so its effect on them is not given",)
    root = float(np.hypot(1, largest) - 1)
    return (
        f"{moved}: standard errors grow by the adjustment, at most by {100 * root:.1f} per cent; an adjustment of "
        f"up to {largest:.2f} standard errors",
    )
