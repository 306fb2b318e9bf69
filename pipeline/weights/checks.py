"""The checks that a weight set must pass before it is used."""

from __future__ import annotations

import numpy as np
import polars as pl

from pipeline.weights.replicates import Replicates

MARGIN_TOLERANCE = 1e-6
MEAN_TOLERANCE = 1e-9


def check_weights(
    table: pl.DataFrame,
    *,
    weight: str = "panel_weight",
    margins: pl.DataFrame | None = None,
    tolerance: float = MARGIN_TOLERANCE,
) -> dict[str, int]:
    """Check → how often it fails. Counts only, so that no person's weight reaches a log.

    Weights are positive, finite and of mean one; everyone who responded has one and nobody else; those without a weight
    have a reason; the margins are met within ``tolerance`` of a share.
    """
    weights = table[weight].drop_nulls()
    found = {
        "weights are positive": int((weights <= 0).sum()),
        "weights are finite": int((~weights.is_finite()).sum()),
        "weights have mean one": int(not weights.len() or abs(float(weights.to_numpy().mean()) - 1) > MEAN_TOLERANCE),
    }
    if "responded" in table.columns:
        has = table[weight].is_not_null()
        found["responders, and only they, have a weight"] = int((has != table["responded"]).sum())
        found["persons without a weight have a reason"] = int((~has & table["reason"].is_null()).sum())
    if margins is not None:
        found["margins are met"] = int((margins["difference"].abs() > tolerance).sum())
    return found


def check_replicates(replicates: Replicates) -> dict[str, int]:
    """Check → how many replicates fail it: finite, not negative, and summing to what the full sample sums to."""
    weights, total = replicates.weights, replicates.full.sum()
    return {
        "replicate weights are finite": int((~np.isfinite(weights)).any(axis=0).sum()),
        "replicate weights are not negative": int((weights < 0).any(axis=0).sum()),
        "replicates sum to the full sample": int((np.abs(weights.sum(axis=0) / total - 1) > MARGIN_TOLERANCE).sum()),
    }
