"""The tension monitor: which areas fell by more than sampling and the usual differences between areas explain."""

from __future__ import annotations

import zlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from pipeline.door import public
from pipeline.errors import CohesionError
from pipeline.index.checks import require_numbers
from pipeline.index.monitor.judged import Charge, Common, Family, Rule, Sides
from pipeline.index.monitor.limits import DRAWS
from pipeline.index.monitor.words import early_words, few_areas, few_people, signal_words
from pipeline.specs.disclosure import SMALLEST
from pipeline.tables import Monitor, shaped

NEEDED = ("area", "measure", "kind", "wave", "against", "estimate", "std_error", "n_persons")
FEWEST_AREAS = 6
NOTHING = 1e-30
"""Standard errors as small are zero: the weights of their squares overflow."""
Row = dict[str, Any]


@dataclass(frozen=True)
class Plan:
    """How changes are judged."""

    charge: Charge
    common: Common
    fall: float
    fewest_people: int
    fewest_areas: int
    smallest: int
    draws: int
    seed: int


@public(infinite=True)
def tension_monitor(
    changes: pl.DataFrame,
    *,
    spread: Mapping[str, float] | None = None,
    labels: Mapping[str, str] | None = None,
    early: Collection[str] = (),
    rule: Rule = "expected",
    false_alarms: float = 0.05,
    sides: Sides = "falls",
    common: Common = "removed",
    fall: float = 0.3,
    kind: str = "previous_wave",
    fewest_people: int = 20,
    fewest_areas: int = FEWEST_AREAS,
    smallest: int = SMALLEST,
    draws: int = DRAWS,
    seed: int = 1,
) -> pl.DataFrame:
    """One row per area, measure and pair of waves: the change, the limits that chance explains, and the signal.

    ``changes``: rows of ``area_changes`` (``area, measure, kind, wave, against, estimate, std_error, n_persons``, and
    ``df`` where it is known), of which those of ``kind`` are judged. Areas are taken as exchangeable: the change of an
    area is y_a ~ N(μ, τ² + v_a), with v_a its sampling variance, τ² the variance between areas by REML, and both fitted
    without the area that is judged, and without those that have a signal. Small areas so have wide limits.
    ``common="removed"``: limits lie around μ, the common change, in ``centre``; ``"kept"``: around zero, so that a fall
    of all areas is a signal in each.

    ``false_alarms`` is, for all areas and measures of one wave where nothing but that happened: the number of them that
    is expected (``rule="expected"``), the chance of any (``family_wise``), or the share of signals that are false
    (``false_discovery``, Benjamini & Hochberg 1995). ``sides="falls"`` looks for falls alone, ``"both"`` also for
    rises, within the same rate. The measures in ``early`` (a few questions) are judged with a rate of their own.

    ``spread``: measure → standard deviation between people; ``power`` is then the chance of a signal where an area
    falls by ``fall`` of them. Areas of fewer than ``fewest_people`` are not judged, those of fewer than ``smallest``
    not shown, and with fewer than ``fewest_areas`` nothing is judged. Raises CohesionError for what does not fit.
    """
    _check(changes, false_alarms, fall, fewest_areas, smallest)
    plan = Plan(Charge(rule, false_alarms, sides), common, fall, fewest_people, fewest_areas, smallest, draws, seed)
    own = changes.filter(kind=kind).sort("wave", "measure", "against", "area")
    if not own.height:
        raise CohesionError(f"no change of the kind `{kind}`", where="changes", todo="Ask `area_changes` for it.")
    judged = own.with_columns(_is_early=pl.col("measure").is_in(list(early)))
    rows: list[Row] = []
    for part in judged.partition_by("wave", "_is_early", maintain_order=True):
        rows += _wave(part, plan, spread or {})
    named = labels or {}
    for row in rows:
        row["label"] = named.get(row["area"], row["area"])
        row["note"] = (
            early_words(row["note"]) if row["measure"] in early and row["signal"] != "not_judged" else row["note"]
        )
    return shaped(pl.DataFrame(rows, schema=_columns(), orient="row").sort("wave", "measure", "area"), Monitor)


def _wave(part: pl.DataFrame, plan: Plan, spread: Mapping[str, float]) -> Iterator[Row]:
    """The rows of a wave, which share the false alarms that are allowed."""
    families: list[tuple[pl.DataFrame, Family]] = []
    for group in part.partition_by("measure", "against", maintain_order=True):
        inside = group.filter(_can_be_judged(plan))
        yield from (_not_judged(row, plan) for row in group.filter(~_can_be_judged(plan)).iter_rows(named=True))
        if inside.height < plan.fewest_areas:
            yield from (
                _row(row, "not_judged", few_areas(inside.height, plan.fewest_areas))
                for row in inside.iter_rows(named=True)
            )
            continue
        families.append((inside, _family(inside, plan)))
    if not families:
        return
    every = [float(value) for _, family in families for value in family.p_values]
    chance = plan.charge.chance(every)
    alarms = plan.charge.rate if plan.charge.rule == "expected" else chance * len(every)
    for inside, family in families:
        yield from _judged(inside, family, plan, chance, alarms, spread)


