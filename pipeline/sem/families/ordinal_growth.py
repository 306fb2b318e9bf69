"""Growth of one ordered question: people's courses on the latent response behind its answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Unpack

import polars as pl

from pipeline.errors import ModelError
from pipeline.sem.engine.data import as_frame
from pipeline.sem.engine.fitting import FitOptions
from pipeline.sem.engine.table import Parameter
from pipeline.sem.families.growth import curves
from pipeline.sem.families.ordinal_rows import item_rows
from pipeline.sem.ordinal.fit import fit_ordinal, ordinal_data
from pipeline.sem.ordinal.fitting import OrdinalFitting
from pipeline.sem.ordinal.result import OrdinalResult


def ordinal_growth(
    frame: pl.DataFrame,
    variables: Sequence[str],
    shape: str = "linear",
    times: Sequence[float] | None = None,
    event: float | None = None,
    **options: Unpack[FitOptions],
) -> OrdinalResult:
    """Latent growth of one question with three or more ordered answers, asked in ``variables`` (one a wave), by WLSMV.

    y*_t = i + s t + e_t with thresholds equal over waves (Mehta, Neale & Flay 2004; Grimm, Ram & Estabrook 2017): the
    response has variance one at the first wave (delta parameterisation) and a free scale at later ones, and the mean
    level is zero, so that the mean slope is in units of the first wave's response. ``shape``, ``times``, ``event`` as
    in ``growth``; ``options`` as in ``OrdinalFitting``, without groups. Factors are ``i``,
    ``s``, ``q``, ``s1``, ``s2``.

    Raises ModelError for fewer than three waves or answers, for groups, and where the result cannot stand.
    """
    names = list(variables) if not isinstance(variables, str) else []
    moments = [float(time) for time in (times if times is not None else range(len(names)))]
    if len(names) < 3 or len(moments) != len(names) or moments != sorted(set(moments)):
        raise ModelError(
            "growth of an ordered question needs three waves or more, with times that rise", where=", ".join(names),
            count=len(names), todo="Name a variable and a time for each wave.",
        )  # fmt: skip
    fitting = OrdinalFitting.of(options)
    if fitting.group is not None:
        raise ModelError("growth of an ordered question has no groups", where="group", todo="Leave it out.")
    data = ordinal_data(as_frame(frame), names, fitting, [names])
    if min(data.levels) < 3:
        raise ModelError(
            "equal thresholds of two answers do not set the scale of later waves", where=", ".join(names),
            count=min(data.levels), todo="Use a question with three answers or more.",
        )  # fmt: skip
    return fit_ordinal(_rows(names, curves(shape, moments, event), data.levels[0]), data, fitting)


def _rows(names: Sequence[str], loadings: dict[str, list[float]], levels: int) -> list[Parameter]:
    rows: list[Parameter] = []
    for factor, values in loadings.items():
        rows += [
            Parameter(factor, "=~", name, 1, free=False, value=value) for name, value in zip(names, values, strict=True)
        ]
        level = factor == "i"
        rows.append(Parameter(factor, "~1", "", 1, free=not level, value=0.0 if level else None))
    for name in names:
        rows.append(Parameter(name, "~~", name, 1, free=False, value=0.0))
        rows.append(Parameter(name, "~1", "", 1, free=False, value=0.0))
        rows += item_rows(name, 1, [f"threshold_{t}" for t in range(1, levels)], moves=name != names[0])
    factors = list(loadings)
    return rows + [Parameter(one, "~~", other, 1) for k, one in enumerate(factors) for other in factors[k:]]
