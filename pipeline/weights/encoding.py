"""From columns to the matrix of a response model: a constant, numbers as they are, one column per category but one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl

from pipeline.errors import ModelError

CONSTANT = "(constant)"
UNKNOWN = "unknown"

Missing = Literal["complete", "indicator"]


@dataclass(frozen=True)
class Encoded:
    """A model matrix (rows used × terms) and what each of its columns stands for."""

    matrix: np.ndarray
    variables: list[str]
    levels: list[str | None]
    used: np.ndarray  # one truth value per row of the frame: False where a predictor was missing and rows are dropped

    @property
    def terms(self) -> list[str]:
        """``trust`` for a number, ``age: 55+`` for a category against its reference."""
        pairs = zip(self.variables, self.levels, strict=True)
        return [variable if level is None else f"{variable}: {level}" for variable, level in pairs]


def encode(
    frame: pl.DataFrame,
    predictors: Sequence[str],
    *,
    reference: Mapping[str, str] | None = None,
    missing: Missing = "complete",
) -> Encoded:
    """The model matrix of ``predictors`` with a constant first.

    Text, Enum and Boolean columns become one column per category except the reference: the one named in
    ``reference``, else the first of an Enum, else the first in sorted order. ``missing="complete"`` drops rows with
    an unanswered predictor; ``"indicator"`` keeps every row: ``unknown`` becomes a category, and an unanswered
    number takes the mean with an indicator column.
    """
    reference = reference or {}
    absent = [name for name in predictors if name not in frame.columns]
    if absent:
        raise ModelError("the table has no such columns", where=", ".join(absent), count=len(absent))
    _refuse_foreign(frame, reference)
    complete = frame.select(pl.all_horizontal(pl.col(name).is_not_null() for name in predictors)).to_series()
    used = complete.to_numpy() if missing == "complete" and predictors else np.ones(frame.height, dtype=bool)
    rows = frame.filter(pl.Series(used))
    if not rows.height:
        raise ModelError("no person has all predictors answered", where=", ".join(predictors))
    columns, variables = [np.ones(rows.height)], [CONSTANT]
    levels: list[str | None] = [None]
    for name in predictors:
        block, block_levels = _block(rows[name], reference.get(name))
        columns.extend(block)
        variables.extend([name] * len(block))
        levels.extend(block_levels)
    return Encoded(np.column_stack(columns), variables, levels, used)


def _refuse_foreign(frame: pl.DataFrame, reference: Mapping[str, str]) -> None:
    """Raises ModelError for references of what is no column of categories: several models may share references."""
    foreign = [name for name in reference if name not in frame.columns or frame.schema[name].is_numeric()]
    if foreign:
        raise ModelError(
            "a reference is for columns of categories", where=", ".join(foreign), todo="Correct `reference`."
        )


def _block(series: pl.Series, reference: str | None) -> tuple[list[np.ndarray], list[str | None]]:
    """The columns of one predictor, with the level each stands for (None for a number)."""
    if series.dtype.is_numeric():
        values = series.cast(pl.Float64).to_numpy()
        absent = np.isnan(values)
        if not absent.any():
            return [values], [None]
        mean = float(np.nanmean(values)) if not absent.all() else 0.0
        return [np.where(absent, mean, values), absent.astype(float)], [None, UNKNOWN]
    categories = _categories(series)
    first = reference if reference is not None else categories[0]
    if first not in categories:
        raise ModelError(f"{first!r} is not a category that occurs", where=series.name)
    text = series.cast(pl.String).fill_null(UNKNOWN).to_numpy()
    rest = [category for category in categories if category != first]
    return [(text == category).astype(float) for category in rest], list(rest)


def _categories(series: pl.Series) -> list[str]:
    text = series.cast(pl.String).drop_nulls()
    found = set(text.unique())
    ordered = series.dtype.categories.to_list() if isinstance(series.dtype, pl.Enum) else sorted(found)
    present = [category for category in ordered if category in found]
    return [*present, UNKNOWN] if series.null_count() else present
