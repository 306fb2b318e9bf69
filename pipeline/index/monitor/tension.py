"""The tension monitor: which areas fell by more than sampling and the usual differences between areas explain."""

from __future__ import annotations

import zlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl

from pipeline.door import public
from pipeline.errors import CohesionError
from pipeline.index.monitor.checks import check_changes
from pipeline.index.monitor.judged import Basis, Charge, Common, Family, Judging, Rule, Sides, Usual
from pipeline.index.monitor.limits import DRAWS, Earlier
from pipeline.index.monitor.words import early_words, few_people, signal_words
from pipeline.specs.disclosure import SMALLEST
from pipeline.tables import Monitor, shaped
from pipeline.wave_order import in_rounds, wave_order

FEWEST_AREAS = 6
NOTHING = 1e-30
"""Standard errors as small are zero: the weights of their squares overflow."""
LEFT: dict[Basis, int] = {"this_wave": 4, "earlier_waves": 3, "sampling": 3}
"""Areas that can still be judged by each other without those that have a signal."""
FOLLOWING = "previous_wave"
"""The kind of changes that follow each other: others share the wave that they are compared with."""
HEAD = ("study", "area", "measure", "wave", "round", "against", "against_round", "n_persons")
Row = dict[str, Any]
Before = dict[str, list[Earlier]]
"""Measure → its earlier rounds: the areas that were judged, and had no signal."""


