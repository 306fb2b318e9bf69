"""Latent growth curves: how people's levels move, and how much they differ in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Unpack

import polars as pl

from pipeline.errors import ModelError
from pipeline.sem.engine.analyse import sem
from pipeline.sem.engine.data import several
from pipeline.sem.engine.fitting import FitOptions
from pipeline.sem.engine.result import Result
from pipeline.sem.engine.table import Parameter


def growth(
    frame: pl.DataFrame,
    construct: Mapping[str, Sequence[str | None]],
    shape: str = "linear",
    times: Sequence[float] | None = None,
    event: float | None = None,
    residuals: str = "free",
    covariates: Sequence[str] = (),
    fixed_covariances: Sequence[tuple[str, str]] = (),
    **options: Unpack[FitOptions],
) -> Result:
    """Latent growth model of one or several constructs: ``{"trust": ["trust1", "trust2", …]}``,
    ``None`` for a wave that did not ask it.

    ``shape``: intercept, linear, quadratic, or piecewise (two slopes, before and after ``event``, on the scale of
    ``times``). ``times`` (default 0, 1, 2, …) are the loadings of the slope, so the waves may be unequally spaced.
    ``residuals``: variances free or equal over waves. ``covariates`` predict every growth factor.
    ``fixed_covariances``: pairs of growth factors whose covariance is zero; a factor paired with itself has no
    variance. ``options`` as in ``Fitting``. Factors are ``i_<construct>``, ``s_``, ``q_``, ``s1_``, ``s2_`` (Mplus and
    lavaan ``growth``).

    Raises ModelError as ``sem``, and where the waves are too few for the shape.
    """
    if residuals not in ("free", "equal"):
        raise ModelError(f"residuals are free or equal, not {residuals!r}", where="growth model")
    if event is not None and shape != "piecewise":
        raise ModelError(f"a {shape} shape bends at no event", where="event", todo='Use shape="piecewise".')
    rows: list[Parameter] = []
    factors: list[str] = []
    for name, given in construct.items():
        variables, moments = _waves(name, given, times)
        loadings = _loadings(name, shape, moments, event)
        factors += [f"{stem}_{name}" for stem in loadings]
        rows += _measured(name, variables, loadings, residuals == "equal")
    covariates = several(covariates)
    rows += _structure(factors, fixed_covariances)
    rows += [Parameter(factor, "~", covariate) for factor in factors for covariate in covariates]
    return sem(frame, rows, exogenous=covariates, family="growth", **options)


def _waves(name: str, given: Sequence[str | None], times: Sequence[float] | None) -> tuple[list[str], list[float]]:
    """The variables of the waves that asked a construct, and their times. Raises ModelError if these do not rise."""
    if isinstance(given, str):
        raise ModelError("a construct is a list of variables, one a wave", where=name)
    every = [float(time) for time in (times if times is not None else range(len(given)))]
    if len(every) != len(given):
        raise ModelError(f"{len(every)} times for {len(given)} waves", where=name, todo="Give one a wave.")
    if any(not later > earlier for earlier, later in pairwise(every)):
        raise ModelError("the times do not rise from wave to wave", where=name, todo="List them in order of waves.")
    asked = [(variable, time) for variable, time in zip(given, every, strict=True) if variable is not None]
    return [variable for variable, _ in asked], [time for _, time in asked]


def _loadings(name: str, shape: str, times: Sequence[float], event: float | None) -> dict[str, list[float]]:
    found = curves(shape, times, event)
    if len(times) < len(found) + 1:
        raise ModelError(
            f"{len(times)} waves are too few for a {shape} shape", where=name, todo="Choose a simpler shape."
        )
    return found


def _measured(
    name: str, variables: Sequence[str], loadings: Mapping[str, Sequence[float]], equal: bool
) -> list[Parameter]:
    """Loadings of the growth factors, residual variances, intercepts of zero."""
    rows = [
        Parameter(f"{stem}_{name}", "=~", variable, free=False, value=value)
        for stem, values in loadings.items()
        for variable, value in zip(variables, values, strict=True)
    ]
    for variable in variables:
        rows.append(Parameter(variable, "~~", variable, label=f"res_{name}" if equal else ""))
        rows.append(Parameter(variable, "~1", free=False, value=0.0))
    return rows


def _structure(factors: Sequence[str], zero: Sequence[tuple[str, str]]) -> list[Parameter]:
    pairs = {frozenset(pair) for pair in zero}
    unknown = sorted({name for pair in zero for name in pair} - set(factors))
    if unknown:
        raise ModelError("fixed_covariances name no growth factor", where=", ".join(unknown),
                         todo=f"Choose from {', '.join(factors)}.")  # fmt: skip
    rows = [Parameter(factor, "~1") for factor in factors]
    for k, one in enumerate(factors):
        for other in factors[: k + 1]:
            free = frozenset((one, other)) not in pairs
            rows.append(Parameter(other, "~~", one, free=free, value=None if free else 0.0))
    return rows


def curves(shape: str, times: Sequence[float], event: float | None) -> dict[str, list[float]]:
    """Loadings of each growth factor."""
    level = {"i": [1.0] * len(times)}
    if shape == "intercept":
        return level
    if shape == "linear":
        return level | {"s": list(times)}
    if shape == "quadratic":
        return level | {"s": list(times), "q": [time**2 for time in times]}
    if shape != "piecewise":
        raise ModelError(f"unknown shape {shape!r}", todo="Use intercept, linear, quadratic or piecewise.")
    if event is None or not times[0] < event < times[-1]:
        raise ModelError(
            "a piecewise shape bends at an event between the waves", todo="Give event on the scale of times."
        )
    before = [min(time, event) - times[0] for time in times]
    after = [max(time - event, 0.0) for time in times]
    return level | {"s1": before, "s2": after}
