"""Interrupted time series: how level and slope changed at an event, against the course before it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

import numpy as np
import polars as pl

from pipeline.door import public
from pipeline.errors import ModelError
from pipeline.models.columns import require
from pipeline.models.inference import Basis, Term, coefficient_rows, inference
from pipeline.models.interventions.declared import clocked
from pipeline.models.interventions.event_rows import Row
from pipeline.models.interventions.segments import Segments, check_freedom, segments
from pipeline.models.interventions.serial import (
    Series,
    autoregressive,
    breusch_godfrey,
    classical,
    durbin_watson,
    newey_west,
    quasi_poisson,
)
from pipeline.models.regression_data import check_rank
from pipeline.models.table import table
from pipeline.models.weighting import WEIGHT, Weighted
from pipeline.models.within.demean import Effects, Groups
from pipeline.models.within.least_squares import clustered
from pipeline.specs.interventions import Interruption

Errors = Literal["hac", "ar1", "classical", "hc1"]
Distribution = Literal["gaussian", "quasi_poisson"]
FEW = 8
"""With fewer waves than this a series says little: its rows carry a note."""


@public(once=True, infinite=False, ordered=True)
def interrupted_time_series(
    frame: pl.DataFrame,
    outcome: str,
    covariates: Sequence[str] = (),
    *,
    interruptions: Mapping[str, object],
    time: str = "wave",
    unit: str | None = None,
    slope: bool = True,
    errors: Errors = "hac",
    lags: int | None = None,
    prewhite: bool = False,
    adjust: bool = False,
    distribution: Distribution = "gaussian",
    weights: str | None = None,
    categorical: Iterable[str] = (),
    log: bool = False,
    confidence: float = 0.95,
    model: str = "interrupted_time_series",
) -> pl.DataFrame:
    """One row ``level_change`` and ``slope_change`` per interruption, ``departure`` and ``counterfactual`` per time.

    y_t = b0 + b1 t + Σ_j (b2_j s_jt + b3_j (t − T_j) s_jt) + c z_t + e_t, s_jt one from T_j on, the first time after
    interruption j (name → a value of ``time``). ``slope=False`` leaves the b3 out. Times are numbers, the numbers in
    wave names, or months (``2020-06``); a gap counts as long as it is. ``categorical`` covariates (a month) take out
    seasons.

    Without ``unit`` the rows are one series, one row each time: ``errors`` "hac" is Newey–West with ``lags`` (None: by
    Newey & West 1994; ``prewhite``, ``adjust`` as R's ``sandwich``), "ar1" maximum likelihood with first-order
    autoregressive errors (``nlme::gls``), "hc1", "classical". ``distribution="quasi_poisson"`` is for counts: changes
    are of the logarithm. With ``unit`` rows are a panel: the unit's own level is absorbed, and errors are clustered by
    it. ``log``: the outcome is a logarithm; the note of a departure then gives it in per cent.

    Rows ``departure`` (``wave``): the sum of all changes so far; ``counterfactual``: where the series would be without
    them. Row ``test`` ``durbin_watson`` and ``breusch_godfrey``: of least squares. Raises ModelError for a time that is
    not there, a slope with fewer than two times before or after, several rows in a time of one series, more terms
    than times.

    >>> import polars as pl
    >>> from pipeline.models import interrupted_time_series
    >>> series = pl.DataFrame({"month": range(1, 9), "trust": [5.0, 5.2, 5.1, 5.4, 4.0, 4.1, 4.1, 4.4]})
    >>> table = interrupted_time_series(series, "trust", interruptions={"lockdown": 5}, time="month", lags=1)
    >>> table.filter(component="level_change").select("term", pl.col("estimate").round(3)).rows()
    [('lockdown', -1.48)]
    """
    made = segments(frame, outcome, covariates, interruptions, time, unit, slope, weights, tuple(categorical))
    check_freedom(made, unit)
    if unit is not None:
        if distribution != "gaussian":
            raise ModelError("quasi-Poisson is for one series", where="distribution", todo="Leave `unit` out.")
        fit = _panel(made)
    else:
        fit = _series(made, errors, lags, distribution, prewhite=prewhite, adjust=adjust)
    basis = Basis(made.data.n_obs, made.data.n_persons, fit.described, confidence)
    rows = coefficient_rows(basis, made.terms, fit.estimates, fit.covariance, fit.df)
    n_times = len(np.unique(made.time))
    cautions = [f"{n_times} times: the course before rests on few of them"] if n_times < FEW else []
    cautions += ["the error counts people, not what else a wave brought"] if unit is not None else []
    if note := "; ".join(cautions):
        rows = [{**row, "note": "; ".join(filter(None, (note, row["note"])))} for row in rows]  # type: ignore[arg-type]
    rows += _departures(basis, made, fit, unit, log=log or distribution == "quasi_poisson")
    rows += _diagnostics(basis, made, fit, unit)
    return table(rows, made.data, basis, model=model, family="interrupted_time_series")


def _series(
    made: Segments, errors: Errors, lags: int | None, distribution: Distribution, *, prewhite: bool, adjust: bool
) -> Series:
    y, x = made.data.outcome, made.columns
    if distribution == "quasi_poisson":
        if (y < 0).any():
            raise ModelError("counts below zero", where=made.data.outcome_name, count=int((y < 0).sum()))
        found = quasi_poisson(y, x)
        if found is None:
            raise ModelError("the Poisson regression does not converge", where=made.data.outcome_name)
        return found
    if made.data.weights is not None:
        root = np.sqrt(made.data.weights / made.data.weights.mean())
        y, x = y * root, x * root[:, None]
    if errors == "ar1":
        return autoregressive(y, x, made.time)
    if errors == "hac":
        return newey_west(y, x, lags, prewhite=prewhite, adjust=adjust)
    return classical(y, x, robust=errors == "hc1")


def _panel(made: Segments) -> Series:
    """Least squares after absorbing units, clustered by them: G/(G−1) · (n−1)/(n−k)."""
    unit = made.data.clusters
    assert unit is not None
    effects = Effects(Groups(unit, made.data.weights))
    left, outcome = effects.of_each(made.columns), effects.residuals(made.data.outcome)
    check_rank(left, made.terms, made.data.outcome_name, np.linalg.norm(made.columns, axis=0))
    weight = np.ones(len(unit)) if made.data.weights is None else made.data.weights / made.data.weights.mean()
    size, root = np.linalg.norm(left, axis=0), np.sqrt(weight)
    x, y = left / size * root[:, None], outcome * root
    inverse = np.linalg.inv(x.T @ x)
    estimates = inverse @ (x.T @ y)
    residuals = y - x @ estimates
    groups, (n, k) = int(unit.max()) + 1, x.shape
    factor = groups / (groups - 1) * (n - 1) / (n - k - 1)
    covariance = inverse @ clustered(x * residuals[:, None], unit, stata=False) @ inverse * factor
    words = f"clustered by person ({groups:,} clusters), G/(G−1) · (n−1)/(n−k); t intervals"
    return Series(estimates / size, covariance / np.outer(size, size), groups - 1, words, residuals)


def _departures(basis: Basis, made: Segments, fit: Series, unit: str | None, *, log: bool) -> list[Row]:
    """At each time after the first interruption: how far the series is from the course before, and that course."""
    rows: list[Row] = []
    for time in np.unique(made.time):
        here = made.time == time
        at = np.where(made.since, made.columns[here].mean(axis=0), 0.0)
        if not at.any():
            continue
        wave = made.when.label(time)
        change, error = float(at @ fit.estimates), float(np.sqrt(at @ fit.covariance @ at))
        found = inference(change, error, fit.df, basis.confidence)
        note = None
        if log:
            low, high = (100 * (np.exp(float(str(found[end]))) - 1) for end in ("conf_low", "conf_high"))
            note = f"{100 * (np.exp(change) - 1):.1f} per cent ({low:.1f} to {high:.1f})"
        rows.append(basis.row(Term("departure", "all interruptions", wave=wave, note=note), **found))
        if unit is None:
            course = np.where(made.since, 0.0, made.columns[here][0])
            value, spread = float(course @ fit.estimates), float(np.sqrt(course @ fit.covariance @ course))
        else:
            weight = None if made.data.weights is None else made.data.weights[here]
            value, spread = float(np.average(made.data.outcome[here], weights=weight)) - change, error
        expected = inference(value, spread, fit.df, basis.confidence) | {"statistic": None, "p_value": None}
        rows.append(basis.row(Term("counterfactual", "without interruptions", wave=wave), **expected))
    return rows


def _diagnostics(basis: Basis, made: Segments, fit: Series, unit: str | None) -> list[Row]:
    """Of one series: serial correlation of the residuals of least squares, and what was estimated with the terms."""
    if unit is not None:
        return []
    rows: list[Row] = []
    if fit.dispersion is None:
        least = classical(made.data.outcome, made.columns).residuals
        found = {
            "durbin_watson": durbin_watson(least, made.columns),
            "breusch_godfrey": breusch_godfrey(least, made.columns),
        }
        rows = [
            basis.row(Term("test", name), statistic=statistic, p_value=min(p, 1.0), covariance=None)
            for name, (statistic, p) in found.items()
        ]
    fits = {"phi": fit.phi, "log_likelihood": fit.log_likelihood, "dispersion": fit.dispersion}
    rows += [
        basis.row(Term("fit", name), estimate=value, covariance=None)
        for name, value in fits.items()
        if value is not None
    ]
    return rows


def means_by_time(panel: pl.DataFrame, wave: str, columns: Sequence[str], weights: str | None) -> pl.DataFrame:
    """One row per wave: the (weighted) mean of each of ``columns``, over the rows that have all of them."""
    require(panel, [wave, *columns])
    rows = panel.filter(pl.all_horizontal(pl.col([wave, *columns]).is_not_null()))
    weight = pl.lit(1.0) if weights is None else pl.col(weights).fill_null(0.0)
    means = [((pl.col(name) * weight).sum() / weight.sum()).alias(name) for name in columns]
    return rows.group_by(wave, maintain_order=True).agg(*means)


def fit(name: str, spec: Interruption, panel: pl.DataFrame, _: Any, rows: Weighted | None) -> pl.DataFrame:
    """The declared model (see ``pipeline.models.fit``)."""
    frame, wave = clocked(spec.calendar, panel)
    weights = spec.weights if rows is None else WEIGHT
    outcome = str(spec.outcome)
    shared: dict[str, Any] = {
        "interruptions": spec.interruptions, "time": wave, "slope": spec.slope, "categorical": spec.categorical,
        "confidence": spec.confidence, "model": name,
    }  # fmt: skip
    if spec.series == "panel":
        return interrupted_time_series(frame, outcome, spec.covariates, unit="person_id", weights=weights, **shared)
    people = frame.drop_nulls([outcome, *spec.covariates])["person_id"].n_unique()
    series = means_by_time(frame, wave, [outcome, *spec.covariates], weights)
    made = interrupted_time_series(
        series,
        outcome,
        spec.covariates,
        errors=spec.errors,
        lags=spec.error_lags,
        distribution=spec.distribution,
        **shared,
    )
    return made.with_columns(n_persons=pl.lit(people, pl.Int64))
