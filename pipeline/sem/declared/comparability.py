"""Which scales may be compared over waves and groups: the conclusions of a study's invariance models, as one table."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from pipeline.sem.declared.invariance import LEVELS
from pipeline.tables import Comparability

WAVES = "waves"


def comparability(study: str, over: Mapping[str, str], estimates: pl.DataFrame) -> pl.DataFrame:
    """One row per model, scale and wave (where groups were compared wave by wave): may its means be compared?

    ``over``: invariance model → "waves", or the column whose groups it compares. ``estimates``: rows of those models.
    ``is_comparable`` is null where the ladder could not be climbed, with the reason; it is false where scalar
    invariance failed by the criterion declared beforehand, and ``freed`` then names what partial invariance would take.
    ``associations`` may be compared from metric invariance on.
    """
    concluded = estimates.filter(pl.col("component") == "invariance", pl.col("term") == "means_comparable")
    partial = estimates.filter(
        pl.col("component") == "invariance", pl.col("term") == "means_partially_comparable", pl.col("estimate") == 1
    ).select("model", "outcome", "wave", freed="note")
    level = estimates.filter(pl.col("component") == "invariance", pl.col("term") == "level").select(
        "model", "outcome", "wave", level="estimate"
    )
    made = concluded
    for further in (partial, level):
        made = made.join(further, on=["model", "outcome", "wave"], how="left", nulls_equal=True, maintain_order="left")
    return Comparability.validate(
        made.select(
            study=pl.lit(study),
            model="model",
            scale="outcome",
            over=pl.col("model").replace_strict(dict(over), return_dtype=pl.String),
            wave="wave",
            is_comparable=pl.col("estimate") == 1,
            associations=pl.col("level") >= LEVELS.index("metric"),
            reason="note",
            freed="freed",
        ),
        cast=True,
    )
