"""Raking and post-stratification: weights that meet population margins and stay as close as possible to their base."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from pipeline.door import public
from pipeline.errors import CohesionError
from pipeline.weights.arrays import FloatArray
from pipeline.weights.cells import Cells
from pipeline.weights.contradictions import contradiction
from pipeline.weights.margins import ADVICE, Unanswered, cut, margin_table

TOLERANCE = 1e-10
MAX_ROUNDS = 1000


@dataclass(frozen=True)
class Calibrated:
    """Weights in the order of the frame's rows, the rounds they took, each margin's target and achieved share, and
    ``notes``: in counts, what should be known before the weights are used."""

    weights: pl.Series
    rounds: int
    margins: pl.DataFrame
    notes: tuple[str, ...] = ()

    @property
    def largest_difference(self) -> float:
        """The largest gap between a target share and the share achieved."""
        return float(self.margins.select(pl.col("difference").abs().max()).item())


@public(once=True, people=True)
def rake(
    frame: pl.DataFrame,
    targets: pl.DataFrame,
    *,
    base_weight: str | None = None,
    total: float | None = None,
    unanswered: Unanswered = "error",
    tolerance: float = TOLERANCE,
    max_rounds: int = MAX_ROUNDS,
) -> Calibrated:
    """Iterative proportional fitting of the base weights to the margins in ``targets`` (R: ``survey::rake``).

    ``targets`` has one row per ``variable, category`` with ``share`` or ``total``; weights sum to ``total`` (default:
    the total of the targets if given as totals, else the number of rows, which makes their mean one).
    Deming & Stephan (1940). Converged when no category's share is off by more than ``tolerance`` of itself.
    Raises CohesionError that names what cannot be met: an empty category, or two margins that contradict.
    """
    base = base_weights(frame, base_weight)
    cells = cut(frame, targets, base=base, unanswered=unanswered)
    factor, rounds = rake_cells(cells, cells.mass(base)[:, None], tolerance=tolerance, max_rounds=max_rounds)
    weights = base * factor[cells.row_cell, 0] * population_total(total, targets, frame.height)
    return Calibrated(pl.Series("weight", weights), rounds, margin_table(cells, weights))


@public(once=True, people=True)
def poststratify(
    frame: pl.DataFrame,
    targets: pl.DataFrame,
    *,
    base_weight: str | None = None,
    total: float | None = None,
    unanswered: Unanswered = "error",
) -> Calibrated:
    """One factor per category, in closed form. ``targets`` holds one variable: cross several into one first."""
    if targets["variable"].n_unique() != 1:
        raise CohesionError(
            "post-stratification takes one variable",
            where="population margins",
            todo="Cross the variables into one column, or rake.",
        )
    base = base_weights(frame, base_weight)
    cells = cut(frame, targets, base=base, unanswered=unanswered)
    factor = poststratify_cells(cells, cells.mass(base)[:, None])
    weights = base * factor[cells.row_cell, 0] * population_total(total, targets, frame.height)
    return Calibrated(pl.Series("weight", weights), 1, margin_table(cells, weights))


def poststratify_cells(cells: Cells, mass: FloatArray) -> FloatArray:
    """Factors (cells × sets) that bring each column of ``mass`` to the one margin, as shares of one."""
    achieved = cells.indicators[0] @ mass
    _check_not_empty(achieved, cells, 0)
    factor: FloatArray = np.divide(of_each(cells.shares[0]), achieved, out=np.zeros_like(achieved), where=achieved > 0)
    found: FloatArray = factor[cells.codes[0]]
    return found


def rake_cells(
    cells: Cells, mass: FloatArray, *, tolerance: float = TOLERANCE, max_rounds: int = MAX_ROUNDS
) -> tuple[FloatArray, int]:
    """Factors (cells × sets) that bring each column of ``mass`` to the margins, as shares of one; and the rounds.

    Columns are independent sets of weights, such as replicates. Raises CohesionError, with how many, where a category
    that the margins ask for has no weight in a set.
    """
    current = mass / mass.sum(axis=0)
    factor = np.divide(1.0, mass.sum(axis=0)) * np.ones_like(mass)
    for rounds in range(1, max_rounds + 1):
        gaps = np.zeros(mass.shape[1])
        for place, (indicator, code) in enumerate(zip(cells.indicators, cells.codes, strict=True)):
            share, achieved = of_each(cells.shares[place]), indicator @ current
            _check_not_empty(achieved, cells, place)
            ratio = np.divide(share, achieved, out=np.ones_like(achieved), where=achieved > 0)
            step = ratio[code]
            current *= step
            factor *= step
            gaps = np.maximum(gaps, np.where(share > 0, np.abs(ratio - 1), 0.0).max(axis=0))
        if gaps.max() <= tolerance:
            return factor, rounds
    worst = cells.of_set(int(np.argmax(gaps)))
    raise CohesionError(f"raking does not converge: {contradiction(worst)}", where="population margins", todo=ADVICE)


def of_each(share: FloatArray) -> FloatArray:
    """Shares as a column for each set of weights, or one column for all."""
    return share if share.ndim == 2 else share[:, None]


def base_weights(frame: pl.DataFrame, base_weight: str | None) -> FloatArray:
    """The base weights, or ones. Every row must have a finite weight that is not negative."""
    if not frame.height:
        raise CohesionError("there are no persons to weight")
    if base_weight is None:
        return np.ones(frame.height)
    base = frame[base_weight].cast(pl.Float64).fill_null(np.nan).to_numpy()
    bad = int((~np.isfinite(base) | (base < 0)).sum())
    if bad:
        raise CohesionError(
            "base weights are missing, negative or not finite",
            where=base_weight,
            count=bad,
            todo="Give each person a base weight, or leave them out by name before.",
        )
    return base


def population_total(total: float | None, targets: pl.DataFrame | None, rows: int) -> float:
    """What weights are to sum to: ``total``, else what the targets count, else the number of rows.

    Raises CohesionError for a total that is none.
    """
    if total is None:
        return float(rows) if targets is None else target_total(targets, rows)
    if not (np.isfinite(total) and total > 0):
        raise CohesionError(f"`total={total!r}` is no population", where="total", todo="Give a number above zero.")
    return float(total)


def target_total(targets: pl.DataFrame, rows: int) -> float:
    """What weights sum to: the population if the targets count it, else the number of rows."""
    if "share" in targets.columns:
        return float(rows)
    return float(targets.filter(pl.col("variable") == targets["variable"][0])["total"].sum())


def _check_not_empty(achieved: FloatArray, cells: Cells, place: int) -> None:
    """Each category of a margin that the population has must have weight in every column of ``achieved``."""
    empty = (achieved <= 0) & (of_each(cells.shares[place]) > 0)
    if not empty.any():
        return
    names = [cells.categories[place][row] for row in np.flatnonzero(empty.any(axis=1))]
    is_one_set = achieved.shape[1] == 1
    raise CohesionError(
        f"nobody with a weight is in {cells.variables[place]} = {' or '.join(names)}, which the margins ask for",
        where="population margins" if is_one_set else "replicate weights",
        count=None if is_one_set else int(empty.any(axis=0).sum()),
        todo=ADVICE,
    )
