"""Outcomes with categories: from answers, or the levels of an Enum, to codes and back to names."""

from __future__ import annotations

import numpy as np
import polars as pl

from pipeline.errors import ModelError
from pipeline.models.columns import level_name, require

MOST_CATEGORIES = 30
"""An outcome with more values than this is a number, or a name, and no answer to a question with categories."""


def coded(frame: pl.DataFrame, outcome: str, kind: str) -> pl.DataFrame:
    """The frame with numbers for the categories of the outcome; ``kind`` is "ordered", "unordered", or a number's.

    Raises ModelError for text where an order, or a number, is needed, and if there is no such column.
    """
    require(frame, [outcome])
    held = frame.schema[outcome]
    if held.is_numeric() or held == pl.Boolean:
        return frame
    if held == pl.Enum and kind in ("ordered", "unordered"):
        return frame.with_columns(pl.col(outcome).to_physical().cast(pl.Float64))
    if kind == "unordered":
        return frame.with_columns(pl.col(outcome).cast(pl.Enum(_texts(frame, outcome))).to_physical().cast(pl.Float64))
    todo = "Give the categories as numbers" + (", or as an Enum in their order." if kind == "ordered" else ".")
    raise ModelError("text has no order and is no number", where=outcome, todo=todo)


def level_names(found: np.ndarray, held: pl.DataFrame, outcome: str) -> tuple[str, ...]:
    """The name of each of the codes ``found`` (rising), as the frame ``held`` them. Raises ModelError for many."""
    if len(found) > MOST_CATEGORIES:
        raise ModelError(
            "the outcome has too many values for a model of categories",
            where=outcome,
            count=len(found),
            todo="Name a single item with a few answers, or use a linear model.",
        )
    return tuple(_name(float(code), held, outcome) for code in found)


def unchosen(found: np.ndarray, held: pl.DataFrame, outcome: str) -> str | None:
    """The note on categories between those ``found`` that nobody chose: thresholds stand between the others."""
    if not np.all(found == np.round(found)) or found[-1] - found[0] > MOST_CATEGORIES:
        return None
    gaps = [code for code in range(int(found[0]), int(found[-1])) if code not in found]
    return f"nobody answered {', '.join(_name(float(code), held, outcome) for code in gaps)}" if gaps else None


def _name(code: float, held: pl.DataFrame, outcome: str) -> str:
    kind = held.schema[outcome]
    if kind.is_numeric() or kind == pl.Boolean:
        return level_name(code)
    if kind == pl.Enum:
        return str(kind.categories[int(code)])  # type: ignore[attr-defined]
    return _texts(held, outcome)[int(code)]


def _texts(frame: pl.DataFrame, outcome: str) -> list[str]:
    return [str(value) for value in frame[outcome].drop_nulls().unique().sort().to_list()]
