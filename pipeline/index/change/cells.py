"""Weighted means of an area in a wave with the influence of each sampling unit, and sums of several of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.index.change.design import Design


@dataclass(frozen=True)
class Cell:
    """A weighted mean; the units under it (codes that rise), what each adds to it; the persons (codes that rise)."""

    mean: float
    units: np.ndarray
    influence: np.ndarray
    persons: np.ndarray


@dataclass(frozen=True)
class Contrast:
    """A sum of means: its value, standard error, degrees of freedom, persons, and the fewest persons of a part."""

    estimate: float
    std_error: float | None
    df: int
    n_persons: int
    smallest: int


def cell_of(values: np.ndarray, weights: np.ndarray, rows: np.ndarray, design: Design, persons: np.ndarray) -> Cell:
    """The mean Σ w y / Σ w of the rows at these places that have a value; influence w (y − mean) / Σ w."""
    used = rows[~np.isnan(values[rows])]
    y, w = values[used], weights[used]
    total = w.sum()
    if not used.size:
        return Cell(float("nan"), np.array([], dtype=np.int64), np.array([]), np.array([], dtype=np.int64))
    mean = float(w @ y / total)
    units, where = np.unique(design.unit[used], return_inverse=True)
    influence = np.bincount(where, w * (y - mean) / total, len(units))
    return Cell(mean, units, influence, np.unique(persons[used]))


def contrast(design: Design, parts: Sequence[tuple[float, Cell]], estimate: float | None = None) -> Contrast:
    """The sum of coefficients times means; ``estimate`` where the coefficients are slopes of something else."""
    value = sum(share * cell.mean for share, cell in parts) if estimate is None else estimate
    units = np.concatenate([cell.units for _, cell in parts])
    totals = np.concatenate([share * cell.influence for share, cell in parts])
    reached, where = np.unique(units, return_inverse=True)
    variance = design.variance(reached, np.bincount(where, totals, len(reached)))
    df = design.degrees(reached)
    people = [len(cell.persons) for _, cell in parts]
    persons = np.unique(np.concatenate([cell.persons for _, cell in parts]))
    return Contrast(float(value), float(np.sqrt(variance)) if df > 0 else None, df, len(persons), min(people))


def ratio(design: Design, above: Cell, below: Cell, times: float = 100.0) -> Contrast | None:
    """``times`` the ratio of two means, by the delta method; None where the lower one is not above zero."""
    if not below.mean > 0:
        return None
    value = times * above.mean / below.mean
    return contrast(design, [(times / below.mean, above), (-value / below.mean, below)], value)
