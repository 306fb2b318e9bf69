"""Calibration: weights that meet categories and numeric totals, with bounds that are enforced."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl

from pipeline.door import public
from pipeline.errors import CohesionError
from pipeline.weights.arrays import FloatArray
from pipeline.weights.cells import Cells
from pipeline.weights.distances import Method
from pipeline.weights.dual import solve
from pipeline.weights.margins import Unanswered, cut, margin_table
from pipeline.weights.raking import Calibrated, base_weights, of_each, population_total


@public(once=True, people=True)
def calibrate(
    frame: pl.DataFrame,
    targets: pl.DataFrame | None,
    *,
    totals: Mapping[str, float] | None = None,
    total: float | None = None,
    method: Method = "raking",
    bounds: tuple[float, float] | None = None,
    base_weight: str | None = None,
    unanswered: Unanswered = "error",
    tolerance: float = 1e-10,
) -> Calibrated:
    """Weights base × g with the margins in ``targets`` and the population ``totals`` of numeric columns met.

    Deville & Särndal (1992), JASA 87, 376-382: ``linear`` g = 1 + u (truncated to ``bounds`` if given), ``raking``
    g = exp(u) (truncated likewise), ``logit`` their case 6, which needs ``bounds`` (low < 1 < high on the ratio of
    weight to base). R: ``survey::calibrate(calfun = ...)``. Weights sum to ``total``: by default the population
    the targets count, else the number of rows. Bounds apply to the base weights as given, so scale them
    to the population's total first.

    ``linear`` without bounds can give weights below zero, as in R: ``notes`` counts them.

    Raises CohesionError where no weights meet the margins within the bounds, with bounds that would suffice.
    """
    _check_bounds(method, bounds)
    base = base_weights(frame, base_weight)
    population = float(base.sum()) if total is None and targets is None else population_total(total, targets, len(base))
    cells = cut(frame, targets, base=base, unanswered=unanswered) if targets is not None else None
    columns, names = _columns(frame, cells, dict(totals or {}))
    wanted = np.array([*(margin_sums(cells, population)[:, 0] if cells else [population]), *(totals or {}).values()])
    found = solve(columns, wanted[:, None], base[:, None], method, bounds, tolerance)
    if not found.is_met.all():
        raise CohesionError(why_not(columns, wanted, base, bounds, names), where="calibration")
    weights = base * found.ratio[:, 0]
    margins = [margin_table(cells, weights)] if cells is not None else []
    margins += [_mean_row(name, wanted[names.index(name)] / population, frame[name], weights) for name in totals or {}]
    notes = negative_weights(weights, base)
    return Calibrated(pl.Series("weight", weights), int(found.rounds[0]), pl.concat(margins), notes)


def negative_weights(weights: FloatArray, base: FloatArray) -> tuple[str, ...]:
    """A note with the count of weights below zero, and of those that are zero although their base is not."""
    below, none = int((weights < 0).sum()), int(((weights == 0) & (base > 0)).sum())
    if not below and not none:
        return ()
    counts = [f"{below:,} weights below zero"] if below else []
    counts += [f"{none:,} weights of zero"] if none else []
    return (
        f"calibration gives {' and '.join(counts)} (of {len(weights):,}): give `bounds`, such as (0.2, 5), or the "
        "method `raking`, under which no weight can be negative",
    )


def _check_bounds(method: Method, bounds: tuple[float, float] | None) -> None:
    if bounds is None and method == "logit":
        raise CohesionError("logit calibration needs bounds", todo="Give (low, high) with low < 1 < high.")
    if bounds is not None and not (0 <= bounds[0] < 1 < bounds[1]):
        raise CohesionError("bounds must enclose 1 and not be negative", where="calibration")


def _columns(frame: pl.DataFrame, cells: Cells | None, totals: dict[str, float]) -> tuple[FloatArray, list[str]]:
    """The columns whose weighted sums are fixed, first those of the margins; and what each stands for."""
    columns, names = margin_columns(cells) if cells else (np.ones((frame.height, 1)), ["(everyone)"])
    for name in totals:
        if frame[name].null_count():
            raise CohesionError(
                "a calibration total needs values that are missing", where=name, count=frame[name].null_count()
            )
    numbers = [frame[name].cast(pl.Float64).to_numpy() for name in totals]
    return np.column_stack([columns, *numbers]), [*names, *totals]


def margin_columns(cells: Cells) -> tuple[FloatArray, list[str]]:
    """Rows × constraints: a constant, and an indicator for each category but the first, which follows from the rest."""
    columns, names = [np.ones(len(cells.row_cell))], ["(everyone)"]
    for variable, categories, code in zip(cells.variables, cells.categories, cells.codes, strict=True):
        for index, category in enumerate(categories[1:], start=1):
            columns.append((code == index).astype(float)[cells.row_cell])
            names.append(f"{variable} = {category}")
    return np.column_stack(columns), names


def margin_sums(cells: Cells, population: float) -> FloatArray:
    """Constraints × sets: the weighted sums of ``margin_columns`` to meet; one column where all sets share them."""
    shares = [of_each(share)[1:] for share in cells.shares]
    sets = max(share.shape[1] for share in shares)
    everyone = np.ones((1, sets))
    return population * np.concatenate([everyone, *(np.broadcast_to(share, (len(share), sets)) for share in shares)])


def why_not(
    columns: FloatArray, wanted: FloatArray, base: FloatArray, bounds: tuple[float, float] | None, names: list[str]
) -> str:
    """The smallest widening of the bounds that could work (a linear programme), or that none could."""
    from scipy.optimize import linprog

    cells, row = np.unique(columns, axis=0, return_inverse=True)
    mass = np.bincount(row, base)
    low, high = bounds or (0.0, np.inf)
    reach = np.array([1 - low, high - 1 if np.isfinite(high) else 0.0])
    # Minimise t with sums met and 1 - t (1 - low) <= g <= 1 + t (high - 1), never below zero.
    equal = np.column_stack([cells.T * mass, np.zeros(len(wanted))])
    keep_low = np.column_stack([-np.eye(len(mass)), np.full(len(mass), -reach[0])])
    keep_high = np.column_stack([np.eye(len(mass)), np.full(len(mass), -reach[1])])
    limits = np.vstack([keep_low, keep_high]) if bounds else None
    right = np.concatenate([-np.ones(len(mass)), np.ones(len(mass))]) if bounds else None
    goal = np.append(np.zeros(len(mass)), 1.0)
    found = linprog(goal, A_ub=limits, b_ub=right, A_eq=equal, b_eq=wanted, bounds=[(0, None)] * (len(mass) + 1))
    if found.status == 2 or bounds is None:
        return f"no weights that are not negative can meet {', '.join(names[1:])} together"
    t = float(found.x[-1]) if found.x is not None else float("nan")
    return (
        f"no weights within {low:g} to {high:g} times the base meet the margins; bounds of about "
        f"{max(0.0, 1 - t * reach[0]):.2f} to {1 + t * reach[1]:.2f} would be the tightest of this shape"
    )


def _mean_row(name: str, target: float, series: pl.Series, weights: FloatArray) -> pl.DataFrame:
    achieved = float(np.average(series.cast(pl.Float64).to_numpy(), weights=weights))
    return pl.DataFrame(
        {
            "variable": [name],
            "category": ["(mean)"],
            "target": [target],
            "achieved": [achieved],
            "difference": [achieved - target],
            "persons": [series.len()],
        }
    )
