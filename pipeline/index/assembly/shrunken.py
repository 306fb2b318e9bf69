"""Reliability of each area's mean, and small-area estimates alongside the direct ones."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from pipeline.errors import CohesionError
from pipeline.index.small_areas import battese_harter_fuller, benchmarked, fay_herriot, poststratified
from pipeline.index.small_areas.area_variance import VarianceMethod
from pipeline.index.small_areas.back_transformation import Transformation
from pipeline.specs.index import Index

CELL = ("wave", "measure")
SHRUNKEN = ("shrunken", "shrunken_error", "shrunken_low", "shrunken_high")
COLUMNS = ("reliability", *SHRUNKEN)
FEWEST = 5
"""Of fewer areas no variance between areas is estimated."""
AREA_LEVEL: dict[str, VarianceMethod] = {"reml": "reml", "ml": "ml", "fh": "fh"}


@dataclass(frozen=True)
class Known:
    """What else a small-area model is given: ``covariates``, one row per ``area, wave``; ``margins``, one row per
    ``person_id, wave`` with the variables to post-stratify by; ``census``, one row per ``area`` and combination of
    them, with ``count``."""

    covariates: pl.DataFrame | None = None
    margins: pl.DataFrame | None = None
    census: pl.DataFrame | None = None


def with_reliability(
    means: pl.DataFrame, index: Index, everything: pl.DataFrame, known: Known | None = None
) -> pl.DataFrame:
    """The means with ``reliability`` and, where the declaration asks for them, small-area estimates.

    ``everything``: one row per person and wave with ``area, weight`` and every measure. The sampling variance of an
    area is that of one person, pooled over areas with its design effect, by the area's effective n: a variance of ten
    people's own is too uncertain to shrink by. Reliability is τ² / (τ² + variance), τ² by REML over the areas of a wave
    without covariates. Waves and measures with fewer than five areas have neither. Where ``benchmarked`` is declared,
    small-area estimates add up to the direct mean of all areas, those that are known well moving least. Raises
    CohesionError for what the declared model needs and is not given.
    """
    known = known or Known()
    smooth = _smoothed(means)
    parts = [_cell(part, index, everything, known) for part in smooth.partition_by(CELL, maintain_order=True)]
    names = [*(name for name in means.columns if name not in COLUMNS), *COLUMNS]
    empty = smooth.with_columns(pl.lit(None, pl.Float64).alias(name) for name in COLUMNS)
    return pl.concat([part.select(names) for part in parts]) if parts else empty.select(names)


def _smoothed(means: pl.DataFrame) -> pl.DataFrame:
    own = pl.col("std_error") ** 2 * pl.col("n_effective")
    known = pl.col("std_error") > 0
    share = pl.when(known).then(pl.col("n_persons"))
    pooled = ((own * share).sum() / share.sum()).over(CELL)
    return means.with_columns(_sampling=(pooled / pl.col("n_effective")).sqrt().fill_nan(None))


def _cell(part: pl.DataFrame, index: Index, everything: pl.DataFrame, known: Known) -> pl.DataFrame:
    """One wave and measure. Areas without a covariate keep their direct estimate alone."""
    usable = part.filter(pl.col("_sampling") > 0).select("area", "estimate", "n_effective", std_error="_sampling")
    if usable.height < FEWEST:
        return part.with_columns(pl.lit(None, pl.Float64).alias(name) for name in COLUMNS)
    plain = fay_herriot(usable, confidence=index.confidence).areas
    kept = part.join(plain.select("area", "reliability"), on="area", how="left", maintain_order="left")
    said = index.small_areas
    given = _with_covariates(usable, part, index, known)
    if said.method == "none" or given.height < len(said.covariates) + FEWEST:
        return kept.with_columns(pl.lit(None, pl.Float64).alias(name) for name in SHRUNKEN)
    wave, measure = str(part["wave"][0]), str(part["measure"][0])
    people = everything.filter(pl.col("wave") == wave, pl.col("area").is_in(given["area"].to_list()))
    people = people.filter(pl.col(measure).is_not_null(), pl.col("weight") > 0)
    if said.method in AREA_LEVEL:
        found = plain if _is_plain(index) else _area_level(given, people[measure], index)
    elif said.method == "unit":
        found = _unit_level(people, given, measure, index)
    else:
        found = _poststratified(people, given, measure, index, known)
    if said.benchmarked:
        found = _benchmarked(found.select("area", *SHRUNKEN), given, people)
    return kept.join(found.select("area", *SHRUNKEN), on="area", how="left", maintain_order="left")


def _is_plain(index: Index) -> bool:
    """Whether the declared model is that of the reliability: fitted once for both."""
    said = index.small_areas
    return said.method == "reml" and not said.covariates and said.transform == "none"


def _area_level(given: pl.DataFrame, values: pl.Series, index: Index) -> pl.DataFrame:
    """Fay and Herriot's model; on the arcsine's scale where everybody is at one end of the bounds or the other."""
    said, (low, high) = index.small_areas, index.normalisation.bounds
    binary = said.transform == "arcsine" and values.is_in([low, high]).all()
    kind: Transformation = "arcsine" if binary else "log" if said.transform == "log" else "none"
    width = high - low
    if binary:
        given = given.with_columns((pl.col("estimate") - low) / width)
    made = fay_herriot(
        given,
        covariates=said.covariates,
        method=AREA_LEVEL[said.method],
        transformation=kind,
        confidence=index.confidence,
    ).areas
    if not binary:
        return made
    ends = [(low + width * pl.col(name)).alias(name) for name in ("shrunken", "shrunken_low", "shrunken_high")]
    return made.with_columns(*ends, (width * pl.col("shrunken_error")).alias("shrunken_error"))


def _unit_level(people: pl.DataFrame, given: pl.DataFrame, measure: str, index: Index) -> pl.DataFrame:
    """Battese, Harter and Fuller's model: covariates of areas are the same for all of their people."""
    names = index.small_areas.covariates
    means = given.select("area", *names)
    joined = people.select("area", measure).join(means, on="area", maintain_order="left")
    return battese_harter_fuller(joined, means, outcome=measure, covariates=names, confidence=index.confidence).areas


