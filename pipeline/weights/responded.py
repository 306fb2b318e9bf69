"""Who responded, from a column coded 1 and 0 or true and false; and groups of which nobody did."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from pipeline.errors import ModelError


def response_of(frame: pl.DataFrame, responded: str) -> np.ndarray:
    """True where a person responded. Raises ModelError for another coding than 1 and 0, or true and false."""
    if responded not in frame.columns:
        raise ModelError("the table has no such column", where=responded)
    column = frame[responded]
    number = column.dtype.is_numeric() and bool(column.drop_nulls().cast(pl.Float64).is_in([0.0, 1.0]).all())
    known = column.dtype == pl.Boolean or number
    if not known:
        raise ModelError(
            "response is coded 1 (responded) and 0 (did not), and this column otherwise",
            where=responded,
            count=frame.height,
            todo=f'Recode it, for example pl.col("{responded}") == 1.',
        )
    if column.null_count():
        raise ModelError(
            "people of whom it is not said whether they responded",
            where=responded,
            count=column.null_count(),
            todo="Give 0 for those who did not respond, or leave them out.",
        )
    return np.asarray(column.cast(pl.Boolean).to_numpy())


def refuse_silent(frame: pl.DataFrame, answered: np.ndarray, predictors: Sequence[str]) -> None:
    """Raises ModelError naming each group of a predictor of which nobody responded: no weight can stand for it."""
    silent = []
    for name in predictors:
        column = frame[name] if name in frame.columns else None
        if column is None or (column.dtype.is_numeric() and column.drop_nulls().n_unique() > 2):
            continue
        seen = pl.DataFrame({"group": column.cast(pl.String).fill_null("unknown"), "answered": answered})
        groups = seen.group_by("group").agg(pl.col("answered").any()).filter(~pl.col("answered"))["group"].sort()
        silent += [f"{name}: {group}" for group in groups]
    if silent:
        raise ModelError(
            "groups of which nobody responded, so that no weight can stand for them",
            where="; ".join(silent),
            count=len(silent),
            todo="Merge each with another category, or leave its people out of the population.",
        )
