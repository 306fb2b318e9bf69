"""Effects by event time from regressions with unit and wave effects: leads and lags, plain and weighted by cohort."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.errors import ModelError
from pipeline.models.inference import Term
from pipeline.models.interventions.absorbed import absorb
from pipeline.models.interventions.adoption import Adoption
from pipeline.models.interventions.comparison_groups import lonely_cohorts, lonely_note, require_controls
from pipeline.models.interventions.event_rows import TERM, name_of
from pipeline.models.interventions.pretrends import Path


@dataclass(frozen=True)
class Study:
    """Effects by event time; the average effect after the start with its standard error; the errors in words."""

    path: Path
    counts: np.ndarray
    average: float
    std_error: float
    described: str
    notes: tuple[str, ...] = ()
    alone: tuple[float, ...] = ()  # event times that have no standard error
    why: str | None = None  # they have none, and the average neither


def omitted_event(data: Adoption, omitted: float | None) -> float:
    """The event time that others are compared with, by default the last before the start.

    Raises ModelError if it is not among the waves, or not before the start.
    """
    there = np.unique(data.event[~np.isnan(data.event)])
    before = there[there < -data.anticipation]
    if omitted is None:
        return float(-1 - data.anticipation if -1 - data.anticipation in before else before[-1])
    if omitted not in before:
        raise ModelError(
            f"the omitted period {omitted:g} is no wave before the start",
            where="omitted",
            todo=f"There are: {', '.join(name_of(event) for event in before)}.",
        )
    return float(omitted)


def binned(data: Adoption, leads: float | None, lags: float | None) -> tuple[np.ndarray, tuple[str, ...]]:
    """Event times (n) with those beyond ``leads`` and ``lags`` taken together, and what that did."""
    event, notes = data.event, []
    for name, bound in (("leads", leads), ("lags", lags)):
        if bound is None:
            continue
        if bound < 1:
            raise ModelError(f"{name} are a number of waves, at least one", where=name)
        ends = -bound if name == "leads" else bound
        beyond = event < ends if name == "leads" else event > ends
        if beyond.any():
            event = np.where(beyond, ends, event)
            notes.append(f"event time {ends:g} stands for it and all {'earlier' if name == 'leads' else 'later'} ones")
    return event, tuple(notes)


def two_way(data: Adoption, omitted: float | None, leads: float | None, lags: float | None) -> Study:
    """Leads and lags in one regression, the same for all cohorts: biased if starts and effects differ (Sun & Abraham).

    Raises ModelError where nobody is never treated: leads and lags then hold a trend that cannot be told from waves.
    """
    if not data.is_never.any():
        raise ModelError(
            "everybody is treated in the end, so that leads and lags cannot be separated from waves in one regression",
            where="estimator",
            todo="Use `sun_abraham`, `group_time` or `imputation`.",
        )
    against = omitted_event(data, omitted)
    event, notes = binned(data, leads, lags)
    events = np.unique(event[~np.isnan(event)])
    events = events[events != against]
    matrix = np.column_stack([(event == one).astype(float) for one in events])
    fit = absorb(data, matrix, tuple(Term("event_time", TERM, group=name_of(one)) for one in events))
    k = len(events)
    covariance = fit.covariance[:k, :k]
    weight = data.weight
    counts = np.array([(event == one).sum() for one in events])
    masses = np.array([weight[event == one].sum() for one in events])
    after = np.where(events >= -data.anticipation, masses, 0.0)
    after = after / after.sum()
    path = Path(events, fit.estimates[:k], covariance, against, fit.df, data.anticipation)
    average, error = float(after @ path.estimates), float(np.sqrt(after @ covariance @ after))
    return Study(path, counts, average, error, fit.described, notes)


def sun_abraham(data: Adoption, omitted: float | None, leads: float | None, lags: float | None) -> Study:
    """Effects by cohort and event time in one regression, averaged by the cohorts' shares of rows (Sun & Abraham 2021).

    Compared with the never treated, or where there are none with the cohort treated last, in the waves before it is.
    fixest's ``sunab``: shares count as known in the standard errors.
    """
    require_controls(data)
    notes: list[str] = []
    if not data.is_never.any():
        last = data.cohorts[-1]
        data = data.rows(data.time < last - data.anticipation)
        notes.append(
            f"nobody is never treated: compared with those treated last ({data.when.label(last)}), before that"
        )
    against = omitted_event(data, omitted)
    event, binning = binned(data, leads, lags)
    cells: list[tuple[float, float]] = []
    rows, columns = [], []
    for cohort in data.cohorts:
        own = np.flatnonzero(data.start == cohort)
        there, which = np.unique(event[own], return_inverse=True)
        base = against if against in there else float(there[there < -data.anticipation][-1])
        if base != against:
            who = f"those treated in {data.when.label(cohort)}"
            notes.append(f"{who} are compared with event time {base:g}, their last wave before")
        compared = there != base
        rows.append(own[compared[which]])
        columns.append((len(cells) + np.cumsum(compared) - 1)[which][compared[which]])
        cells += [(cohort, one) for one in there[compared]]
    matrix = np.zeros((data.n_obs, len(cells)), order="F")
    matrix[np.concatenate(rows), np.concatenate(columns)] = 1.0
    terms = tuple(Term("group_time", TERM, group=f"{cohort:g}", wave=name_of(one)) for cohort, one in cells)
    fit = absorb(data, matrix, terms)
    k = len(cells)
    masses = matrix.T @ data.weight
    when = np.array([one for _, one in cells])
    events = np.array([one for one in np.unique(when) if one != against])
    shares = np.array([np.where(when == one, masses, 0.0) / masses[when == one].sum() for one in events])
    covariance = fit.covariance[:k, :k]
    path = Path(events, shares @ fit.estimates[:k], shares @ covariance @ shares.T, against, fit.df, data.anticipation)
    after = np.where(when >= -data.anticipation, masses, 0.0)
    after = after / after.sum()
    counts = np.array([int(((event == one) & ~data.is_never).sum()) for one in events])
    lonely = lonely_cohorts(data)
    return Study(
        path,
        counts,
        float(after @ fit.estimates[:k]),
        float(np.sqrt(max(after @ covariance @ after, 0.0))),
        fit.described,
        (*notes, *binning),
        tuple(sorted({one for cohort, one in cells if cohort in lonely})),
        lonely_note(lonely, data),
    )
