"""Replicates as tables, and back."""

from __future__ import annotations

import numpy as np
import polars as pl

from pipeline.weights.replicates import Replicates


def replicate_tables(person_ids: pl.Series, replicates: Replicates) -> tuple[pl.DataFrame, pl.DataFrame]:
    """One row per replicate: its factor in the variance; and one row per person with a weight, a column for each.

    ``person_ids`` are the persons of the rows of ``replicates``.
    """
    names = column_names(replicates.weights.shape[1])
    scales = pl.DataFrame(
        {
            "replicate": names,
            "variance_factor": replicates.scale * replicates.rscales,
            "kind": [replicates.kind] * len(names),
            "degrees_of_freedom": [replicates.degrees_of_freedom] * len(names),
        }
    )
    columns = {name: replicates.weights[:, place] for place, name in enumerate(names)}
    return scales, pl.DataFrame({"person_id": person_ids, "panel_weight": replicates.full, **columns})


def read_replicates(scales: pl.DataFrame, weights: pl.DataFrame) -> Replicates:
    """The replicates that ``replicate_tables`` wrote."""
    return Replicates(
        full=weights["panel_weight"].to_numpy(),
        weights=np.ascontiguousarray(weights.select(scales["replicate"].to_list()).to_numpy()),
        scale=1.0,
        rscales=scales["variance_factor"].to_numpy(),
        kind=str(scales["kind"][0]),
        degrees_of_freedom=int(scales["degrees_of_freedom"][0]),
    )


def column_names(count: int) -> list[str]:
    """r0001, r0002, …"""
    return [f"r{number:04}" for number in range(1, count + 1)]
