"""The flow of people from wave to wave, ready to draw."""

from __future__ import annotations

import polars as pl


def flow(participation: pl.DataFrame) -> pl.DataFrame:
    """One row per arm, pair of consecutive waves, and pair of statuses: how many people went that way.

    ``share`` is of all persons of the arm. Statuses are those of ``participation``: the widths of a flow figure.
    """
    steps = participation.with_columns(
        to_wave=pl.col("wave").shift(-1).over("person_id"),
        to_status=pl.col("status").shift(-1).over("person_id"),
        persons=pl.col("person_id").n_unique().over("arm"),
    ).filter(pl.col("to_wave").is_not_null())
    places = participation.select("arm", "wave").unique(maintain_order=True).with_row_index("place")
    return (
        steps.rename({"wave": "from_wave", "status": "from_status"})
        .group_by("arm", "from_wave", "to_wave", "from_status", "to_status", maintain_order=True)
        .agg(count=pl.len().cast(pl.Int64), share=pl.len() / pl.col("persons").first())
        .join(places, left_on=["arm", "from_wave"], right_on=["arm", "wave"])
        .sort("place", "count", "from_status", "to_status", descending=[False, True, False, False])
        .drop("place")
    )