@dataclass(frozen=True)
class Plan:
    """How changes are judged."""

    charge: Charge
    how: Judging
    fall: float
    fewest_people: int
    fewest_areas: int
    smallest: int
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
    usual: Usual = "this_wave",
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
    ``round``, ``against_round``, ``df`` where they are known), of which those of ``kind`` are judged, together where
    they end in one round. Areas whose changes are over the same rounds are taken as exchangeable: the change of an
    area is y_a ~ N(μ, τ² + v_a), with v_a its sampling variance, τ² the variance between areas by REML, and both fitted
    without the area that is judged, and without those that have a signal. Small areas so have wide limits.
    ``common="removed"``: limits lie around μ, the common change, in ``centre``; ``"kept"``: around zero, so that a fall
    of all areas is a signal in each. ``usual``: τ² is that of ``this_wave``, or of it and the ``earlier_waves`` of the
    measure together (areas with a signal left out), which is more powerful where areas are few, and right where they
    always differ by as much. With fewer than ``fewest_areas``, it is that of earlier waves where there are enough of
    them; else areas are judged against sampling alone, and the note says so; of one or two, around no change.

    ``false_alarms`` is, for all areas and measures of one round where nothing but that happened: the number that is
    expected (``rule="expected"``), the chance of any (``family_wise``), or the share of signals that are false
    (``false_discovery``, Benjamini & Hochberg 1995). ``sides="falls"`` looks for falls alone, ``"both"`` also for
    rises, within the same rate. The measures in ``early`` (a few questions) are judged with a rate of their own.

    ``spread``: measure → standard deviation between people; ``power`` is then the chance of a signal where an area
    falls by ``fall`` of them. Areas of fewer than ``fewest_people`` are not judged, those of fewer than ``smallest``
    not shown. Raises CohesionError for what does not fit.
    """
    check_changes(changes, false_alarms, fall, fewest_areas, smallest)
    how = Judging(sides, common, usual, draws)
    plan = Plan(Charge(rule, false_alarms, sides), how, fall, fewest_people, fewest_areas, smallest, seed)
    own = in_rounds(changes.filter(kind=kind)).sort("round", "measure", "against_round", "area")
    if not own.height:
        raise CohesionError(f"no change of the kind `{kind}`", where="changes", todo="Ask `area_changes` for it.")
    judged = own.with_columns(_is_early=pl.col("measure").is_in(list(early)))
    rows: list[Row] = []
    before: Before = {}
    rounds = {name: place for place, name in enumerate(wave_order(judged["round"].unique().to_list()))}
    for part in sorted(
        judged.partition_by("round", "_is_early", maintain_order=True), key=lambda part: rounds[part["round"][0]]
    ):
        found = list(_round(part, plan, spread or {}, before))
        rows += found
        if kind == FOLLOWING:
            _remember(before, part, found)
    named = labels or {}
    for row in rows:
        row["label"] = named.get(row["area"], row["area"])
        row["note"] = (
            early_words(row["note"]) if row["measure"] in early and row["signal"] != "not_judged" else row["note"]
        )
    return shaped(pl.DataFrame(rows, schema=_columns(), orient="row").sort("round", "measure", "area"), Monitor)


def _round(part: pl.DataFrame, plan: Plan, spread: Mapping[str, float], before: Before) -> Iterator[Row]:
    """The rows of a round, which share the false alarms that are allowed."""
    families: list[tuple[pl.DataFrame, Family]] = []
    for group in part.partition_by("measure", "against_round", maintain_order=True):
        inside = group.filter(_can_be_judged(plan))
        yield from (_not_judged(row, plan) for row in group.filter(~_can_be_judged(plan)).iter_rows(named=True))
        if inside.height:
            families.append((inside, _family(inside, plan, before)))
    if not families:
        return
    every = [float(value) for _, family in families for value in family.p_values]
    chance = plan.charge.chance(every)
    alarms = plan.charge.rate if plan.charge.rule == "expected" else chance * len(every)
    for inside, family in families:
        yield from _judged(inside, family, plan, chance, alarms, spread, before)


def _family(inside: pl.DataFrame, plan: Plan, before: Before) -> Family:
    """Random numbers are those of the measure and the rounds, so that other measures do not change them."""
    name = "|".join(str(inside[column][0]) for column in ("measure", "round", "against_round"))
    earlier = before.get(str(inside["measure"][0]), [])
    seed = plan.seed + zlib.crc32(name.encode())
    return Family.of(_arrays(inside), earlier, plan.how, fewest=plan.fewest_areas, seed=seed)


def _arrays(rows: pl.DataFrame) -> Earlier:
    degrees = rows["df"] if "df" in rows.columns else pl.Series([None] * rows.height, dtype=pl.Float64)
    people = rows["n_persons"].to_numpy() - 1.0
    known = degrees.fill_null(rows["n_persons"] - 1).cast(pl.Float64).to_numpy()
    return Earlier(rows["estimate"].to_numpy(), rows["std_error"].to_numpy() ** 2, np.minimum(known, people))


def _remember(before: Before, part: pl.DataFrame, found: Sequence[Row]) -> None:
    """Add the areas of a round that had no signal: two or more of the same rounds say how much areas differ."""
    usual = {(row["measure"], row["against_round"], row["area"]) for row in found if row["signal"] == "within"}
    for group in part.partition_by("measure", "against_round", maintain_order=True):
        keys = zip(group["measure"], group["against_round"], group["area"], strict=True)
        kept = group.filter(pl.Series([key in usual for key in keys], dtype=pl.Boolean))
        if kept.height > 1:
            before.setdefault(str(kept["measure"][0]), []).append(_arrays(kept))


def _judged(
    inside: pl.DataFrame,
    family: Family,
    plan: Plan,
    chance: float,
    alarms: float,
    spread: Mapping[str, float],
    before: Before,
) -> Iterator[Row]:
    """The rows of a family; those without a signal are judged again without the areas that have one.

    A fall makes areas look more different than they are, and would hide a second one. Where nothing happened there is
    no second round unless the first had a false alarm, so that the rate stays what it is.
    """
    limits = family.expected.limits(plan.charge.tail(chance))
    outside = inside["estimate"].to_numpy() < limits.low
    if plan.charge.sides == "both":
        outside |= inside["estimate"].to_numpy() > limits.high
    left = inside.height - int(outside.sum())
    again = left < inside.height and left >= LEFT[family.basis]
    deviation = spread.get(str(inside["measure"][0]))
    power = None if deviation is None else family.expected.power(limits, plan.fall * deviation)
    for place, row in enumerate(inside.iter_rows(named=True)):
        if again and not outside[place]:
            continue
        signal = "within" if not outside[place] else "below" if row["estimate"] < limits.low[place] else "above"
        yield _row(
            row,
            signal,
            signal_words(signal, family.basis, inside.height, family.around_zero and plan.how.common == "removed"),
            limit_low=float(limits.low[place]),
            limit_high=float(limits.high[place]) if plan.charge.sides == "both" else None,
            centre=float(limits.centre[place]),
            between=None if family.basis == "sampling" else float(np.sqrt(family.expected.others.tau2[place])),
            p_value=float(family.p_values[place]),
            expected_false_alarms=alarms,
            power=None if power is None else float(power[place]),
        )
    if again:
        rest = inside.filter(~pl.Series(outside))
        judged_by = replace(plan, fewest_areas=left) if family.basis == "this_wave" else plan
        yield from _judged(rest, _family(rest, judged_by, before), plan, chance, alarms, spread, before)


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
    head = {name: row.get(name) for name in HEAD}
    values = {"fall": row["estimate"], "std_error": row["std_error"]} if shown else {}
    return {**head, **values, **numbers, "signal": signal, "note": note}


def _columns() -> dict[str, Any]:
    return {name: column.dtype for name, column in Monitor.columns().items()}
