"""Cross-lagged panel models: does a change in one thing follow a change in another?"""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from itertools import pairwise

import polars as pl

from pipeline.errors import ModelError
from pipeline.sem.engine.analyse import analyse, check_options
from pipeline.sem.engine.data import Data, prepare, several
from pipeline.sem.engine.result import Result
from pipeline.sem.families.panel_table import PanelModel, Waves, panel_table

Times = Sequence[float] | Sequence[date]


def riclpm(
    frame: pl.DataFrame,
    constructs: Mapping[str, Waves],
    lags: str = "free",
    residuals: str = "free",
    means: str = "free",
    estimator: str = "ML",
    missing: str = "fiml",
    group: str | None = None,
    cluster: str | None = None,
    weights: str | None = None,
    times: Times | None = None,
    *,
    cross: str | Sequence[tuple[str, str]] = "all",
    group_equal: Sequence[str] = (),
    covariates: Sequence[str] = (),
    covariate_effects: str = "equal",
    time_varying: Mapping[str, Sequence[str]] | None = None,
    item_covariances: bool = False,
    slopes: bool = False,
    starts: int = 1,
    seed: int = 1,
    gate: bool = True,
) -> Result:
    """Random-intercept cross-lagged panel model (Hamaker, Kuiper & Grasman 2015).

    ``frame`` has one row per person; ``constructs`` maps a name to its variables in order of waves, e.g.
    ``{"x": ["x1", "x2", "x3"], "y": ["y1", "y2", "y3"]}``, or to lists of indicators a wave (the multiple-indicator
    model with scalar invariance over time). Estimates name the stable part ``RIx`` and the deviations ``wx1``, ….

    ``lags``, ``residuals``, ``means``: free or equal over waves. ``cross``: "all", "none", or the pairs (from, to)
    that have a cross lag. ``group`` fits one model a group; ``group_equal`` names the parts held equal over groups
    (lags, residuals, means, between, first_wave, loadings, intercepts). ``covariates`` are constant and act on the
    random intercepts (``covariate_effects="equal"``) or on every wave ("free"); ``time_varying`` maps a name to one
    variable a wave, acting on that wave's scores. ``times`` (numbers or dates) tell the spacing of the waves: unequal
    spacing warns, and ``continuous_time`` puts the lags on one interval. ``slopes`` lets persons also differ in their
    trend (``Sx``; latent curve model with structured residuals, Curran et al. 2014), linear in ``times``.

    Raises ModelError with the reason, the result withheld, where the model cannot be trusted (see ``sem``).
    """
    model = PanelModel(
        constructs_of(constructs), True, lags, residuals, means, cross, 1, several(group_equal), several(covariates),
        covariate_effects, time_varying, item_covariances, slopes, _numbers(times) if times is not None else None,
    )  # fmt: skip
    options = _Options(estimator, missing, group, cluster, weights, times, starts, seed, gate)
    return _fit(frame, model, options)


def clpm(
    frame: pl.DataFrame,
    constructs: Mapping[str, Waves],
    lags: str = "free",
    residuals: str = "free",
    means: str = "free",
    estimator: str = "ML",
    missing: str = "fiml",
    group: str | None = None,
    cluster: str | None = None,
    weights: str | None = None,
    times: Times | None = None,
    *,
    cross: str | Sequence[tuple[str, str]] = "all",
    group_equal: Sequence[str] = (),
    covariates: Sequence[str] = (),
    time_varying: Mapping[str, Sequence[str]] | None = None,
    starts: int = 1,
    seed: int = 1,
    gate: bool = True,
) -> Result:
    """Cross-lagged panel model without random intercepts: its lags mix differences between persons into change within.

    Options as in ``riclpm``. Show it beside the random-intercept model, never alone.
    """
    model = PanelModel(
        constructs_of(constructs), False, lags, residuals, means, cross, 1, several(group_equal), several(covariates),
        "free", time_varying,
    )  # fmt: skip
    return _fit(frame, model, _Options(estimator, missing, group, cluster, weights, times, starts, seed, gate))


def constructs_of(given: object) -> Mapping[str, Waves]:
    """Raises ModelError unless each construct has a list of variables."""
    if not isinstance(given, Mapping) or not given:
        raise ModelError(
            "constructs are named with their variables in order of waves", todo='Write {"x": ["x1", "x2", "x3"], …}.'
        )
    return given


