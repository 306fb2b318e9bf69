"""Difference from a figure of elsewhere, only where its wording and mode are declared the same."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.errors import CohesionError
from pipeline.index.change.differences import compared_of, from_figure
from pipeline.index.change.setting import Setting

KEYS = frozenset({"label", "measure", "value", "std_error", "waves", "wording", "mode", "source"})
NEEDED = ("label", "measure", "value", "wording", "mode")
SAME = ("same", "different")


@dataclass(frozen=True)
class Figure:
    """One benchmark; ``refused`` says why nothing is compared with it."""

    label: str
    measure: str
    value: float
    std_error: float | None
    waves: tuple[str, ...]
    refused: str


def checked_benchmarks(
    benchmarks: Sequence[Mapping[str, Any]], measures: Sequence[str], waves: Sequence[str]
) -> tuple[Figure, ...]:
    """The benchmarks of these measures. Raises CohesionError for one that lacks or misstates what it must say."""
    figures = tuple(_figure(one, waves) for one in benchmarks)
    named = [(figure.label, figure.measure) for figure in figures]
    if len(set(named)) < len(named):
        raise CohesionError("two benchmarks of one measure have one label", where="benchmarks", todo="Rename one.")
    return tuple(figure for figure in figures if figure.measure in measures)


def against_benchmarks(
    setting: Setting, area: str, measure: str, waves: Sequence[str], figures: Sequence[Figure]
) -> Iterator[dict[str, object]]:
    """One row per wave and benchmark of the measure; a refused one says why and has no number."""
    for figure in figures:
        if figure.measure != measure:
            continue
        for wave in waves:
            if figure.waves and wave not in figure.waves:
                continue
            of = compared_of(setting, area, measure, wave, figure.label)
            yield (
                of.row("benchmark", note=figure.refused)
                if figure.refused
                else from_figure(setting, of, figure.value, figure.std_error)
            )


def _figure(given: Mapping[str, Any], waves: Sequence[str]) -> Figure:
    absent = [key for key in NEEDED if given.get(key) is None]
    strange = sorted(set(given) - KEYS)
    if absent or strange:
        what = f"a benchmark does not say its `{absent[0]}`" if absent else f"a benchmark has no key `{strange[0]}`"
        raise CohesionError(what, where="benchmarks", todo=f"It says {', '.join(NEEDED)}.")
    label, value, error = str(given["label"]), given["value"], given.get("std_error")
    for name, number in (("value", value), ("std_error", error)):
        if number is not None and not (isinstance(number, (int, float)) and math.isfinite(number)):
            raise CohesionError(f"the `{name}` of a benchmark is no number", where=label)
    if error is not None and error < 0:
        raise CohesionError("the `std_error` of a benchmark is below zero", where=label)
    for name in ("wording", "mode"):
        if given[name] not in SAME:
            raise CohesionError(f"the `{name}` of a benchmark is `same` or `different` from the study's", where=label)
    unknown = [wave for wave in given.get("waves") or () if str(wave) not in waves]
    if unknown:
        raise CohesionError(f"no wave `{unknown[0]}`", where=label, todo=f"There are {', '.join(waves)}.")
    other = [name for name in ("wording", "mode") if given[name] == "different"]
    refused = f"not compared: the benchmark has another {' and another '.join(other)}" if other else ""
    named = tuple(str(wave) for wave in given.get("waves") or ())
    return Figure(label, str(given["measure"]), float(value), None if error is None else float(error), named, refused)
