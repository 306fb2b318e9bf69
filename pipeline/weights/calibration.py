"""Calibration: weights that meet categories and numeric totals, with bounds that are enforced."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl

from pipeline.errors import CohesionError
from pipeline.weights.distances import Bounds, Method, ratio
from pipeline.weights.margins import Cells, Unanswered, cut, margin_table
from pipeline.weights.raking import Calibrated, base_weights, target_total

MAX_STEPS = 300


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
    the targets count, else the number of rows. Bounds are judged against the base weights as given, so bring them
    to the population's total first if they are not.

    Raises CohesionError in words where no weights meet the margins inside the bounds, with bounds that would do.
    """
    _check_bounds(method, bounds)
    base = base_weights(frame, base_weight)
    population = total or (target_total(targets, frame.height) if targets is not None else float(base.sum()))
    cells = cut(frame, targets, base=base, unanswered=unanswered) if targets is not None else None
    columns, wanted, names = constraints(frame, cells, dict(totals or {}), population)
    g, rounds = solve(columns, wanted, base, method, bounds, tolerance)
    if g is None:
        raise CohesionError(_why_not(columns, wanted, base, bounds, names), where="calibration")
    weights = base * g
    margins = [margin_table(cells, weights)] if cells is not None else []
    margins += [_mean_row(name, wanted[names.index(name)] / population, frame[name], weights) for name in totals or {}]
    return Calibrated(pl.Series("weight", weights), rounds, pl.concat(margins))


def _check_bounds(method: Method, bounds: tuple[float, float] | None) -> None:
    if bounds is None and method == "logit":
        raise CohesionError("logit calibration needs bounds", todo="Give (low, high) with low < 1 < high.")
    if bounds is not None and not (0 <= bounds[0] < 1 < bounds[1]):
        raise CohesionError("bounds must hold 1 between them and not be negative", where="calibration")


def constraints(
    frame: pl.DataFrame, cells: Cells | None, totals: dict[str, float], population: float
) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """The columns whose weighted sums are fixed, scaled to be of order one, and what each must sum to."""
    columns: list[np.ndarray] = [np.ones(frame.height)]
    wanted: list[float] = [population]
    names = ["(everyone)"]
    for place, variable in enumerate(cells.variables if cells else []):
        assert cells is not None
        code = cells.codes[place][cells.row_cell]
        # The first category follows from the constant and the others.
        for index, category in enumerate(cells.categories[place][1:], start=1):
            columns.append((code == index).astype(float))
            wanted.append(float(cells.shares[place][index]) * population)
            names.append(f"{variable} = {category}")
    for name, amount in totals.items():
        if frame[name].null_count():
            raise CohesionError(
                "a calibration total is asked of unanswered values", where=name, count=frame[name].null_count()
            )
        columns.append(frame[name].cast(pl.Float64).to_numpy())
        wanted.append(float(amount))
        names.append(name)
    return np.column_stack(columns), np.array(wanted), names


def solve(
    columns: np.ndarray,
    wanted: np.ndarray,
    base: np.ndarray,
    method: Method,
    bounds: Bounds | None,
    tolerance: float,
) -> tuple[np.ndarray | None, int]:
    """The ratios g with ``columns.T @ (base * g) = wanted``, by damped Newton on the convex dual; None if none.

    A row at its bound has no derivative left, so the plain Newton step can be singular: damping keeps it short
    (Levenberg), and a step counts only if the dual or the largest gap falls.
    """
    size = np.sqrt(np.average(columns**2, axis=0, weights=base + 1e-300))
    scaled, goal = columns / size, wanted / size
    unit = np.maximum(np.abs(wanted), 1.0) / size
    multipliers, damping = np.zeros(columns.shape[1]), 0.0
    g, derivative, potential = ratio(method, np.zeros(len(base)), bounds)
    gap = goal - scaled.T @ (base * g)
    dual = base @ potential
    for step in range(1, MAX_STEPS + 1):
        if np.abs(gap / unit).max() <= tolerance:
            return g, step
        hessian = (scaled * (base * derivative)[:, None]).T @ scaled
        hessian[np.diag_indices_from(hessian)] += damping * base.sum()
        move = np.linalg.lstsq(hessian, gap, rcond=1e-12)[0]
        trial = multipliers + move
        u = scaled @ trial
        trial_g, trial_derivative, potential = ratio(method, u, bounds)
        trial_gap = goal - scaled.T @ (base * trial_g)
        trial_dual = base @ potential - goal @ trial
        if trial_dual < dual or np.abs(trial_gap / unit).max() < 0.5 * np.abs(gap / unit).max():
            multipliers, g, derivative, gap, dual = trial, trial_g, trial_derivative, trial_gap, trial_dual
            damping = 0.0 if damping < 1e-8 else damping / 10
        else:
            damping = max(damping * 10, 1e-9)
            if damping > 1e6:
                return None, step
    return None, MAX_STEPS


def _why_not(
    columns: np.ndarray, wanted: np.ndarray, base: np.ndarray, bounds: tuple[float, float] | None, names: list[str]
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


def _mean_row(name: str, target: float, series: pl.Series, weights: np.ndarray) -> pl.DataFrame:
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
