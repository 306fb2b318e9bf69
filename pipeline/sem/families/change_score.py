"""Latent change scores: how much a construct changes from wave to wave, and what the change depends on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Unpack

import polars as pl

from pipeline.errors import ModelError
from pipeline.options import known_options
from pipeline.sem.engine.analyse import sem
from pipeline.sem.engine.data import as_frame
from pipeline.sem.engine.fitting import FitOptions
from pipeline.sem.engine.result import Result
from pipeline.sem.engine.table import Parameter
from pipeline.sem.families.spacing import Times, wave_numbers

FEWEST_WAVES = 3


@known_options
def change_score(
    frame: pl.DataFrame,
    constructs: Mapping[str, Sequence[str]],
    *,
    coupling: bool = True,
    constant_change: bool = True,
    times: Times | None = None,
    **options: Unpack[FitOptions],
) -> Result:
    """Dual latent change score model of one or several constructs: ``{"trust": ["trust1", "trust2", …]}``.

    True scores l carry themselves over, l_t = l_t−1 + Δ_t; the change of a construct is Δ_t = s + β l_t−1 + Σ γ m_t−1 a
    unit of time: a constant part s (``constant_change``; its mean and variance are people's own), self-feedback β
    (``feedback_x``) and the coupling γ (``coupling_y_x``: how x moves y), equal over waves. Scores are x_t = l_t + e_t
    with one error variance a construct. Errors of two constructs covary within a wave. ``times`` must be equally
    spaced: a change belongs to an interval. Latent variables are ``l<construct><wave>``, ``d<construct><wave>``,
    ``s_<construct>``. Source: McArdle (2009), Annual Review of Psychology 60, 577–605; Grimm et al. (2012).

    Raises ModelError as ``sem``, for fewer than three waves (four, for one construct with a constant part), and for
    waves that are unequally spaced.
    """
    held = _held(constructs, constant_change)
    waves = len(next(iter(held.values())))
    numbers = wave_numbers(times, waves)
    gaps = [later - early for early, later in pairwise(numbers)]
    if max(gaps) > 1.001 * min(gaps):
        raise ModelError(
            "the waves are unequally spaced, and a change belongs to one interval", where="times", count=waves,
            todo="Choose waves that are equally far apart.",
        )  # fmt: skip
    starts = _starts(as_frame(frame), held)
    rows: list[Parameter] = []
    for name in held:
        rows += _scores(name, held[name]) + _changes(name, waves, constant_change)
        sources = [name, *(other for other in held if other != name and coupling)]
        rows += _dependence(name, sources, waves)
    rows += _moments(list(held), constant_change) + _errors(held)
    rows = [replace(row, value=starts[row.lhs, row.op]) if _begins(row, starts) else row for row in rows]
    return sem(frame, rows, family="change_score", **options)


def _begins(row: Parameter, starts: Mapping[tuple[str, str], float]) -> bool:
    return row.free and row.rhs in ("", row.lhs) and (row.lhs, row.op) in starts


def _starts(frame: pl.DataFrame, held: Mapping[str, Sequence[str]]) -> dict[tuple[str, str], float]:
    """Where the search begins: most of the first variance lasting, the mean course as constant change."""
    found: dict[tuple[str, str], float] = {}
    for name, variables in held.items():
        columns = [frame[one] for one in variables if one in frame.columns and frame[one].dtype.is_numeric()]
        if len(columns) < len(variables):
            return {}  # ``sem`` says what is wrong with them
        means = [float(column.mean() or 0.0) for column in columns]  # type: ignore[arg-type]
        variance = float(columns[0].var() or 1.0)  # type: ignore[arg-type]
        course = (means[-1] - means[0]) / (len(means) - 1)
        found |= {(f"l{name}1", "~1"): means[0], (f"s_{name}", "~1"): course}
        found |= {(f"l{name}1", "~~"): 0.7 * variance, (f"s_{name}", "~~"): 0.05 * variance}
        found |= {(f"d{name}{wave}", "~1"): course for wave in range(2, len(means) + 1)}
        found |= {(one, "~~"): 0.3 * variance for one in variables}
    return found


def _held(constructs: Mapping[str, Sequence[str]], constant_change: bool) -> dict[str, list[str]]:
    held = {name: list(waves) if not isinstance(waves, str) else [] for name, waves in constructs.items()}
    lengths = {len(waves) for waves in held.values()}
    least = FEWEST_WAVES + int(constant_change and len(held) == 1)
    if not held or len(lengths) > 1 or any(not isinstance(one, str) for waves in held.values() for one in waves):
        raise ModelError(
            "change scores have one variable a wave of each construct", where=", ".join(held),
            todo="Name as many waves of each; leave out waves that did not ask one.",
        )  # fmt: skip
    if min(lengths) < least:
        raise ModelError(
            f"change scores need {least} waves", where=", ".join(held), count=min(lengths), todo="Choose more waves."
        )
    return held


def _fixed(lhs: str, op: str, rhs: str = "", value: float = 1.0) -> Parameter:
    return Parameter(lhs, op, rhs, free=False, value=value)


def _scores(name: str, variables: Sequence[str]) -> list[Parameter]:
    rows = []
    for wave, variable in enumerate(variables, start=1):
        rows += [
            _fixed(f"l{name}{wave}", "=~", variable),
            Parameter(variable, "~~", variable, label=f"error_{name}"),
            _fixed(variable, "~1", value=0.0),
        ]
    return rows


def _changes(name: str, waves: int, constant: bool) -> list[Parameter]:
    rows = []
    for wave in range(2, waves + 1):
        rows += [
            _fixed(f"d{name}{wave}", "=~", f"l{name}{wave}"),
            _fixed(f"l{name}{wave}", "~", f"l{name}{wave - 1}"),
            _fixed(f"l{name}{wave}", "~~", f"l{name}{wave}", 0.0),
            _fixed(f"d{name}{wave}", "~~", f"d{name}{wave}", 0.0),
        ]
        if constant:
            rows.append(_fixed(f"s_{name}", "=~", f"d{name}{wave}"))
        else:
            rows.append(Parameter(f"d{name}{wave}", "~1", label=f"change_{name}"))
    return rows


def _dependence(name: str, sources: Sequence[str], waves: int) -> list[Parameter]:
    return [
        Parameter(
            f"d{name}{wave}", "~", f"l{source}{wave - 1}",
            label=f"feedback_{name}" if source == name else f"coupling_{name}_{source}",
        )
        for wave in range(2, waves + 1)
        for source in sources
    ]  # fmt: skip


def _moments(names: Sequence[str], constant: bool) -> list[Parameter]:
    """Means and (co)variances of people's first level and constant change."""
    factors = [factor for name in names for factor in (f"l{name}1", *([f"s_{name}"] if constant else []))]
    rows = [Parameter(factor, "~1") for factor in factors]
    return rows + [Parameter(one, "~~", other) for k, one in enumerate(factors) for other in factors[k:]]


def _errors(held: Mapping[str, Sequence[str]]) -> list[Parameter]:
    names = list(held)
    return [
        Parameter(held[one][wave], "~~", held[other][wave], label=f"error_{one}_{other}")
        for k, one in enumerate(names)
        for other in names[k + 1 :]
        for wave in range(len(held[one]))
    ]
