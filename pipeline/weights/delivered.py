"""Weights as the depositor delivered them."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl


def delivered_weights(answers: pl.DataFrame, *, weight: str = "design_weight") -> pl.DataFrame:
    """One row per person and wave: the delivered weight, and the same scaled to mean one within arm and wave.

    A row without a weight keeps none: it is counted, never given a weight of one silently.
    """
    scaled = pl.col(weight) / pl.col(weight).mean().over("arm", "wave")
    return answers.select("person_id", "study", "arm", "wave", weight, scaled.alias("scaled_weight"))


def design_effect(weights: Sequence[float] | pl.Series) -> float:
    """Kish's design effect of unequal weights, n Σw² / (Σw)². Kish (1965)."""
    values = pl.Series(weights).drop_nulls().cast(pl.Float64).to_numpy()
    return float(len(values) * (values**2).sum() / values.sum() ** 2)


def weight_summary(table: pl.DataFrame, *, weight: str = "design_weight") -> dict[str, float | int]:
    """Counts and spread for the UI; no person's weight."""
    values = table[weight].drop_nulls()
    summary: dict[str, float | int] = {"weighted": values.len(), "without_weight": table.height - values.len()}
    if values.len():
        summary["design_effect"] = round(design_effect(table["scaled_weight"]), 3)
    return summary
