"""Trends and lags together: latent curves with structured residuals, and autoregressive latent trajectories."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Unpack

import polars as pl

from pipeline.errors import ModelError
from pipeline.sem.engine.analyse import sem
from pipeline.sem.engine.fitting import FitOptions
from pipeline.sem.engine.result import Result
from pipeline.sem.engine.table import Parameter
from pipeline.sem.families.panel import PanelOptions, riclpm
from pipeline.sem.families.panel_model import PanelModel
from pipeline.sem.families.spacing import Times, wave_numbers


def lcm_sr(
    frame: pl.DataFrame, constructs: Mapping[str, Sequence[str]], lags: str = "equal", **options: Unpack[PanelOptions]
) -> Result:
    """Latent curve model with structured residuals: the ``riclpm`` with trends that differ between persons.

    Each person has a level (``RIx``) and a linear trend (``Sx``); the deviations from it (``wx1``, …) carry the lags.
    Options as in ``riclpm``. Source: Curran, Howard, Bainter, Lane & McGinley
    (2014), Journal of Consulting and Clinical Psychology 82, 879–894.

    Raises ModelError as ``riclpm``.
    """
    asked: PanelOptions = {**options, "slopes": True}
    return riclpm(frame, constructs, lags, **asked)


def alt(
    frame: pl.DataFrame,
    constructs: Mapping[str, Sequence[str]],
    *,
    lags: str = "equal",
    residuals: str = "free",
    times: Times | None = None,
    **options: Unpack[FitOptions],
) -> Result:
    """Autoregressive latent trajectory (Bollen & Curran 2004, Sociological Methods & Research 32, 336–383).

    The scores themselves carry the lags, on top of a level ``i_x`` and a trend ``s_x``; the first wave is predetermined
    (its own mean and variance, free to covary with levels, trends and the other first scores). A lag here is no effect
    of a deviation: level and trend shape the scores through it too. ``times`` default to 0, 1, 2, …

    Raises ModelError as ``sem``, and for fewer than four waves.
    """
    model = PanelModel.of(constructs, lags=lags, residuals=residuals)
    if any(model.asked(name) != list(range(1, model.waves + 1)) for name in model.names) or model.is_multiple:
        raise ModelError("an autoregressive trajectory has one variable a wave", where=", ".join(model.names))
    if model.waves < 4:
        raise ModelError(
            "an autoregressive trajectory needs four waves of each construct", where=", ".join(model.names)
        )
    names = {name: [model.items(name, wave)[0] for wave in model.asked(name)] for name in model.names}
    loadings = wave_numbers(times, model.waves)
    rows = [*_trajectories(names, loadings), *_first_wave(names)]
    rows += _lags(names, model.waves, lags == "equal") + _shocks(names, model.waves, residuals == "equal")
    return sem(frame, rows, family="alt", **options)


def _trajectories(names: Mapping[str, Sequence[str]], loadings: Sequence[float]) -> list[Parameter]:
    """Level and trend act from the second wave on; all of them covary."""
    rows: list[Parameter] = []
    for name, held in names.items():
        for variable, time in list(zip(held, loadings, strict=True))[1:]:
            rows += [
                Parameter(f"i_{name}", "=~", variable, free=False, value=1.0),
                Parameter(f"s_{name}", "=~", variable, free=False, value=float(time)),
                Parameter(variable, "~1", free=False, value=0.0),
            ]
    factors = [f"{stem}_{name}" for name in names for stem in "is"]
    rows += [Parameter(factor, "~1") for factor in factors]
    return rows + [Parameter(one, "~~", other) for k, one in enumerate(factors) for other in factors[k:]]


def _first_wave(names: Mapping[str, Sequence[str]]) -> list[Parameter]:
    first = [held[0] for held in names.values()]
    rows = [Parameter(one, "~1") for one in first]
    rows += [Parameter(one, "~~", other) for k, one in enumerate(first) for other in first[k:]]
    return rows + [Parameter(one, "~~", f"{stem}_{name}") for one in first for name in names for stem in "is"]


def _lags(names: Mapping[str, Sequence[str]], waves: int, equal: bool) -> list[Parameter]:
    return [
        Parameter(names[to][wave], "~", names[source][wave - 1], label=f"lag_{to}_{source}" if equal else "")
        for wave in range(1, waves)
        for to in names
        for source in names
    ]


def _shocks(names: Mapping[str, Sequence[str]], waves: int, equal: bool) -> list[Parameter]:
    stems = list(names)
    return [
        Parameter(names[one][wave], "~~", names[other][wave], label=f"res_{one}_{other}" if equal else "")
        for wave in range(1, waves)
        for k, one in enumerate(stems)
        for other in stems[k:]
    ]
