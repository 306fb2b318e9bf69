"""Weighted covariances of people's answers, wave by wave."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.errors import CohesionError

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Answers:
    """Answers of a wave (people × names) with weights."""

    names: list[str]
    values: FloatArray
    weights: FloatArray

    def take(self, names: Sequence[str]) -> tuple[FloatArray, FloatArray]:
        """The answers to these of people who answered all, and their weights."""
        values = self.values[:, [self.names.index(name) for name in names]]
        there = np.isfinite(values).all(axis=1)
        return values[there], self.weights[there]


def complete(
    frame: pl.DataFrame, wave: str, weight: str | None, names: Sequence[str], extra: Sequence[str] = ()
) -> Iterator[tuple[str, Answers]]:
    """The answers of each wave. Raises CohesionError for columns that are absent or hold text."""
    lost = [name for name in (wave, *([weight] if weight else []), *extra, *names) if name not in frame.columns]
    if lost:
        raise CohesionError(f"has no column {', '.join(lost)}", where="frame", todo="Name the columns that it has.")
    text = [name for name in names if not frame.schema[name].is_numeric()]
    if text:
        raise CohesionError("must be numbers", where=", ".join(text), todo="Score them first.")
    held = pl.col(weight).cast(pl.Float64) if weight else pl.lit(1.0)
    numbers = (pl.col(n).cast(pl.Float64) for n in names)
    rows = frame.select(pl.col(wave).alias("_wave"), held.alias("_weight"), *numbers)
    if int(rows.select((pl.col("_weight") < 0).sum()).item()):
        raise CohesionError("weights below zero", where=str(weight), todo="Correct them.")
    rows = rows.filter(pl.col("_weight") > 0).sort(pl.all())  # sums do not depend on the frame's order
    for (name,), part in rows.group_by("_wave", maintain_order=True):
        yield str(name), Answers(list(names), part.select(names).to_numpy(), part["_weight"].to_numpy())


def covariance_of(values: FloatArray, weights: FloatArray) -> FloatArray:
    """Σ w (x - x̄)(x - x̄)' / (Σ w - Σ w² / Σ w): the unbiased one, n - 1 where weights are equal."""
    total = weights.sum()
    centred = np.where(np.ptp(values, axis=0) > 0, values - weights @ values / total, 0.0)
    return np.asarray((centred * weights[:, None]).T @ centred / (total - (weights**2).sum() / total))


def effective_number(weights: FloatArray) -> float:
    """Kish: (Σ w)² / Σ w²."""
    return float(weights.sum() ** 2 / (weights**2).sum())
