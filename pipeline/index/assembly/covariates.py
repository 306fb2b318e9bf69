"""Measures of areas for small-area models, from the panel that holds them for each person."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from pipeline.door import public
from pipeline.index.checks import require_columns, require_numbers, require_same_keys


@public(once=("scores", "panel"))
def area_covariates(scores: pl.DataFrame, panel: pl.DataFrame, covariates: Sequence[str]) -> pl.DataFrame:
    """One row per area and wave: the mean of each covariate over the area's people in ``scores``.

    ``panel`` holds them per person and wave; where a measure of the area is the same for all of its people, the mean is
    that. Raises CohesionError for columns that are absent or no numbers.
    """
    require_columns(scores, ("person_id", "wave", "area"), "the scores have")
    require_columns(panel, ("person_id", "wave", *covariates), "the panel has")
    require_numbers(panel, covariates)
    require_same_keys(scores, panel, ("person_id", "wave"))
    joined = scores.select("person_id", "wave", "area").join(
        panel.select("person_id", "wave", *covariates), on=["person_id", "wave"], how="left"
    )
    means = [pl.col(name).mean() for name in covariates]
    return joined.drop_nulls("area").group_by("area", "wave").agg(means).sort("area", "wave")
