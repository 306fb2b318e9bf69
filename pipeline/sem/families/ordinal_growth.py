"""Growth of ordered questions: people's courses on the latent responses behind their answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Unpack

import polars as pl

from pipeline.errors import ModelError
from pipeline.options import known_options
from pipeline.sem.engine.data import as_frame
from pipeline.sem.engine.fitting import FitOptions
from pipeline.sem.engine.table import Parameter
from pipeline.sem.families.growth import curves
from pipeline.sem.families.ordinal_rows import item_rows, refuse_two_answers, threshold_labels
from pipeline.sem.ordinal.fit import fit_ordinal, ordinal_data
from pipeline.sem.ordinal.fitting import OrdinalFitting
from pipeline.sem.ordinal.result import OrdinalResult


@known_options
def ordinal_growth(
    frame: pl.DataFrame,
    variables: Sequence[str] | Mapping[str, Sequence[str]],
    shape: str = "linear",
    times: Sequence[float] | None = None,
    event: float | None = None,
    thresholds: str = "equal",
    **options: Unpack[FitOptions],
) -> OrdinalResult:
    """Latent growth of one question with three or more ordered answers, asked in ``variables`` (one a wave), or of
    several (``{"trust": ["trust1", …], …}``), by WLSMV.

    y*_t = i + s t + e_t with thresholds equal over waves (Mehta, Neale & Flay 2004; Grimm, Ram & Estabrook 2017): the
    response has variance one at the first wave (delta parameterisation) and a free scale at later ones, and the mean
    level is zero, so that the mean slope is in units of the first wave's response. ``thresholds="free"`` leaves but the
    first two equal, so that ``compare`` tests the others. ``shape``, ``times``, ``event`` as in ``growth``; ``options``
    as in ``OrdinalFitting``, without groups. Factors are ``i``, ``s``, ``q``, ``s1``, ``s2``; of several questions
    ``i_trust``, ….

    Raises ModelError for fewer than three waves or answers, waves too few for the shape, for groups, and where the
    result cannot stand.
    """
    asked = _asked(variables)
    names = [name for held in asked.values() for name in held]
    loadings = {stem: _loadings(held, shape, times, event) for stem, held in asked.items()}
    if thresholds not in ("equal", "free"):
        raise ModelError(f"thresholds are equal or free over waves, not {thresholds!r}", where="thresholds")
    fitting = OrdinalFitting.of(options)
    if fitting.group is not None:
        raise ModelError("growth of an ordered question has no groups", where="group", todo="Leave it out.")
    data = ordinal_data(as_frame(frame), names, fitting, list(asked.values()))
    refuse_two_answers(data.items, data.levels)
    levels, rows, factors = dict(zip(data.items, data.levels, strict=True)), list[Parameter](), list[str]()
    for stem, held in asked.items():
        labels = threshold_labels(stem, levels[held[0]], thresholds == "equal")
        ends = {f"{factor}_{stem}" if stem else factor: values for factor, values in loadings[stem].items()}
        rows += _rows(held, ends, labels)
        factors += ends
    rows += [Parameter(one, "~~", other, 1) for k, one in enumerate(factors) for other in factors[k:]]
    return fit_ordinal(rows, data, fitting)


def _asked(variables: Sequence[str] | Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Each construct's variables; those of one without a name under the empty one."""
    if isinstance(variables, Mapping):
        asked = {name: [] if isinstance(held, str) else list(held) for name, held in variables.items()}
    else:
        asked = {"": [] if isinstance(variables, str) else list(variables)}
    names = [name for held in asked.values() for name in held]
    if not asked or len(set(names)) < len(names):
        raise ModelError("a variable stands for two waves", where="growth", todo="Name each variable once.")
    return asked


def _loadings(
    held: Sequence[str], shape: str, times: Sequence[float] | None, event: float | None
) -> dict[str, list[float]]:
    moments = [float(time) for time in (times if times is not None else range(len(held)))]
    if len(held) < 3 or len(moments) != len(held) or moments != sorted(set(moments)):
        raise ModelError(
            "growth of an ordered question needs three waves or more, with times that rise", where=", ".join(held),
            count=len(held), todo="Name a variable and a time for each wave.",
        )  # fmt: skip
    found = curves(shape, moments, event)
    if len(held) < len(found) + 1:
        raise ModelError(
            f"{len(held)} waves are too few for a {shape} shape", where=", ".join(held), todo="Choose a simpler shape."
        )
    return found


def _rows(names: Sequence[str], loadings: Mapping[str, Sequence[float]], labels: Sequence[str]) -> list[Parameter]:
    rows: list[Parameter] = []
    for number, (factor, values) in enumerate(loadings.items()):
        rows += [
            Parameter(factor, "=~", name, 1, free=False, value=value) for name, value in zip(names, values, strict=True)
        ]
        rows.append(Parameter(factor, "~1", "", 1, free=number > 0, value=None if number else 0.0))
    for name in names:
        rows.append(Parameter(name, "~~", name, 1, free=False, value=0.0))
        rows.append(Parameter(name, "~1", "", 1, free=False, value=0.0))
        rows += item_rows(name, 1, labels, moves=name != names[0])
    return rows
