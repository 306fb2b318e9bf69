"""Persons' scores side by side, and the direct estimates of all measures of an index."""

from __future__ import annotations

import polars as pl

from pipeline.errors import CohesionError
from pipeline.index.checks import require_columns, require_same_keys
from pipeline.index.persons import area_means
from pipeline.specs.index import WHOLE, Index

KEYS = ("person_id", "wave")
HEAD = (*KEYS, "study", "arm", "fieldwork_start", "area", "weight")


def together(index: Index, scores: pl.DataFrame, indicators: pl.DataFrame) -> pl.DataFrame:
    """One row per person and wave: the head, then every measure. Raises CohesionError for other columns."""
    for frame, names in ((scores, [*index.domains, WHOLE]), (indicators, list(index.indicators))):
        require_columns(frame, (*HEAD, *names), "the scores of the index have")
    require_same_keys(scores, indicators, KEYS)
    found = scores.select(*HEAD, *index.domains, WHOLE)
    joined = found.join(
        indicators.select(*KEYS, *index.indicators), on=list(KEYS), how="left", maintain_order="left", validate="1:1"
    )
    if joined.height != indicators.height:
        raise CohesionError("persons' scores and their indicators are not of the same people", count=indicators.height)
    return joined


def direct(index: Index, everything: pl.DataFrame, design: pl.DataFrame | None = None) -> pl.DataFrame:
    """One row per area, wave and measure: ``area_means`` of every measure, its level, and the interval declared."""
    measures = index.measures
    made = area_means(everything, list(measures), design, confidence=index.confidence)
    levels = pl.DataFrame({"measure": list(measures), "level": list(measures.values())})
    return made.join(levels, on="measure", how="left", maintain_order="left")
