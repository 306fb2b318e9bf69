"""Change of areas between waves, difference from a comparison and from benchmarks, with the errors of a panel."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal, Unpack, get_args

import polars as pl

from pipeline.door import public
from pipeline.errors import CohesionError
from pipeline.index.change.benchmarks import Figure, against_benchmarks, checked_benchmarks
from pipeline.index.change.common import Compose
from pipeline.index.change.differences import Row, change, compared_of, difference
from pipeline.index.change.setting import DesignColumns, Others, Setting, setting_of
from pipeline.index.rounds import Rounds
from pipeline.tables import AreaChanges, shaped

Kind = Literal["previous_wave", "base_wave", "comparison", "benchmark", "earlier_waves", "comparison_change"]
USUAL: tuple[Kind, ...] = ("previous_wave", "base_wave", "comparison", "benchmark")


@public(once=True, ordered=True)
def area_changes(
    scores: pl.DataFrame,
    measures: Sequence[str],
    *,
    indicators: pl.DataFrame | None = None,
    domains: Mapping[str, Sequence[str]] | None = None,
    compose: Compose | None = None,
    base_wave: str | None = None,
    comparison_arm: str | None = None,
    comparison_areas: Sequence[str] = (),
    comparison_name: str = "",
    benchmarks: Sequence[Mapping[str, Any]] = (),
    kinds: Sequence[str] = USUAL,
    window: int = 2,
    rounds: Rounds | None = None,
    **design: Unpack[DesignColumns],
) -> pl.DataFrame:
    """One row per area, measure, wave and what it is compared with: difference, interval, and ratio (base = 100).

    ``scores``: one row per person and wave with ``area`` and ``measures`` (any unit). ``kinds``:

    - ``previous_wave``: less the wave before, of those in which people of the area have the measure;
    - ``base_wave``: less ``base_wave`` (the area's first by itself); ``ratio`` is 100 times the quotient;
    - ``comparison``: less the people of ``comparison_arm``, or of ``comparison_areas``, in the same round;
    - ``comparison_change``: the change since the base wave, less that of the comparison;
    - ``benchmark``: less each of ``benchmarks`` (``label, measure, value, std_error, waves, wording, mode``), where
      its wording and mode are declared the ``same``; else a row that says why not;
    - ``earlier_waves``: less the mean of the ``window`` waves before, for slow courses.

    ``rounds``: arm → its wave → the round it belongs to, where arms (a column ``arm``) have calendars of their own; a
    wave not named has the round of its own name. Changes of an area are by its own waves, and named with their rounds.

    With ``indicators`` (same people and waves) and ``domains`` (domain → indicators), both sides are scored on the
    indicators that both asked, by ``compose`` (by itself means where half are answered): see ``mean_scores``.

    The people are the same, so that means of two waves covary: influence values w (y − mean) / Σw are added up within
    the person (or ``psu``, within ``strata``) before their variance is taken (R: ``svyby(…, covmat = TRUE)`` with
    ``svycontrast``); ratios by the delta method, their intervals on the scale of logarithms (none of a ratio of zero).
    ``subset="answered"`` counts only the units of the area. Intervals are of t with the units less the strata that the
    area has. ``n_persons`` are those of the smaller side; of fewer than ``smallest`` there is no number. Raises
    CohesionError for columns, kinds or waves that are not there, and for an area in arms of different calendars.

    >>> import polars as pl
    >>> people = [f"p{number}" for number in range(12)]
    >>> panel = pl.DataFrame({
    ...     "person_id": people * 2, "wave": ["w01"] * 12 + ["w02"] * 12, "area": ["a"] * 24,
    ...     "trust": [40.0 + number for number in range(12)] + [42.0 + number for number in range(12)],
    ... })
    >>> made = area_changes(panel, ["trust"], weight=None)
    >>> made.select("kind", pl.col("estimate", "std_error", "ratio").round(2)).rows()
    [('previous_wave', 2.0, 0.0, 104.4), ('base_wave', 2.0, 0.0, 104.4)]
    """
    _check_kinds(kinds, window)
    setting = setting_of(scores, measures, indicators, domains or {}, compose, rounds=rounds, **design)
    others = setting.comparison(comparison_arm, comparison_areas)
    name = comparison_name or comparison_arm or " + ".join(comparison_areas)
    declared = checked_benchmarks(benchmarks, measures, setting.waves) if "benchmark" in kinds else ()
    return compared(setting, measures, Asked(frozenset(kinds), base_wave, window, others, name, declared))


def compared(setting: Setting, measures: Sequence[str], asked: Asked) -> pl.DataFrame:
    """The rows of ``area_changes``, whatever means and errors ``setting`` gives an area."""
    base = asked.base_wave
    if base is not None and base not in setting.waves:
        raise CohesionError(f"no wave `{base}`", where="base_wave", todo=f"There are {', '.join(setting.waves)}.")
    rows = [row for area in setting.areas for measure in measures for row in _rows(setting, area, measure, asked)]
    return shaped(pl.DataFrame(rows, schema=_columns(), orient="row"), AreaChanges)


@dataclass(frozen=True)
class Asked:
    """What is compared with what."""

    kinds: frozenset[str]
    base_wave: str | None
    window: int
    others: Others | None
    name: str
    benchmarks: Sequence[Figure]


def _rows(setting: Setting, area: str, measure: str, asked: Asked) -> Iterator[Row]:
    """Every comparison of an area's measure, kind by kind."""
    waves = setting.waves_of(area, measure)
    if "previous_wave" in asked.kinds:
        yield from _previous(setting, area, measure, waves)
    if "base_wave" in asked.kinds:
        yield from _since_base(setting, area, measure, waves, asked.base_wave)
    if "earlier_waves" in asked.kinds:
        yield from _earlier(setting, area, measure, waves, asked.window)
    if asked.others is not None and area not in asked.others.areas:
        yield from _compared(setting, area, measure, waves, asked, asked.others)
    yield from against_benchmarks(setting, area, measure, waves, asked.benchmarks)


def _previous(setting: Setting, area: str, measure: str, waves: Sequence[str]) -> Iterator[Row]:
    for earlier, later in pairwise(waves):
        of = compared_of(setting, area, measure, later, earlier, (earlier,))
        yield change(setting, of, "previous_wave", (earlier,))


def _since_base(setting: Setting, area: str, measure: str, waves: Sequence[str], base: str | None) -> Iterator[Row]:
    """Changes since the base wave, of the later waves; a row that says so where the area has no base wave."""
    first = base or (waves[0] if waves else None)
    for wave in waves:
        if first is None or setting.place(wave) <= setting.place(first):
            continue
        of = compared_of(setting, area, measure, wave, first, (first,) if first in waves else ())
        yield (
            change(setting, of, "base_wave", (first,))
            if first in waves
            else of.row("base_wave", note=f"nobody of the area has this measure in the base wave {first}")
        )


def _earlier(setting: Setting, area: str, measure: str, waves: Sequence[str], window: int) -> Iterator[Row]:
    for place in range(window, len(waves)):
        before = tuple(waves[place - window : place])
        of = compared_of(setting, area, measure, waves[place], f"{before[0]} to {before[-1]}", before)
        yield change(setting, of, "earlier_waves", before)


def _compared(
    setting: Setting, area: str, measure: str, waves: Sequence[str], asked: Asked, others: Others
) -> Iterator[Row]:
    """In each round, and since the base wave."""
    first = asked.base_wave or (waves[0] if waves else None)
    for wave in waves:
        of = compared_of(setting, area, measure, wave, asked.name)
        if "comparison" in asked.kinds:
            yield difference(setting, of, others)
        if "comparison_change" in asked.kinds and first in waves and setting.place(wave) > setting.place(str(first)):
            yield difference(setting, of, others, since=first)


def _check_kinds(kinds: Sequence[str], window: int) -> None:
    unknown = [kind for kind in kinds if kind not in get_args(Kind)]
    if unknown:
        raise CohesionError(
            f"`{unknown[0]}` is no kind of change", where="kinds", todo=f"There are {', '.join(get_args(Kind))}."
        )
    if window < 1:
        raise CohesionError("`window` is a number of earlier waves", where="window", todo="Give 1 or more.")


def _columns() -> dict[str, Any]:
    return {name: column.dtype for name, column in AreaChanges.columns().items()}
