"""Instruments from within the panel: lagged levels for the transformed equation, lagged differences for levels."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from pipeline.models.dynamic.grid import lagged

Column = tuple[str, np.ndarray]
"""A group of instruments, and one of its columns (persons × periods), zero where there is no value."""


@dataclass(frozen=True)
class Lags:
    """The lags of a variable that instrument the transformed equation: from ``first`` to ``last`` (None: all)."""

    first: int
    last: int | None = None


@dataclass(frozen=True)
class Blocks:
    """Instruments of the transformed and of the level equation: columns by (group, persons × periods)."""

    transformed: tuple[Column, ...]
    level: tuple[Column, ...]

    @property
    def groups(self) -> tuple[str, ...]:
        """The group of each column, those of the transformed equation first."""
        return tuple(group for group, _ in (*self.transformed, *self.level))

    @property
    def count(self) -> int:
        return len(self.transformed) + len(self.level)


def lag_columns(values: np.ndarray, rows: np.ndarray, lags: Lags, *, collapse: bool) -> Iterator[np.ndarray]:
    """Levels (persons × periods) at each lag, zero where they are missing: a column per period, or one (collapse)."""
    last = values.shape[1] - 1 if lags.last is None else lags.last
    for lag in range(lags.first, min(last, values.shape[1] - 1) + 1):
        yield from _columns(lagged(values, lag), rows, collapse=collapse)


def difference_columns(values: np.ndarray, rows: np.ndarray, lags: Lags, *, collapse: bool) -> Iterator[np.ndarray]:
    """The difference a period before the first lag: what earlier ones add is linear in the other instruments."""
    change = values - lagged(values, 1)
    yield from _columns(lagged(change, lags.first - 1), rows, collapse=collapse)


def _columns(values: np.ndarray, rows: np.ndarray, *, collapse: bool) -> Iterator[np.ndarray]:
    present = np.where(rows & ~np.isnan(values), values, 0.0)
    if collapse:
        if np.any(present):
            yield present
        return
    for period in np.flatnonzero(np.any(present != 0, axis=0)):
        alone = np.zeros_like(present)
        alone[:, period] = present[:, period]
        yield alone


Chosen = Mapping[str, tuple[np.ndarray, Lags]]
"""Variable → its values (persons × periods), and which of its lags are instruments."""


def gmm_columns(
    chosen: Chosen, rows: np.ndarray, make: Callable[..., Iterator[np.ndarray]], suffix: str, *, collapse: bool
) -> list[Column]:
    """The columns of every variable of ``chosen``, by ``make``; their groups are named after them."""
    return [
        (f"{name}{suffix}", column)
        for name, (values, lags) in chosen.items()
        for column in make(values, rows, lags, collapse=collapse)
    ]
