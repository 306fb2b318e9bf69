"""Direct estimates of areas as they are given, checked and taken to the scale of the model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from pipeline.errors import CohesionError
from pipeline.index.small_areas.area_variance import VarianceMethod
from pipeline.index.small_areas.back_transformation import OnScale, Transformation, onto
from pipeline.index.small_areas.given import FloatArray, by_area, design_of, levels_of, numbers

WHERE = "direct estimates"
NOTHING = 1e-70
"""Variances as small are zero: the squares of their weights overflow."""
SMOOTH = "Smooth the variances over areas, or leave the area's estimate out."
EFFECTIVE = "Give the number that a simple random sample would need."


@dataclass(frozen=True)
class Columns:
    """Which column of the frame holds what; ``variance`` goes before ``std_error`` where it is named."""

    estimate: str
    std_error: str
    variance: str | None
    covariates: Sequence[str]
    area: str
    n_effective: str


@dataclass(frozen=True)
class Direct:
    """All areas (M) in the order of their codes, NaN for what is not given; ``scale`` holds those with a sample (m)."""

    codes: pl.Series
    estimate: FloatArray
    error: FloatArray
    effective: FloatArray
    sampled: FloatArray
    design: FloatArray
    names: list[str]
    scale: OnScale


def direct_estimates(frame: pl.DataFrame, columns: Columns, transformation: Transformation) -> Direct:
    """Raises CohesionError for areas that are there twice, variances that are missing or zero, missing covariates."""
    frame = by_area(frame, columns.area, WHERE)
    values = numbers(frame, columns.estimate, WHERE, needed=False)
    sampled = ~np.isnan(values)
    effective = _optional(frame, columns.n_effective)
    if transformation == "arcsine":
        _positive(effective, sampled, columns.n_effective, "an effective n", EFFECTIVE)
        error = _optional(frame, columns.std_error)
        sampling = np.full(frame.height, np.nan)
    else:
        name = columns.variance or columns.std_error
        raw = numbers(frame, name, WHERE, needed=False)
        sampling = raw if columns.variance else np.where(raw > 0, raw, 0.0) ** 2
        _positive(np.where(sampling > NOTHING, sampling, 0.0), sampled, name, "a sampling variance", SMOOTH)
        error = np.sqrt(sampling)
    levels = levels_of(frame.filter(pl.Series(sampled)), columns.covariates)
    design, names = design_of(frame, columns.covariates, WHERE, levels)
    where = f"{WHERE}: {columns.estimate}"
    scale = onto(transformation, values[sampled], sampling[sampled], effective[sampled], where)
    codes = frame[columns.area].cast(pl.String).alias("area")
    return Direct(codes, values, error, effective, sampled, design, names, scale)


def enough(given: Direct, method: VarianceMethod) -> None:
    """Raises CohesionError where there are too few areas with a sample for the coefficients and a variance."""
    m, p = int(given.sampled.sum()), len(given.names)
    needed = p + 3 if method == "amrl" else p + 2
    if m < needed:
        what = f"{m} areas with a sample are too few for {p} coefficients and a variance by `{method}`"
        raise CohesionError(what, where=WHERE, todo=f"Give {needed} or more, or fewer covariates.")


def _optional(frame: pl.DataFrame, column: str) -> FloatArray:
    if column in frame.columns:
        return numbers(frame, column, WHERE, needed=False)
    return np.full(frame.height, np.nan)


def _positive(values: FloatArray, sampled: FloatArray, name: str, what: str, todo: str) -> None:
    with np.errstate(invalid="ignore"):
        wrong = int((~(values > 0) & sampled).sum())
    if wrong:
        text = f"{what} that is missing, zero or negative in areas with an estimate"
        raise CohesionError(text, where=f"{WHERE}: {name}", count=wrong, todo=todo)