def _poststratified(
    people: pl.DataFrame, given: pl.DataFrame, measure: str, index: Index, known: Known
) -> pl.DataFrame:
    """Multilevel regression with post-stratification by the declared margins."""
    said = index.small_areas
    if known.census is None or known.margins is None:
        raise CohesionError("the census table and the variables to post-stratify by are not given", where="small_areas")
    here = people.select("person_id", "wave", "area", measure).join(
        known.margins.select("person_id", "wave", *said.margins), on=["person_id", "wave"], how="left"
    )
    census = known.census.select("area", *said.margins, "count")
    census = census.join(given.select("area", *said.covariates), on="area") if said.covariates else census
    made = poststratified(
        here,
        census,
        outcome=measure,
        cells=said.margins,
        covariates=said.covariates,
        confidence=index.confidence,
        seed=index.uncertainty.seed,
    )
    return made.areas


def _benchmarked(found: pl.DataFrame, given: pl.DataFrame, people: pl.DataFrame) -> pl.DataFrame:
    """Moved so that they add up to the direct mean of the same areas, weighted by their people's weights."""
    shares = people.group_by("area").agg(_share=pl.col("weight").sum())
    rows = found.join(shares, on="area", maintain_order="left").join(
        given.select("area", "estimate"), on="area", maintain_order="left"
    )
    weight, estimate = rows["_share"].to_numpy(), rows["estimate"].to_numpy()
    made = benchmarked(rows, float(weight @ estimate / weight.sum()), share="_share", method="mse").areas
    wider = pl.col("benchmarked_error") / pl.col("shrunken_error")
    ends = [
        (pl.col("benchmarked") + wider * (pl.col(name) - pl.col("shrunken"))).alias(name)
        for name in ("shrunken_low", "shrunken_high")
    ]
    return made.with_columns(*ends).select(
        "area", "shrunken_low", "shrunken_high", shrunken="benchmarked", shrunken_error="benchmarked_error"
    )


def _with_covariates(usable: pl.DataFrame, part: pl.DataFrame, index: Index, known: Known) -> pl.DataFrame:
    names, covariates = index.small_areas.covariates, known.covariates
    if not names:
        return usable
    absent = [name for name in ("area", "wave", *names) if covariates is None or name not in covariates.columns]
    if covariates is None or absent:
        raise CohesionError("the covariates of the small-area model are not given", where=", ".join(names))
    here = covariates.filter(pl.col("wave") == part["wave"][0]).select("area", *names)
    return usable.join(here, on="area", how="inner", maintain_order="left").drop_nulls(list(names))
