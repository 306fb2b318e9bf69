"""When each row's unit is treated first: from a column, a mapping of areas, one wave for a treated group, or a 0/1."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from pipeline.errors import ModelError
from pipeline.models.columns import codes, level_name, require

NEVER = np.inf
DAY = len("2020-06-15")
NEVER_WORDS = ("", "never", "none", "inf")

Start = str | float | Mapping[Any, object] | None


@dataclass(frozen=True)
class Calendar:
    """The waves of a table: the time of each row (n), and the times in order with what they are called."""

    time: np.ndarray
    times: np.ndarray
    labels: tuple[str, ...]
    is_numbered: bool = True
    """Whether times are the numbers (or months) in the waves' names, and not their places."""

    def label(self, time: float) -> str:
        """What a time is called; one that is no wave here in the way that waves are called."""
        place = np.flatnonzero(self.times == time)
        if place.size:
            return str(self.labels[int(place[0])])
        if not self.is_numbered or time != round(time) or len({_shape(label) for label in self.labels}) > 1:
            return f"{time:g}"
        number = re.findall(r"\d+", self.labels[0])
        if len(number) == 2:
            year, month = divmod(int(time) - 1, 12)
            return f"{year:04d}-{month + 1:02d}"
        return re.sub(r"\d+", f"{int(time):0{len(number[0])}d}", self.labels[0]) if number else f"{time:g}"

    def time_of(self, wave: object, where: str) -> float:
        """The time of a wave that is named or numbered. Raises ModelError for one that is not there."""
        found = _number(wave)
        names = dict(zip(self.labels, self.times, strict=True))
        if str(wave) in names:
            return float(names[str(wave)])
        if found is not None and found in self.times:
            return found
        raise ModelError(
            f"no wave `{wave}` is in the data",
            where=where,
            todo=f"There are: {', '.join(self.labels[:30])}.",
        )


def calendar(waves: pl.Series) -> Calendar:
    """Waves as times: numbers as they are, names by the number in them (``w07`` is 7), dates by their place.

    Event times are differences of these times, so that a wave which is missing leaves a gap.
    """
    levels = waves.drop_nulls().unique().sort()
    if waves.dtype.is_numeric():
        values = waves.cast(pl.Float64).to_numpy()
        times = levels.cast(pl.Float64).to_numpy()
        return Calendar(values, times, tuple(level_name(level) for level in times.tolist()))
    names = [str(level) for level in levels.to_list()]
    numbers, numbered = [re.findall(r"\d+", name) for name in names], True
    if all(len(found) == 1 for found in numbers) and len({int(found[0]) for found in numbers}) == len(names):
        times = np.array([float(found[0]) for found in numbers])
    elif all(re.fullmatch(r"\d{4}-\d{2}", name) for name in names):
        times = np.array([_month(number) for number in numbers])
    else:
        numbered = False
        times = np.arange(1.0, len(names) + 1)
    order = np.argsort(times)
    place = dict(zip(names, times, strict=True))
    values = waves.cast(pl.String).replace_strict(place, return_dtype=pl.Float64).to_numpy()
    return Calendar(values, times[order], tuple(names[index] for index in order), numbered)


def starts(
    frame: pl.DataFrame, when: Calendar, start: Start, treated: str | None, by: str | None, unit: str
) -> np.ndarray:
    """The time of the first treatment (n) of each row's unit, infinite for the never treated.

    Raises ModelError for a start that is in no wave, and a treatment that is switched off again.
    """
    if isinstance(start, Mapping):
        return _mapped(frame, when, start, by)
    if start is None:
        return _switched_on(frame, when, treated, unit)
    if isinstance(start, str) and start in frame.columns:
        if treated is not None:
            raise ModelError("the start is a column already", where="treated", todo="Leave `treated` out.")
        return _column(frame[start], when)
    since = when.time_of(start, "start")
    if treated is None:
        raise ModelError(
            "one start, and nothing says who is treated",
            where="treated",
            todo="Name the 0/1 column of the treated, or give the start as a column or by area.",
        )
    return np.where(_zero_one(frame, treated) == 1, since, NEVER)


def _mapped(frame: pl.DataFrame, when: Calendar, start: Mapping[Any, object], by: str | None) -> np.ndarray:
    """Starts by area; areas that are not named are never treated."""
    if by is None:
        raise ModelError("starts are given by area, and nothing says which column holds it", where="by")
    require(frame, [by])
    given = {level_name(area): wave for area, wave in start.items()}
    there = frame[by].cast(pl.String) if not frame[by].dtype.is_float() else _whole(frame[by])
    absent = sorted(set(given) - set(there.drop_nulls().unique().to_list()))
    if absent:
        raise ModelError(
            f"`{by}` has no {', '.join(f'`{area}`' for area in absent[:12])}", where="start", count=len(absent)
        )
    since = {area: when.time_of(wave, f"start of `{area}`") for area, wave in given.items() if not _is_never(wave)}
    return there.replace_strict(since, default=NEVER, return_dtype=pl.Float64).to_numpy()