def _family(inside: pl.DataFrame, plan: Plan) -> Family:
    """Random numbers are those of the measure and the waves, so that other measures do not change them."""
    name = "|".join(str(inside[column][0]) for column in ("measure", "wave", "against"))
    degrees = inside["df"] if "df" in inside.columns else pl.Series([None] * inside.height, dtype=pl.Float64)
    known = degrees.fill_null(inside["n_persons"] - 1).cast(pl.Float64).to_numpy()
    return Family.of(
        inside["estimate"].to_numpy(),
        inside["std_error"].to_numpy(),
        np.minimum(known, inside["n_persons"].to_numpy() - 1.0),
        sides=plan.charge.sides,
        common=plan.common,
        draws=plan.draws,
        seed=plan.seed + zlib.crc32(name.encode()),
    )


def _judged(
    inside: pl.DataFrame, family: Family, plan: Plan, chance: float, alarms: float, spread: Mapping[str, float]
) -> Iterator[Row]:
    """The rows of a family; those without a signal are judged again without the areas that have one.

    A fall makes areas look more different than they are, and would hide a second one. Where nothing happened there is
    no second round unless the first had a false alarm, so that the rate stays what it is.
    """
    limits = family.expected.limits(plan.charge.tail(chance))
    outside = inside["estimate"].to_numpy() < limits.low
    if plan.charge.sides == "both":
        outside |= inside["estimate"].to_numpy() > limits.high
    again = 0 < outside.sum() <= inside.height - plan.fewest_areas
    deviation = spread.get(str(inside["measure"][0]))
    power = None if deviation is None else family.expected.power(limits, plan.fall * deviation)
    for place, row in enumerate(inside.iter_rows(named=True)):
        if again and not outside[place]:
            continue
        signal = "within" if not outside[place] else "below" if row["estimate"] < limits.low[place] else "above"
        yield _row(
            row,
            signal,
            signal_words(signal),
            limit_low=float(limits.low[place]),
            limit_high=float(limits.high[place]) if plan.charge.sides == "both" else None,
            centre=float(limits.centre[place]),
            between=float(np.sqrt(family.expected.others.tau2[place])),
            p_value=float(family.p_values[place]),
            expected_false_alarms=alarms,
            power=None if power is None else float(power[place]),
        )
    if again:
        rest = inside.filter(~pl.Series(outside))
        yield from _judged(rest, _family(rest, plan), plan, chance, alarms, spread)


def _can_be_judged(plan: Plan) -> pl.Expr:
    known = pl.col("estimate").is_not_null() & (pl.col("std_error").fill_null(0.0) > NOTHING)
    return known & (pl.col("n_persons").fill_null(0) >= max(plan.fewest_people, plan.smallest))


def _not_judged(row: Row, plan: Plan) -> Row:
    people = row["n_persons"]
    if row["estimate"] is None or people is None or people < plan.smallest:
        said = row.get("note") if row["estimate"] is None else None
        return _row({**row, "n_persons": None}, "not_judged", said or few_people(plan.smallest), shown=False)
    if people < plan.fewest_people:
        return _row(row, "not_judged", few_people(plan.fewest_people))
    return _row(row, "not_judged", "no standard error above zero")


def _row(row: Row, signal: str, note: str, *, shown: bool = True, **numbers: object) -> Row:
    head = {name: row.get(name) for name in ("study", "area", "measure", "wave", "against", "n_persons")}
    values = {"fall": row["estimate"], "std_error": row["std_error"]} if shown else {}
    return {**head, **values, **numbers, "signal": signal, "note": note}


def _check(changes: pl.DataFrame, rate: float, fall: float, areas: int, smallest: int) -> None:
    missing = [name for name in NEEDED if name not in changes.columns]
    if missing:
        raise CohesionError(
            f"there is no column `{missing[0]}`", where="changes", todo="Give the rows of `area_changes`."
        )
    require_numbers(changes, ["estimate", "std_error", "n_persons"])
    if not 0 < rate < 1:
        raise CohesionError(f"`false_alarms={rate!r}` is not between 0 and 1", where="false_alarms")
    if not fall > 0:
        raise CohesionError(f"`fall={fall!r}` is not above 0", where="fall", todo="Write 0.3 for 0.3 deviations.")
    if areas < 4:
        raise CohesionError("of fewer than 4 areas it is not known how much they differ", where="fewest_areas")
    if smallest < SMALLEST:
        raise CohesionError(f"fewer than {SMALLEST} people may not be shown", where="smallest")
    twice = changes.select("area", "measure", "kind", "wave", "against").is_duplicated().sum()
    if twice:
        raise CohesionError("an area has several changes of one measure, kind and pair of waves", count=int(twice))


def _columns() -> dict[str, Any]:
    return {name: column.dtype for name, column in Monitor.columns().items()}


@public()
def spreads(scores: pl.DataFrame, measures: Sequence[str], weight: str | None = "weight") -> dict[str, float]:
    """Measure → standard deviation between people, over all waves: around the mean of each wave."""
    found = {}
    for name in measures:
        rows = scores.drop_nulls([name, *([weight] if weight else [])])
        weighed = rows.with_columns(_w=pl.col(weight) if weight else pl.lit(1.0))
        mean = (pl.col(name) * pl.col("_w")).sum().over("wave") / pl.col("_w").sum().over("wave")
        made = weighed.select(((pl.col(name) - mean) ** 2 * pl.col("_w")).sum() / pl.col("_w").sum()).item()
        if made:
            found[name] = float(made) ** 0.5
    return found
