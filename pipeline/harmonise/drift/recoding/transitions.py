"""The same people's answers before and now as one table of counts: value before by code now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.harmonise.drift.codes import is_code
from pipeline.harmonise.drift.distinct import distinct
from pipeline.harmonise.drift.finding import MANY
from pipeline.harmonise.drift.reading import Reading

Counts = NDArray[np.float64]
Rows = NDArray[np.int64]
MOST_CODES = 25
"""A question with more answers than this is no scale and no short list: its codes are not searched."""


@dataclass(frozen=True)
class Transitions:
    """People in both waves, counted: rows are ``values`` on the item's scale before, columns ``symbols`` now.

    A symbol is the value that the declarations give a present code, or the place of a code that they do not know, and
    ``codes`` are the source codes behind it. ``declared``: values that a code may have, answered or not.
    """

    values: tuple[float, ...]
    symbols: tuple[float, ...]
    codes: tuple[tuple[str, ...], ...]
    counts: Counts
    declared: frozenset[float]
    ordered: bool

    @property
    def people(self) -> float:
        return float(self.counts.sum())

    @property
    def before(self) -> Counts:
        """People by value before."""
        return np.asarray(self.counts.sum(axis=1))

    @property
    def now(self) -> Counts:
        """People by symbol now."""
        return np.asarray(self.counts.sum(axis=0))


def transitions(
    before: Reading, now: Reading, raw: pl.Series, rows: tuple[Rows, Rows], ordered: bool
) -> Transitions | None:
    """The table of an item, or nothing for fewer than ``MANY`` people or less than two answers in either wave.

    ``raw`` holds the codes of the present file row by row; ``rows`` the rows of the same people, before and now.
    """
    places = places_of(now)
    if not 2 <= len(set(places.values())) <= MOST_CODES:
        return None
    symbol = now.numbers[rows[1]] if not now.unknown else _placed(raw, places)[rows[1]]
    was = before.numbers[rows[0]]
    both = ~(np.isnan(was) | np.isnan(symbol))
    values, first = distinct(was[both])
    symbols, second = distinct(symbol[both])
    if both.sum() < MANY or min(len(values), len(symbols)) < 2 or len(values) > MOST_CODES:
        return None
    flat = np.bincount(first * len(symbols) + second, minlength=len(values) * len(symbols))
    codes = tuple(tuple(code for code, place in places.items() if place == found) for found in symbols)
    declared = frozenset(value for value, _ in now.rule.codes.values() if value is not None)
    counts = flat.reshape(len(values), len(symbols)).astype(float)
    return Transitions(tuple(values.tolist()), tuple(symbols.tolist()), codes, counts, declared, ordered)


def _placed(raw: pl.Series, places: Mapping[str, float]) -> Counts:
    placed = raw.replace_strict(list(places), list(places.values()), default=None, return_dtype=pl.Float64)
    return placed.to_numpy()


def places_of(now: Reading) -> dict[str, float]:
    """Source code of an answer → its place on the item's scale: as declared, or as its neighbours would have it."""
    declared = {code: value for code, (value, _) in now.rule.codes.items() if value is not None}
    known = {code: declared[code] for code in now.valued if code in declared}
    step = _step(declared)
    unknown = {code: step[0] + step[1] * float(code) for code in now.unknown if is_code(code)}
    taken = set(declared.values())
    return known | {code: place for code, place in unknown.items() if place not in taken}


def _step(declared: Mapping[str, float]) -> tuple[float, float]:
    """Constant and slope of value on code, where they lie on a line; else the code stands for itself."""
    points = sorted((float(code), value) for code, value in declared.items())
    if len(points) < 2:
        return 0.0, 1.0
    (code, value), (last_code, last_value) = points[0], points[-1]
    slope = (last_value - value) / (last_code - code)
    on_line = all(abs(value + slope * (other - code) - reached) < 1e-9 for other, reached in points)
    return (value - slope * code, slope) if on_line and slope else (0.0, 1.0)