class _Options:
    """How to fit, as opposed to what."""

    def __init__(
        self,
        estimator: str,
        missing: str,
        group: str | None,
        cluster: str | None,
        weights: str | None,
        times: Times | None,
        starts: int = 1,
        seed: int = 1,
        gate: bool = True,
    ) -> None:
        check_options(estimator, missing, cluster, weights)
        self.estimator, self.missing, self.group, self.cluster = estimator, missing, group, cluster
        self.weights, self.times, self.starts, self.seed, self.gate = weights, times, starts, seed, gate


def _fit(frame: pl.DataFrame, model: PanelModel, options: _Options) -> Result:
    data = panel_data(
        frame, model, missing=options.missing, group=options.group, cluster=options.cluster, weights=options.weights
    )
    result = fit_panel(
        model, data, estimator=options.estimator, starts=options.starts, seed=options.seed, gate=options.gate
    )
    spacing = unequal_spacing(options.times, model.waves)
    if spacing:
        warnings.warn(spacing, stacklevel=3)
        result = replace(result, notes=(*result.notes, spacing))
    intervals = tuple(_gaps(options.times)) if options.times else None
    return replace(result, details={"panel": replace(model, groups=len(data.groups)), "intervals": intervals})


def panel_data(
    frame: pl.DataFrame,
    model: PanelModel,
    *,
    missing: str = "fiml",
    group: str | None = None,
    cluster: str | None = None,
    weights: str | None = None,
) -> Data:
    """The answers a panel model needs, construct by construct."""
    variables = [
        name
        for waves in model.constructs.values()
        for held in waves
        for name in ([held] if isinstance(held, str) else held)
    ]
    names = [*variables, *model.exogenous]
    if len(set(names)) < len(names):
        raise ModelError("a variable stands for two constructs or waves", todo="Name each variable once.")
    return prepare(
        frame, names, missing=missing, group=group, cluster=cluster, weights=weights, complete=model.exogenous
    )


def fit_panel(
    model: PanelModel,
    data: Data,
    *,
    estimator: str = "ML",
    starts: int = 1,
    seed: int = 1,
    gate: bool = True,
    near: Result | None = None,
) -> Result:
    """A panel model on data already prepared; the search starts from the estimates of the model ``near`` it."""
    whole = replace(model, groups=len(data.groups))
    return analyse(
        panel_table(whole), data, estimator=estimator, exogenous=model.exogenous, starts=starts, seed=seed, gate=gate,
        family="riclpm" if model.between else "clpm", near=near,
    )  # fmt: skip


def _gaps(times: Times) -> list[float]:
    """Intervals between waves."""
    return [later - earlier for earlier, later in pairwise(_numbers(times))]


def _numbers(times: Times) -> list[float]:
    """Numbers as they are, dates in years of 365.25 days. Raises ModelError for what is neither."""
    try:
        found = [moment.toordinal() / 365.25 if isinstance(moment, date) else float(moment) for moment in times]
    except (TypeError, ValueError) as problem:
        raise ModelError("the times are numbers or dates, one a wave", where="times") from problem
    if not all(math.isfinite(value) for value in found):
        raise ModelError("the times are numbers or dates, one a wave", where="times")
    return found


def wave_numbers(times: Times | None, waves: int) -> list[float]:
    """One time a wave, the first at zero: 0, 1, 2, … unless told. Raises ModelError if they do not rise, one a wave."""
    if times is None:
        return [float(wave) for wave in range(waves)]
    unequal_spacing(times, waves)
    numbers = _numbers(times)
    return [number - numbers[0] for number in numbers]


def unequal_spacing(times: Times | None, waves: int) -> str | None:
    """A warning where intervals differ by more than a tenth of the shortest.

    Raises ModelError if there is not one time a wave, in order.
    """
    if times is None:
        return None
    if len(times) != waves:
        raise ModelError(f"{len(times)} times for {waves} waves", todo="Give one time a wave.")
    gaps = _gaps(times)
    if min(gaps) <= 0:
        raise ModelError("the times do not rise from wave to wave", todo="List them in order of waves.")
    if max(gaps) <= 1.1 * min(gaps):
        return None
    listed = ", ".join(f"{gap:.2f}" for gap in gaps)
    return f"the waves are unequally spaced (intervals {listed}): lags belong to their interval, see continuous_time"
