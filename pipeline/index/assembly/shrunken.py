"""Reliability of each area's mean, and small-area estimates beside the direct ones."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from pipeline.errors import CohesionError
from pipeline.index.small_areas import fay_herriot
from pipeline.index.small_areas.area_variance import VarianceMethod
from pipeline.specs.index import Index

CELL = ("wave", "measure")
COLUMNS = ("reliability", "shrunken", "shrunken_error", "shrunken_low", "shrunken_high")
FEWEST = 5
"""Of fewer areas no variance between areas is estimated."""
AREA_LEVEL: dict[str, VarianceMethod] = {"reml": "reml", "ml": "ml", "fh": "fh"}


def with_reliability(means: pl.DataFrame, index: Index, covariates: pl.DataFrame | None = None) -> pl.DataFrame:
    """The means with ``reliability`` and, where the declaration asks for them, small-area estimates.

    The sampling variance of an area is that of one person, pooled over areas with its design effect, by the area's
    effective n: a variance of ten people's own is too uncertain to shrink by. Reliability is τ² / (τ² + variance), τ²
    by REML over the areas of a wave without covariates. ``covariates``: one row per ``area, wave`` with those declared.
    Waves and measures with fewer than five areas have neither.
    """
    smooth = _smoothed(means)
    parts = [_cell(part, index, covariates) for part in smooth.partition_by(CELL, maintain_order=True)]
    made = pl.concat(parts) if parts else smooth.with_columns(pl.lit(None, pl.Float64).alias(name) for name in COLUMNS)
    return made.drop("_sampling")


def _smoothed(means: pl.DataFrame) -> pl.DataFrame:
    own = pl.col("std_error") ** 2 * pl.col("n_effective")
    known = pl.col("std_error") > 0
    share = pl.when(known).then(pl.col("n_persons"))
    pooled = ((own * share).sum() / share.sum()).over(CELL)
    return means.with_columns(_sampling=(pooled / pl.col("n_effective")).sqrt())


def _cell(part: pl.DataFrame, index: Index, covariates: pl.DataFrame | None) -> pl.DataFrame:
    """One wave and measure. Areas without a covariate keep their direct estimate alone."""
    empty = part.with_columns(pl.lit(None, pl.Float64).alias(name) for name in COLUMNS)
    usable = part.filter(pl.col("_sampling") > 0).select("area", "estimate", "n_effective", std_error="_sampling")
    if usable.height < FEWEST:
        return empty
    plain = fay_herriot(usable, confidence=index.confidence).areas.select("area", "reliability")
    kept = part.join(plain, on="area", how="left", maintain_order="left")
    said = index.small_areas
    if said.method not in AREA_LEVEL:
        return kept.with_columns(pl.lit(None, pl.Float64).alias(name) for name in COLUMNS[1:])
    given = _with_covariates(usable, part, said.covariates, covariates)
    if given.height < len(said.covariates) + FEWEST:
        return kept.with_columns(pl.lit(None, pl.Float64).alias(name) for name in COLUMNS[1:])
    found = fay_herriot(
        given, covariates=said.covariates, method=AREA_LEVEL[said.method], confidence=index.confidence
    ).areas
    return kept.join(found.select("area", *COLUMNS[1:]), on="area", how="left", maintain_order="left")


def _with_covariates(
    usable: pl.DataFrame, part: pl.DataFrame, names: Sequence[str], covariates: pl.DataFrame | None
) -> pl.DataFrame:
    if not names:
        return usable
    absent = [name for name in ("area", "wave", *names) if covariates is None or name not in covariates.columns]
    if covariates is None or absent:
        raise CohesionError("the covariates of the small-area model are not given", where=", ".join(names))
    here = covariates.filter(pl.col("wave") == part["wave"][0]).select("area", *names)
    return usable.join(here, on="area", how="inner", maintain_order="left").drop_nulls(list(names))
