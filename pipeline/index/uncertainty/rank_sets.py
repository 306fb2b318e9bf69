"""Confidence sets for ranks: simultaneous over all areas, or for each alone.

After Mogstad, Romano, Shaikh & Wilhelm (2024, Rev. Econ. Stud. 91(1), 476–518; R: ``csranks``): the rank of an area is
one plus the number of areas above it. All differences θ_i - θ_j are tested against "not above" at once, the critical
value being a quantile of the largest studentised difference under the estimates' sampling distribution; what is
rejected leaves the family and the rest is tested again (step-down) until nothing more is. An area's set goes from one
plus the areas that are above it beyond doubt to all less those that are below it.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from pipeline.door import public
from pipeline.errors import CohesionError
from pipeline.index.checks import require_numbers
from pipeline.index.uncertainty.arrays import BoolArray, FloatArray, IntArray
from pipeline.index.uncertainty.ranks import ranked, ranked_groups
from pipeline.index.uncertainty.recipe import INDEX
from pipeline.index.uncertainty.replicated import ReplicatedIndex


@public()
def rank_sets(
    made: ReplicatedIndex,
    measure: str = INDEX,
    *,
    confidence: float = 0.95,
    simultaneous: bool = True,
    stepdown: bool = True,
    draws: int = 2_000,
    seed: int | None = None,
    only: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """One row per wave and area: rank (1 is highest), and the lowest and highest rank in its confidence set.

    ``simultaneous``: all sets of a wave hold the true ranks at once with the given confidence; otherwise each does.
    Where areas are equal, every rank that they could have counts as true. ``only`` (area, wave) names those ranked.
    Raises CohesionError for a wave with fewer than two areas, and for areas that some replicates have nobody of.
    """
    if seed is None:
        raise CohesionError("random draws need a declared seed", where="seed", todo="Declare a whole number.")
    deviations, estimates = made.deviations(measure), made.estimates[:, made.place(measure)]
    parts: list[pl.DataFrame] = []
    for wave, places in ranked_groups(made, measure, only, fewest=2):
        normal = np.random.default_rng([seed, len(parts)]).normal(size=(draws, len(deviations)))
        low, high = confidence_sets(
            estimates[places],
            deviations[:, places].T @ deviations[:, places],
            normal @ deviations[:, places],
            confidence,
            simultaneous=simultaneous,
            stepdown=stepdown,
        )
        columns = {
            "area": made.groups["area"].to_numpy()[places],
            "rank": ranked(estimates[places]),
            "low": low,
            "high": high,
        }
        parts.append(pl.DataFrame(columns).with_columns(wave=pl.lit(wave), measure=pl.lit(measure)))
    names = ["wave", "area", "measure", "rank", pl.col("low").alias("rank_low"), pl.col("high").alias("rank_high")]
    return pl.concat(parts).select(names)


@public()
def rank_sets_of_estimates(
    frame: pl.DataFrame,
    estimate: str = "estimate",
    std_error: str = "std_error",
    *,
    area: str = "area",
    confidence: float = 0.95,
    simultaneous: bool = True,
    stepdown: bool = True,
    draws: int = 2_000,
    seed: int | None = None,
) -> pl.DataFrame:
    """One row per area: the confidence set of its rank, from independent estimates and their standard errors.

    >>> frame = pl.DataFrame({"area": ["A", "B", "C"], "estimate": [60.0, 50.0, 49.5], "std_error": [1.0, 1.0, 1.0]})
    >>> rank_sets_of_estimates(frame, seed=1)
    shape: (3, 4)
    ┌──────┬──────┬──────────┬───────────┐
    │ area ┆ rank ┆ rank_low ┆ rank_high │
    │ ---  ┆ ---  ┆ ---      ┆ ---       │
    │ str  ┆ f64  ┆ f64      ┆ f64       │
    ╞══════╪══════╪══════════╪═══════════╡
    │ A    ┆ 1.0  ┆ 1.0      ┆ 1.0       │
    │ B    ┆ 2.0  ┆ 2.0      ┆ 3.0       │
    │ C    ┆ 3.0  ┆ 2.0      ┆ 3.0       │
    └──────┴──────┴──────────┴───────────┘
    """
    lost = [name for name in (area, estimate, std_error) if name not in frame.columns]
    if lost:
        raise CohesionError(f"has no column {', '.join(lost)}", where="frame")
    require_numbers(frame, [estimate, std_error])
    if seed is None:
        raise CohesionError("random draws need a declared seed", where="seed", todo="Declare a whole number.")
    rows = (
        frame.select(pl.col(area).alias("area"), pl.col(estimate, std_error).cast(pl.Float64)).drop_nulls().sort("area")
    )
    if rows.height < 2:
        raise CohesionError("fewer than two areas to rank", where="frame", count=rows.height, todo="Give two or more.")
    if rows["area"].is_duplicated().any() or (rows[std_error] < 0).any():
        raise CohesionError("an area twice, or a standard error below zero", where="frame", todo="Correct the frame.")
    x, error = rows[estimate].to_numpy(), rows[std_error].to_numpy()
    drawn = np.random.default_rng(seed).normal(size=(draws, len(x))) * error
    low, high = confidence_sets(x, np.diag(error**2), drawn, confidence, simultaneous=simultaneous, stepdown=stepdown)
    return rows.select("area").with_columns(rank=ranked(x), rank_low=low, rank_high=high)


def confidence_sets(
    estimates: FloatArray,
    covariance: FloatArray,
    drawn: FloatArray,
    confidence: float,
    *,
    simultaneous: bool = True,
    stepdown: bool = True,
) -> tuple[FloatArray, FloatArray]:
    """Lowest and highest rank in each area's set. ``drawn`` (draws × areas): draws of the estimates' errors."""
    if not 0 < confidence < 1:
        raise CohesionError(f"`confidence={confidence!r}` is no share between 0 and 1", where="confidence")
    areas = len(estimates)
    if areas == 1:
        return np.ones(1), np.ones(1)
    variance = np.diag(covariance)
    spread = np.sqrt(np.maximum(variance[:, None] + variance[None, :] - 2 * covariance, 0.0))
    difference = estimates[:, None] - estimates[None, :]
    with np.errstate(divide="ignore", invalid="ignore"):
        studentised = np.where(spread > 0, difference / spread, np.sign(difference) * np.inf)
    studentised = np.nan_to_num(studentised, nan=-np.inf, posinf=np.inf, neginf=-np.inf)
    np.fill_diagonal(studentised, -np.inf)
    family = ~np.eye(areas, dtype=bool)
    if simultaneous:
        above = _above(studentised, spread, drawn, family, confidence, stepdown)
        return 1.0 + above.sum(axis=0), areas - above.sum(axis=1).astype(np.float64)
    low, high = np.empty(areas), np.empty(areas)
    for at in range(areas):
        own = np.zeros_like(family)
        own[at], own[:, at] = family[at], family[:, at]
        above = _above(studentised, spread, drawn, own, confidence, stepdown)
        low[at], high[at] = 1 + above[:, at].sum(), areas - above[at].sum()
    return low, high


def _above(
    studentised: FloatArray, spread: FloatArray, drawn: FloatArray, family: BoolArray, confidence: float, stepdown: bool
) -> BoolArray:
    """Which areas (rows) are above which (columns) beyond doubt, of the pairs in the family."""
    rejected = np.zeros_like(family)
    left = family.copy()
    while left.any():
        new = left & (studentised > critical_value(spread, drawn, left, confidence))
        rejected |= new
        left &= ~new
        if not new.any() or not stepdown:
            break
    return rejected


def critical_value(spread: FloatArray, drawn: FloatArray, pairs: BoolArray, confidence: float) -> float:
    """The quantile of the largest studentised difference among the pairs."""
    largest = np.full(len(drawn), -np.inf)
    for row in np.flatnonzero(pairs.any(axis=1)):
        columns: IntArray = np.flatnonzero(pairs[row] & (spread[row] > 0))
        if len(columns):
            scaled = (drawn[:, row : row + 1] - drawn[:, columns]) / spread[row, columns]
            np.maximum(largest, scaled.max(axis=1), out=largest)
    return float(np.quantile(largest, confidence)) if np.isfinite(largest).all() else 0.0
