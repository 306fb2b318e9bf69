"""Replicate weights: the sample redrawn many times, so that the standard errors reflect every weighting step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import polars as pl

from pipeline.door import public
from pipeline.errors import CohesionError
from pipeline.weights.arrays import FloatArray, IntArray
from pipeline.weights.margins import Unanswered, cut
from pipeline.weights.raking import base_weights, rake_cells, target_total
from pipeline.weights.resampling import draw

RANDOM = ("bootstrap", "canty_davison")
Kind = Literal["bootstrap", "canty_davison", "jk1", "jkn", "brr"]


@dataclass(frozen=True)
class Replicates:
    """Weights (rows × replicates) with the full-sample weights, and how squared deviations sum to a variance.

    variance = scale Σ rscales (estimate_r - centre)². The centre is the replicates' mean, as in R's ``survey`` by
    default; with ``around_estimate`` the full-sample estimate (R: ``mse = TRUE``).
    """

    full: FloatArray
    weights: FloatArray
    scale: float
    rscales: FloatArray
    kind: str
    degrees_of_freedom: int
    around_estimate: bool = False

    def take(self, rows: IntArray) -> Replicates:
        """The replicates of the rows at these places, which may repeat: persons in several waves."""
        return replace(self, full=self.full[rows], weights=self.weights[rows])

    def covariance(self, estimates: FloatArray, full_estimate: FloatArray) -> FloatArray:
        """The covariance of estimates: ``estimates`` is replicates × quantities, ``full_estimate`` one value each."""
        bad = int((~np.isfinite(estimates)).any(axis=1).sum())
        if bad:
            raise CohesionError("replicates give no estimate", where=self.kind, count=bad)
        centre = full_estimate if self.around_estimate else estimates[self.rscales > 0].mean(axis=0)
        deviation = (estimates - centre) * np.sqrt(self.rscales)[:, None]
        covariance: FloatArray = self.scale * deviation.T @ deviation
        return covariance

    def estimate(self, statistic: Callable[[FloatArray], float | FloatArray]) -> tuple[FloatArray, FloatArray]:
        """Estimate and covariance of ``statistic(weights)``: a number or a vector."""
        full = np.atleast_1d(statistic(self.full))
        each = np.array([np.atleast_1d(statistic(column)) for column in self.weights.T])
        return full, self.covariance(each, full)

    def ratio(self, numerator: FloatArray, denominator: FloatArray | None = None) -> tuple[float, float]:
        """Estimate and standard error of Σ w numerator / Σ w denominator (a mean without denominator)."""
        below = np.ones(len(numerator)) if denominator is None else denominator
        full = float(self.full @ numerator / (self.full @ below))
        each = (numerator @ self.weights) / (below @ self.weights)
        return full, float(np.sqrt(self.covariance(each[:, None], np.array([full]))[0, 0]))

    def total(self, values: FloatArray) -> tuple[float, float]:
        """Estimate and standard error of Σ w value."""
        full = float(self.full @ values)
        return full, float(np.sqrt(self.covariance((values @ self.weights)[:, None], np.array([full]))[0, 0]))


@public(once=True, people=True)
def replicate_weights(
    frame: pl.DataFrame,
    kind: Kind = "bootstrap",
    *,
    weight: str | None = None,
    stratum: str | None = None,
    psu: str | None = None,
    population: str | None = None,
    replicates: int = 500,
    seed: int | None = None,
    fay: float = 0.0,
    lonely: Literal["fail", "certainty"] = "fail",
) -> Replicates:
    """Replicates of the design: primary units drawn (or left out) within strata; rows of a unit stay together.

    ``bootstrap``: n_h - 1 units with replacement of n_h, scaled by n_h / (n_h - 1) (Rao & Wu 1988; R: "subbootstrap");
    ``canty_davison``: n_h of n_h (R: "bootstrap"); ``jk1``, ``jkn``: leave one unit out; ``brr``: balanced half
    samples of two units per stratum, with ``fay`` < 1 keeping that share of the other half. ``population`` names a
    column with the number of units in the stratum's population: the jackknives then take the finite population
    correction. Random kinds need a ``seed``. ``lonely="certainty"`` keeps a stratum's only unit in every replicate.

    ``psu`` names are read within their stratum. Raises CohesionError for a lonely unit, or a half sample with
    other than two units.
    """
    full = base_weights(frame, weight)
    strata = _codes(frame, [stratum] if stratum else [])
    unit = _codes(frame, [name for name in (stratum, psu) if name]) if psu else np.arange(frame.height)
    unit_rows = np.unique(unit, return_index=True)[1]
    sizes = frame[population].cast(pl.Float64).to_numpy()[unit_rows] if population else None
    drawn = draw(kind, strata[unit_rows], sizes, replicates=replicates, seed=seed, fay=fay, lonely=lonely)
    degrees = min(len(unit_rows) - len(np.unique(strata)), drawn.multiplicity.shape[1] - (kind in RANDOM))
    weights = full[:, None] * drawn.multiplicity[unit]
    return Replicates(full, weights, drawn.scale, drawn.rscales, kind, degrees)


@public(once=True, people=True)
def rake_replicates(
    replicates: Replicates,
    frame: pl.DataFrame,
    targets: pl.DataFrame,
    *,
    total: float | None = None,
    unanswered: Unanswered = "error",
    tolerance: float = 1e-10,
) -> Replicates:
    """Every replicate, and the full sample, raked to the margins anew: all at once, on the cells they share."""
    cells = cut(frame, targets, base=replicates.full, unanswered=unanswered)
    everything = np.column_stack([replicates.full, replicates.weights])
    factor, _ = rake_cells(cells, cells.mass(everything), tolerance=tolerance)
    factor *= total or target_total(targets, frame.height)
    everything *= factor[cells.row_cell]
    return replace(replicates, full=everything[:, 0].copy(), weights=everything[:, 1:])


def _codes(frame: pl.DataFrame, names: list[str]) -> FloatArray:
    """Each row's combination of ``names`` as a number, in order of first appearance; all zero without names."""
    if not names:
        return np.zeros(frame.height, dtype=np.int64)
    absent = sum(frame[name].null_count() for name in names)
    if absent:
        raise CohesionError("rows have no stratum or primary unit", where=", ".join(names), count=absent)
    keys = frame.select(pl.struct(names).alias("key"))
    order = keys.unique(maintain_order=True).with_row_index("code")
    return keys.join(order, on="key", how="left", maintain_order="left")["code"].cast(pl.Int64).to_numpy()
