"""The rows of an interrupted series, with the columns of its segments: time, and each change of level and slope."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from pipeline.errors import ModelError
from pipeline.models.columns import require
from pipeline.models.inference import Term
from pipeline.models.interventions.starts import Calendar, calendar
from pipeline.models.regression_data import RegressionData, check_rank, regression_data

TIME = "_time"


@dataclass(frozen=True)
class Segments:
    """The series with the columns of its segments first: the time, and for each interruption its level and slope."""

    data: RegressionData
    when: Calendar
    time: np.ndarray
    terms: tuple[Term, ...]
    columns: np.ndarray
    since: np.ndarray  # which of the columns belong to interruptions


def segments(
    frame: pl.DataFrame,
    outcome: str,
    covariates: Sequence[str],
    interruptions: Mapping[str, object],
    time: str,
    unit: str | None,
    slope: bool,
    weights: str | None,
    categorical: tuple[str, ...],
) -> Segments:
    """The complete rows in the order of time (of a panel: of units), with a column for each change.

    Raises ModelError for no interruption, several rows in a time of one series, infinite values, too few times.
    """
    if not interruptions:
        raise ModelError("no interruption is named", where="interruptions")
    require(frame, [time, *([unit] if unit else [])])
    rows = frame.filter(pl.col(time).is_not_null())
    when = calendar(rows[time])
    rows = rows.with_columns(pl.Series(TIME, when.time))
    data = regression_data(
        rows, outcome, [TIME, *covariates], categorical=categorical, person=None, wave=None, cluster=unit,
        weights=weights, wave_effects=False, intercept=unit is None,
    )  # fmt: skip
    if unit is not None:
        assert data.clusters is not None
        order = np.lexsort((_time_of(data), data.clusters))
    else:
        order = np.argsort(_time_of(data), kind="stable")
    data = data.rows(order)
    now = _time_of(data)
    if unit is None and (np.diff(now) == 0).any():
        raise ModelError(
            "several rows in one time of a series",
            where=time,
            count=int((np.diff(now) == 0).sum()),
            todo="Name the `unit` of a panel, or take means first (`series: means`).",
        )
    for name, values in (
        (outcome, data.outcome),
        *((term.label, data.matrix[:, i]) for i, term in enumerate(data.terms)),
    ):
        if np.isinf(values).any():
            raise ModelError("infinite values", where=name, count=int(np.isinf(values).sum()))
    columns, terms, since = [now], [Term("trend", "time")], [False]
    for name, wave in interruptions.items():
        start = when.time_of(wave, f"interruption `{name}`")
        _check_sides(np.unique(now), start, name, when, slope)
        after = (now >= start).astype(float)
        columns.append(after)
        terms.append(Term("level_change", name, note=f"from {when.label(start)} on"))
        since.append(True)
        if slope:
            columns.append(after * (now - start))
            terms.append(Term("slope_change", name, note=f"per unit of time, from {when.label(start)} on"))
            since.append(True)
    others = np.array([term.term != TIME for term in data.terms])
    every = (*terms, *(term for term, keep in zip(data.terms, others, strict=True) if keep))
    stacked = np.column_stack([*columns, data.matrix[:, others]])
    belongs = np.array([*since, *([False] * int(others.sum()))])
    return Segments(data, when, now, every, stacked, belongs)


def _time_of(data: RegressionData) -> np.ndarray:
    return np.asarray(data.matrix[:, [term.term for term in data.terms].index(TIME)])


def _check_sides(times: np.ndarray, start: float, name: str, when: Calendar, slope: bool) -> None:
    """Raises ModelError where the interruption has too few times before or after it."""
    fewest = 2 if slope else 1
    for side, count in (("before", int((times < start).sum())), ("after", int((times >= start).sum()))):
        needed = 2 if side == "before" else fewest
        if count < needed:
            many = f"{count} time{'' if count == 1 else 's'} {side} `{name}` ({when.label(start)})"
            raise ModelError(
                f"{many}, and {needed} are needed",
                where="interruptions",
                todo="Choose more waves" + (", or leave its slope out (`slope: false`)." if side == "after" else "."),
            )


def check_freedom(made: Segments, unit: str | None) -> None:
    """More times than terms of the course: with a panel, too, a line through every time fits whatever happens."""
    times = len(np.unique(made.time))
    course = int(made.since.sum()) + 2 if unit is not None else len(made.terms)
    if times <= course if unit is None else times < course:
        raise ModelError(
            f"{course} terms and {times} times: the course fits any series",
            where="waves",
            todo="Choose more waves, fewer interruptions or covariates, or `slope: false`.",
        )
    check_rank(made.columns, made.terms, made.data.outcome_name)
