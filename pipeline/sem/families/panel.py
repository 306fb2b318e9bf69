"""Cross-lagged panel models: does a change in one thing follow a change in another?"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Unpack

import polars as pl

from pipeline.errors import ModelError
from pipeline.sem.engine.analyse import fit_prepared
from pipeline.sem.engine.covariates import prepared
from pipeline.sem.engine.data import Data, as_frame
from pipeline.sem.engine.fitting import FitOptions, Fitting, refuse_unknown
from pipeline.sem.engine.result import Result
from pipeline.sem.families.bounds import has_impossible_intercepts, within_bounds
from pipeline.sem.families.panel_model import PanelModel, Waves
from pipeline.sem.families.panel_table import panel_table
from pipeline.sem.families.spacing import Times, gaps, numbers, unequal_spacing


class PanelOptions(FitOptions, total=False):
    """The keywords of ``riclpm`` and ``clpm``: those of ``PanelModel`` and ``Fitting``, and ``times``."""

    residuals: str
    means: str
    cross: str | Sequence[tuple[str, str]]
    group_equal: Sequence[str]
    covariates: Sequence[str]
    covariate_effects: str
    time_varying: Mapping[str, Sequence[str]] | None
    random_intercepts: str | Mapping[str, str]
    item_covariances: bool
    slopes: bool
    times: Times | None


MODEL = (
    "lags", "residuals", "means", "cross", "group_equal", "covariates", "covariate_effects", "time_varying",
    "random_intercepts", "item_covariances", "slopes",
)  # fmt: skip
ONLY_BETWEEN = ("covariate_effects", "random_intercepts", "item_covariances", "slopes")
FITTING = tuple(FitOptions.__annotations__)


def riclpm(
    frame: pl.DataFrame, constructs: Mapping[str, Waves], lags: str = "free", **options: Unpack[PanelOptions]
) -> Result:
    """Random-intercept cross-lagged panel model (Hamaker, Kuiper & Grasman 2015).

    ``frame`` has one row per person; ``constructs`` maps a name to its variables in order of waves, e.g.
    ``{"x": ["x1", "x2", "x3"], "y": ["y1", "y2", "y3"]}``, or to lists of indicators a wave (the multiple-indicator
    model with scalar invariance over time). ``None`` stands for a wave that did not ask the construct: a phantom
    variable takes its place (see ``PanelModel``). Estimates name the stable part ``RIx`` and the deviations ``wx1``, ….

    Options of the model as in ``PanelModel``, of the search as in ``Fitting``. ``times`` (numbers or dates) give the
    spacing of the waves: unequal spacing warns, and ``continuous_time`` puts the lags on one interval.

    Raises ModelError with the reason, the result withheld, where the model cannot be trusted (see ``sem``), and for an
    option that there is not.
    """
    return _fit(frame, _asked(constructs, {**options, "lags": lags}, between=True))


def clpm(
    frame: pl.DataFrame, constructs: Mapping[str, Waves], lags: str = "free", **options: Unpack[PanelOptions]
) -> Result:
    """Cross-lagged panel model without random intercepts: its lags mix differences between persons into change within.

    Options as in ``riclpm``, without those of random intercepts. Show it with the random-intercept model, never alone.
    """
    return _fit(frame, _asked(constructs, {**options, "lags": lags}, between=False))


@dataclass(frozen=True)
class Asked:
    """What is to be fitted, how, and when the waves were."""

    model: PanelModel
    fitting: Fitting
    times: Times | None


def _asked(constructs: object, options: Mapping[str, Any], between: bool) -> Asked:
    """The keywords as a model and a way to fit it. Raises ModelError for one that there is not."""
    own = [name for name in MODEL if between or name not in ONLY_BETWEEN]
    refuse_unknown(options, [*own, *FITTING, "times"])
    if options.get("group_equal") and not options.get("group"):
        raise ModelError("parts are equal over groups, without a group", where="group_equal", todo="Name the `group`.")
    if "covariate_effects" in options and not options.get("covariates"):
        raise ModelError("covariate_effects without covariates", where="covariate_effects", todo="Leave it out.")
    times = options.get("times")
    model = PanelModel.of(
        constructs, between=between, loadings=numbers(times) if times is not None else None,
        **{name: options[name] for name in own if name in options},
    )  # fmt: skip
    return Asked(model, Fitting.of({name: options[name] for name in FITTING if name in options}), times)


def asked_of(constructs: object, options: Mapping[str, Any]) -> tuple[PanelModel, Fitting]:
    """The random-intercept model that the keywords of ``riclpm`` ask for, and how it is to be fitted."""
    asked = _asked(constructs, options, between=True)
    return asked.model, asked.fitting


def _fit(frame: pl.DataFrame, asked: Asked) -> Result:
    data, fixed = panel_data(frame, asked.model, asked.fitting)
    result = fit_panel(asked.model, data, asked.fitting, fixed)
    spacing = unequal_spacing(asked.times, asked.model.waves)
    if spacing:
        warnings.warn(spacing, stacklevel=3)
        result = replace(result, notes=(*result.notes, spacing))
    intervals = tuple(gaps(asked.times)) if asked.times else None
    return replace(result, details={**result.details, "intervals": intervals})


def panel_data(frame: pl.DataFrame, model: PanelModel, fitting: Fitting) -> tuple[Data, tuple[str, ...]]:
    """The answers a panel model needs, construct by construct, and the covariates that are taken as they are."""
    names = [*model.variables, *model.exogenous]
    if len(set(names)) < len(names):
        raise ModelError("a variable stands for two constructs or waves", todo="Name each variable once.")
    return prepared(as_frame(frame), names, model.exogenous, fitting)


def fit_panel(
    model: PanelModel, data: Data, fitting: Fitting, fixed: Sequence[str] = (), near: Result | None = None
) -> Result:
    """A panel model on data already prepared; the search starts from the estimates of the model ``near`` it."""
    whole = replace(model, groups=len(data.groups))

    def fit(one: PanelModel, how: Fitting) -> Result:
        return fit_prepared(
            panel_table(one), data, how, model.exogenous, fixed,
            family="riclpm" if model.between else "clpm", near=near,
        )  # fmt: skip

    try:
        result, reached = within_bounds(whole, fitting, fit)
    except ModelError as error:
        if has_impossible_intercepts(error.what.split(";"), whole):
            todo = 'The result is withheld; random_intercepts="bounded" or "zero" is a way on, with other lags.'
            raise ModelError(error.what, where=error.where, count=error.count, todo=todo) from error
        raise
    details = {"panel": whole, "reached": reached, "fixed_x": tuple(fixed), "fitting": fitting}
    return replace(result, notes=(*result.notes, *whole.notes(reached)), details=details)
