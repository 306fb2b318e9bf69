"""Trends and lags together: latent curves with structured residuals, and autoregressive latent trajectories."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from pipeline.errors import ModelError
from pipeline.sem.engine.analyse import sem
from pipeline.sem.engine.data import several
from pipeline.sem.engine.result import Result
from pipeline.sem.engine.table import Parameter
from pipeline.sem.families.panel import Times, constructs_of, riclpm, wave_numbers


def lcm_sr(
    frame: pl.DataFrame,
    constructs: Mapping[str, Sequence[str]],
    lags: str = "equal",
    residuals: str = "free",
    estimator: str = "ML",
    missing: str = "fiml",
    group: str | None = None,
    cluster: str | None = None,
    weights: str | None = None,
    times: Times | None = None,
    *,
    cross: str | Sequence[tuple[str, str]] = "all",
    covariates: Sequence[str] = (),
    starts: int = 1,
    gate: bool = True,
) -> Result:
    """Latent curve model with structured residuals: the ``riclpm`` with trends that differ between persons.

    Each person has a level (``RIx``) and a linear trend (``Sx``); the deviations from it (``wx1``, …) carry the lags.
    Options as in ``riclpm``. Source: Curran, Howard, Bainter, Lane & McGinley (2014), Journal of Consulting and
    Clinical Psychology 82, 879–894.

    Raises ModelError as ``riclpm``.
    """
    return riclpm(
        frame, constructs, lags, residuals, "free", estimator, missing, group, cluster, weights, times, cross=cross,
        covariates=several(covariates), slopes=True, starts=starts, gate=gate,
    )  # fmt: skip


def alt(
    frame: pl.DataFrame,
    constructs: Mapping[str, Sequence[str]],
    lags: str = "equal",
    residuals: str = "free",
    estimator: str = "ML",
    missing: str = "fiml",
    group: str | None = None,
    cluster: str | None = None,
    weights: str | None = None,
    times: Times | None = None,
    *,
    starts: int = 1,
    gate: bool = True,
) -> Result:
    """Autoregressive latent trajectory (Bollen & Curran 2004, Sociological Methods & Research 32, 336–383).

    The scores themselves carry the lags, on top of a level ``i_x`` and a trend ``s_x``; the first wave is predetermined
    (its own mean and variance, free to covary with levels, trends and the other first scores). A lag here is no effect
    of a deviation: level and trend shape the scores through it too. ``times`` default to 0, 1, 2, …

    Raises ModelError as ``sem``, and for fewer than four waves.
    """
    names = {name: [str(variable) for variable in held] for name, held in constructs_of(constructs).items()}
    waves = {len(held) for held in names.values()}
    if len(waves) != 1 or min(waves) < 4:
        raise ModelError("an autoregressive trajectory needs four waves of each construct", where=", ".join(names))
    for name, value in (("lags", lags), ("residuals", residuals)):
        if value not in ("free", "equal"):
            raise ModelError(f"{name} are free or equal, not {value!r}", where="autoregressive trajectory")
    count = waves.pop()
    loadings = wave_numbers(times, count)
    rows = [*_trajectories(names, loadings), *_first_wave(names)]
    rows += _lags(names, count, lags == "equal") + _shocks(names, count, residuals == "equal")
    return sem(
        frame, rows, estimator=estimator, missing=missing, group=group, cluster=cluster, weights=weights, starts=starts,
        gate=gate, family="alt",
    )  # fmt: skip


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