def _whole(column: pl.Series) -> pl.Series:
    return pl.Series(column.name, [None if value is None else level_name(value) for value in column.to_list()])


def _column(column: pl.Series, when: Calendar) -> np.ndarray:
    """Starts from a column of times or wave names: null, infinite, ``never``, or 0 where no wave is 0, are never."""
    if column.dtype.is_numeric():
        values = column.cast(pl.Float64).fill_nan(None).fill_null(NEVER).to_numpy(writable=True)
        if when.times[0] > 0:
            values[values == 0] = NEVER
        return values
    if column.dtype.is_temporal():
        return _dated(column, when)
    if not isinstance(column.dtype, (pl.String, pl.Categorical, pl.Enum)):
        raise ModelError("a start is a wave, by its number or name", where=column.name)
    found = {name: _named(name, when, column.name) for name in column.cast(pl.String).drop_nulls().unique().to_list()}
    return column.cast(pl.String).replace_strict(found, default=NEVER, return_dtype=pl.Float64).to_numpy()


def _dated(column: pl.Series, when: Calendar) -> np.ndarray:
    """Starts by date: the first wave on that day or after it; after the last wave, a time later than all.

    Raises ModelError where waves are no dates, so that nothing says which of them came after.
    """
    if not all(re.match(r"\d{4}-\d{2}", label) for label in when.labels):
        raise ModelError(
            "the start is a date, and waves are none",
            where=column.name,
            todo=f"Give the wave of the start ({when.labels[0]} to {when.labels[-1]}), or waves as dates.",
        )
    later = [*when.times.tolist(), float(when.times[-1]) + 1]
    days = (column if column.dtype == pl.Date or len(when.labels[0]) > DAY else column.cast(pl.Date)).cast(pl.String)
    found = {day: later[bisect_left(when.labels, day)] for day in days.drop_nulls().unique().to_list()}
    return days.replace_strict(found, default=NEVER, return_dtype=pl.Float64).to_numpy()


def _named(name: str, when: Calendar, where: str) -> float:
    """The time of a wave by its name: also of one that is not here, before, between or after those that are."""
    if _is_never(name) or (_number(name) == 0 and when.times[0] > 0):
        return NEVER
    number = re.findall(r"\d+", name)
    alike = when.is_numbered and _shape(name) in map(_shape, when.labels)
    if alike and len(number) == 1:
        return float(number[0])
    if alike and len(number) == 2 and 1 <= int(number[1]) <= 12:
        return _month(number)
    return when.time_of(name, where)


def _shape(name: str) -> str:
    return re.sub(r"\d+", "#", name)


def _month(number: Sequence[str]) -> float:
    return 12.0 * int(number[0]) + int(number[1])


def _is_never(value: object) -> bool:
    return value is None or str(value).strip().lower() in NEVER_WORDS


def _switched_on(frame: pl.DataFrame, when: Calendar, treated: str | None, unit: str) -> np.ndarray:
    """Starts from a 0/1 column that switches on and stays on. Raises ModelError where it does not stay."""
    if treated is None:
        raise ModelError(
            "nothing says who is treated from when",
            where="start",
            todo="Give `start` (a column, or a wave by area), or `treated`, a 0/1 column that switches on.",
        )
    on = _zero_one(frame, treated)
    group = codes(frame[unit])
    first = np.full(group.max() + 1, NEVER)
    np.minimum.at(first, group[on == 1], when.time[on == 1])
    since = first[group]
    off = np.unique(group[(on == 0) & (when.time > since)]).size
    if off:
        raise ModelError(
            "the treatment switches off again, and this method takes it to stay",
            where=treated,
            count=off,
            todo="Give the `start` of each unit if its effect lasts, or use fixed effects with the 0/1 as an exposure.",
        )
    return np.asarray(since)


def _zero_one(frame: pl.DataFrame, name: str) -> np.ndarray:
    require(frame, [name])
    column = frame[name]
    if not (column.dtype.is_numeric() or column.dtype == pl.Boolean):
        raise ModelError("must be 0 or 1", where=name)
    values = column.cast(pl.Float64).to_numpy()
    wrong = int((~np.isin(values[~np.isnan(values)], (0.0, 1.0))).sum())
    if wrong:
        raise ModelError("must be 0 or 1", where=name, count=wrong)
    return values


def _number(value: object) -> float | None:
    try:
        return float(str(value))
    except ValueError:
        return None


def described(starts_there: Sequence[float], when: Calendar) -> str:
    """The starts in words: ``w03, w05``."""
    return ", ".join(when.label(start) for start in starts_there)
