"""A panel as grids of persons by periods: where lags go by time, and a wave that somebody missed is a hole."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from pipeline.errors import ModelError
from pipeline.models.columns import codes, level_name, numeric, ordered_codes, require
from pipeline.models.inference import Term

FEWEST_WAVES = 3
"""A difference on the difference before it, and one wave more to instrument it."""


@dataclass(frozen=True)
class Grid:
    """``outcome`` (persons × periods) and ``columns`` (persons × periods × columns), NaN where there is no answer.

    ``periods`` hold the wave of each period, None for one that nobody was asked in.
    """

    outcome_name: str
    outcome: np.ndarray
    columns: np.ndarray
    terms: tuple[Term, ...]
    periods: tuple[str | None, ...]
    n_rows: int

    @property
    def shape(self) -> tuple[int, int]:
        """Persons and periods."""
        return self.outcome.shape[0], self.outcome.shape[1]

    def of(self, name: str) -> list[int]:
        """The places of the columns of a name: one, or one for each level but the first."""
        return [place for place, term in enumerate(self.terms) if term.term == name]


def panel_grid(
    frame: pl.DataFrame,
    outcome: str,
    columns: Sequence[str],
    *,
    categorical: Iterable[str] = (),
    person: str = "person_id",
    wave: str = "wave",
) -> Grid:
    """The grid of a frame with one row per person and wave.

    A period is the least distance between two waves, by the numbers in their names (``w03`` comes two periods after
    ``w01`` if there is a ``w02``). Raises ModelError for fewer than three waves, a column that is not there or not a
    number, or an outcome that does not vary.
    """
    names = list(dict.fromkeys((person, wave, outcome, *columns)))
    require(frame, names)
    rows = frame.select(names).drop_nulls([person, wave]).with_columns(pl.selectors.float().fill_nan(None))
    if rows.height == 0:
        raise ModelError("no row has a person and a wave", where=outcome, count=frame.height)
    who, (when, waves) = codes(rows[person]), ordered_codes(rows[wave])
    if len(waves) < FEWEST_WAVES:
        raise ModelError(
            "a dynamic panel model needs three waves or more", where=wave, count=len(waves), todo="Choose more waves."
        )
    place = _periods(waves)
    shape = (int(who.max()) + 1, int(place[-1]) + 1)
    at = (who, place[when])
    parts = [part for name in columns for part in _columns(rows, name, name in set(categorical))]
    values = np.full((*shape, len(parts)), np.nan)
    for index, (_, column) in enumerate(parts):
        values[(*at, index)] = column
    answers = np.full(shape, np.nan)
    answers[at] = _number(rows, outcome)
    if not np.nanstd(answers) > 0:
        raise ModelError("the outcome does not vary", where=outcome, todo="Choose another outcome.")
    labels: list[str | None] = [None] * shape[1]
    for period, label in zip(place, waves, strict=True):
        labels[period] = str(label)
    return Grid(outcome, answers, values, tuple(term for term, _ in parts), tuple(labels), frame.height)


def lagged(values: np.ndarray, by: int) -> np.ndarray:
    """The values (persons × periods …) of ``by`` periods before; NaN in the first ones."""
    if by == 0:
        return values
    moved = np.full_like(values, np.nan)
    moved[:, by:] = values[:, :-by]
    return moved


def _periods(waves: Sequence[object]) -> np.ndarray:
    """The period of each wave: its number, in steps of the least common distance; its place where it has no number."""
    numbers = [_number_of(wave) for wave in waves]
    known = [number for number in numbers if number is not None]
    if len(known) < len(waves) or sorted(set(known)) != known:
        return np.arange(len(waves))
    found = np.array(known, dtype=np.int64)
    return np.asarray((found - found[0]) // np.gcd.reduce(np.diff(found)))


def _number_of(wave: object) -> int | None:
    if isinstance(wave, (int, np.integer)):
        return int(wave)
    numbers = re.findall(r"\d+", wave) if isinstance(wave, str) else []
    return int(numbers[0]) if len(numbers) == 1 else None


def _columns(rows: pl.DataFrame, name: str, categorical: bool) -> list[tuple[Term, np.ndarray]]:
    column = rows[name]
    if not categorical and (column.dtype.is_numeric() or column.dtype == pl.Boolean):
        return [(Term("coefficient", name), _number(rows, name))]
    levels = column.drop_nulls().unique().sort().to_list()
    if len(levels) < 2:
        raise ModelError("every row has the same category", where=name, todo="Leave it out.")
    note = f"against {level_name(levels[0])}"
    return [
        (
            Term("coefficient", name, group=level_name(level), note=note),
            (column == level).cast(pl.Float64).fill_null(float("nan")).to_numpy(),
        )
        for level in levels[1:]
    ]


def _number(rows: pl.DataFrame, name: str) -> np.ndarray:
    return (
        numeric(rows.with_columns(pl.col(name).cast(pl.Float64).fill_null(float("nan"))), name)
        if (rows[name].dtype.is_numeric() or rows[name].dtype == pl.Boolean)
        else numeric(rows, name)
    )
