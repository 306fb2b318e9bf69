"""Weights as the depositor delivered them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl

from pipeline.on_disk import OnDisk, is_source
from pipeline.on_disk import on_disk as table_on_disk
from pipeline.weights.base import counted


def delivered_weights(answers: Any, *, weight: str = "design_weight") -> Any:
    """One row per person and wave: the delivered weight, and the same scaled to mean one within arm and wave.

    A row without a weight keeps none: it is counted, never given a weight of one silently. Of a table on disk (a
    path, a query) it is one, too.
    """
    if is_source(answers):
        from pipeline.weights import on_disk

        return on_disk.delivered_weights(table_on_disk(answers), weight=weight)
    scaled = pl.col(weight) / pl.col(weight).mean().over("arm", "wave")
    return answers.select("person_id", "study", "arm", "wave", weight, scaled.alias("scaled_weight"))


def waves_without(
    table: pl.DataFrame | OnDisk, weighted: Sequence[tuple[str, str]], *, weight: str = "design_weight"
) -> list[tuple[str, str]]:
    """Arm and wave of ``weighted`` in which people answered and nobody has a weight above zero."""
    rows = table.scan() if isinstance(table, OnDisk) else table.lazy()
    found = (
        rows.with_columns(pl.col("arm", "wave").cast(pl.String))
        .group_by("arm", "wave")
        .agg((pl.col(weight) > 0).any().fill_null(False).alias("some"))
        .filter(~pl.col("some"))
        .sort("arm", "wave")
        .collect()
    )
    return [place for place in found.select("arm", "wave").iter_rows() if place in set(weighted)]


def design_effect(weights: Sequence[float] | pl.Series) -> float:
    """Kish's design effect of unequal weights, n Σw² / (Σw)². Kish (1965)."""
    values = pl.Series(weights).drop_nulls().cast(pl.Float64).to_numpy()
    return float(len(values) * (values**2).sum() / values.sum() ** 2)


def weight_summary(table: pl.DataFrame | OnDisk, *, weight: str = "design_weight") -> dict[str, float | int]:
    """Counts and spread for the UI; no person's weight."""
    if isinstance(table, OnDisk):
        from pipeline.weights import on_disk

        return on_disk.weight_summary(table, weight=weight)
    positive = table.filter(pl.col(weight) > 0)
    zero = table.filter(pl.col(weight) == 0).height
    summary: dict[str, float | int] = counted(positive.height, zero, table.height)
    if positive.height:
        summary["design_effect"] = round(design_effect(positive["scaled_weight"]), 3)
    return summary
