"""Measures of areas for small-area models, from the panel that holds them for each person."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from pipeline.door import public
from pipeline.index.checks import require_columns


@public(once=("scores", "panel"))
def area_covariates(scores: pl.DataFrame, panel: pl.DataFrame, covariates: Sequence[str]) -> pl.DataFrame:
    """One row per area and wave: the mean of each covariate over the area's people in ``scores``.

    ``panel`` holds them per person and wave; where a measure of the area is the same for all of its people, the mean is
    that. Raises CohesionError for columns that are absent.
    """
    require_columns(panel, ("person_id", "wave", *covariates), "the panel has")
    joined = scores.select("person_id", "wave", "area").join(
        panel.select("person_id", "wave", *covariates), on=["person_id", "wave"], how="left"
    )
    means = [pl.col(name).mean() for name in covariates]
    return joined.drop_nulls("area").group_by("area", "wave").agg(means).sort("area", "wave")
