"""From a frame of effects to arrays: complete rows, errors above zero, moderators as columns of a design."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from pipeline.index.programmes.errors import refused
from pipeline.index.programmes.heterogeneity import Array

INTERCEPT = "intercept"


@dataclass(frozen=True)
class Effects:
    """Effects, the part of their sampling variances that is their own, and the design with its terms."""

    y: Array
    v: Array
    X: Array
    terms: tuple[str, ...]
    left_out: int
    intercept: bool = True

    def row(self, at: dict[str, float]) -> Array:
        """The row of the design at these values of the moderators. Raises ModelError for one that is missing."""
        others = self.terms[1:]
        missing, unknown = [name for name in others if name not in at], [name for name in at if name not in others]
        if missing or unknown:
            name = (missing or unknown)[0]
            what = f"`{name}` needs a value" if missing else f"`{name}` is no term of the model"
            raise refused(what, where="at", todo=f"Terms: {', '.join(others) or 'none'}.")
        return np.array([1.0, *(float(at[name]) for name in others)])


def effects_of(
    frame: pl.DataFrame,
    estimate: str,
    std_error: str | None,
    variance: str | None,
    moderators: Sequence[str],
    shared: float,
) -> Effects:
    """The complete rows as arrays. Raises ModelError for columns, errors or moderators that cannot serve."""
    if (std_error is None) == (variance is None):
        raise refused(
            "the sampling error of each effect is needed, once",
            where="std_error, variance",
            todo='Name one column: std_error="…" or variance="…".',
        )
    error = str(std_error or variance)
    _require_columns(frame, [estimate, error, *moderators], numeric=[estimate, error])
    if len(set(moderators)) < len(moderators):
        raise refused("a moderator is named twice", where="moderators", todo="Name each once.")
    kept = frame.drop_nulls([estimate, error, *moderators])
    if kept.is_empty():
        raise refused("no row has an effect and its error", where=f"{estimate}, {error}", count=frame.height)
    y = kept[estimate].cast(pl.Float64).to_numpy()
    spread = kept[error].cast(pl.Float64).to_numpy()
    wrong = int((spread <= 0).sum())
    if wrong:
        raise refused("sampling errors must be above zero", where=error, count=wrong, todo="Correct or leave them out.")
    v = (spread if variance else spread**2) - _checked_share(shared)
    if (v <= 0).any():
        raise refused(
            f"`shared={shared:g}` is as large as the whole sampling variance of an effect",
            where="shared",
            count=int((v <= 0).sum()),
            todo="It is the part of each variance that all effects have in common.",
        )
    X, terms = _design(kept, moderators)
    if np.linalg.matrix_rank(X) < X.shape[1] and X.shape[0] >= X.shape[1]:
        raise refused(
            "moderators say the same as each other, or are the same for all effects",
            where=", ".join(moderators),
            todo="Leave one out.",
        )
    return Effects(y, v, X, terms, frame.height - kept.height)


def _checked_share(shared: float) -> float:
    if not (isinstance(shared, (int, float)) and math.isfinite(shared) and shared >= 0):
        raise refused(f"`shared={shared!r}` is no variance", where="shared", todo="Give zero or more.")
    return float(shared)


def _require_columns(frame: pl.DataFrame, names: Sequence[str], *, numeric: Sequence[str]) -> None:
    missing = [name for name in names if name not in frame.columns]
    if missing:
        raise refused(
            f"the frame has no column {', '.join(f'`{name}`' for name in missing)}",
            todo=f"It has {', '.join(frame.columns)}.",
        )
    for name in numeric:
        if not frame[name].dtype.is_numeric():
            raise refused("must be numbers", where=name, todo="Correct the column.")


def _design(frame: pl.DataFrame, moderators: Sequence[str]) -> tuple[Array, tuple[str, ...]]:
    columns, terms = [np.ones(frame.height)], [INTERCEPT]
    for name in moderators:
        column = frame[name]
        if column.dtype.is_numeric() or column.dtype == pl.Boolean:
            columns.append(column.cast(pl.Float64).to_numpy())
            terms.append(name)
            continue
        categories = sorted(column.cast(pl.String).unique())
        columns += [(column.cast(pl.String) == one).cast(pl.Float64).to_numpy() for one in categories[1:]]
        terms += [f"{name}: {one}" for one in categories[1:]]
    return np.column_stack(columns), tuple(terms)
