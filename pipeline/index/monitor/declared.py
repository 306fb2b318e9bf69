"""The monitor of a declared index: its measures, early signs, slow courses, and what to look at next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from pipeline.door import public
from pipeline.errors import CohesionError
from pipeline.index.change import area_changes
from pipeline.index.monitor.groups import group_name, grouped
from pipeline.index.monitor.next_looks import next_looks
from pipeline.index.monitor.spread import spreads
from pipeline.index.monitor.tension import tension_monitor
from pipeline.index.persons.area_means import placed
from pipeline.index.rounds import calendar_of
from pipeline.specs.index import WHOLE, Index
from pipeline.tables import Monitor, MonitorNext, shaped

EARLY = "early_signs"
"""The measure that is the mean of the indicators declared as early signs."""
SLOW = "earlier_waves"
JUDGED = ("false_alarms", "rule", "sides", "common", "usual", "fall", "fewest_people", "fewest_areas")


@dataclass(frozen=True)
class Watched:
    """``monitor``: rows of ``Monitor``; ``following``: rows of ``MonitorNext``."""

    monitor: pl.DataFrame
    following: pl.DataFrame


@public(once=("scores", "indicators", "design"))
def index_monitor(
    index: Index,
    changes: pl.DataFrame,
    scores: pl.DataFrame,
    indicators: pl.DataFrame,
    design: pl.DataFrame | None = None,
    labels: Mapping[str, str] | None = None,
    groups: pl.DataFrame | None = None,
    group_labels: Mapping[str, Mapping[str, str]] | None = None,
) -> Watched:
    """The monitor of a declared index.

    ``changes``: rows of ``area_changes`` of its measures and indicators. ``scores``, ``indicators``: persons' scores,
    for how much people differ, for early signs, and with ``window`` above 1 for the mean of so many waves before.
    ``design``: columns ``stratum, psu, household_id``; ``labels``: area → its name. ``groups``: ``person_id, wave`` and
    the declared groups as they were answered; ``group_labels``: group → value → its name. Raises CohesionError for
    columns that are absent, and where there is no change to judge.
    """
    plan = index.monitor
    measures = list(plan.measures or (WHOLE, *index.domains))
    early = [EARLY] if plan.early else []
    people = placed(_with_early(scores, indicators, plan.early), design)
    judged = [changes.filter(pl.col("measure").is_in(measures), kind="previous_wave")]
    needed = {"previous_wave": early, SLOW: measures if plan.window > 1 else []}
    for kind, named in needed.items():
        if named:
            judged.append(
                area_changes(
                    people, named, kinds=[kind], window=plan.window, strata="_stratum", psu="_unit",
                    lonely_psu="adjust", smallest=index.smallest_shown, rounds=index.rounds,
                )
            )  # fmt: skip
    every = pl.concat(judged)
    kinds = [kind for kind in needed if (every["kind"] == kind).any()]
    if not kinds:
        return Watched(shaped(pl.DataFrame(), Monitor), shaped(pl.DataFrame(), MonitorNext))
    of_people = measures if index.composed == "persons" else [name for name in measures if name in index.indicators]
    calendar = calendar_of(index.rounds, scores)
    deviations = spreads(calendar.of_arms(people), [*of_people, *early])
    monitor = pl.concat(
        tension_monitor(
            every,
            kind=kind,
            spread=deviations,
            labels=labels,
            early=early,
            **{name: getattr(plan, name) for name in JUDGED},
            smallest=index.smallest_shown,
        )
        for kind in kinds
    )
    following = next_looks(
        monitor,
        changes,
        {**index.structure, EARLY: plan.early},
        spread=spreads(calendar.of_arms(indicators), list(index.indicators)),
        group_changes=_of_groups(index, monitor, people, groups, group_labels or {}),
    )
    return Watched(monitor.sort("round", "against_round", "measure", "area"), following)


def _of_groups(
    index: Index,
    monitor: pl.DataFrame,
    people: pl.DataFrame,
    groups: pl.DataFrame | None,
    labels: Mapping[str, Mapping[str, str]],
) -> pl.DataFrame | None:
    """Changes of the areas and measures with a signal within each group of people; None where there is none."""
    fell = monitor.filter(signal="below")
    if groups is None or not index.monitor.groups or not fell.height:
        return None
    missing = [name for name in ("person_id", "wave", *index.monitor.groups) if name not in groups.columns]
    if missing:
        raise CohesionError(f"there is no column `{missing[0]}`", where="groups", todo="Give the declared groups.")
    measures = fell["measure"].unique().sort().to_list()
    here = people.filter(pl.col("area").is_in(fell["area"].unique().to_list()))
    joined = here.join(grouped(groups, index.monitor.groups), on="person_id", how="left", maintain_order="left")
    found = [
        area_changes(
            part, measures, kinds=["previous_wave"], strata="_stratum", psu="_unit", lonely_psu="adjust",
            smallest=index.smallest_shown, rounds=index.rounds,
        ).with_columns(group=pl.lit(group_name(name, value, labels)))
        for name in index.monitor.groups
        for (value,), part in joined.drop_nulls(f"_group_{name}").group_by(f"_group_{name}", maintain_order=True)
        if part["wave"].n_unique() > 1
    ]  # fmt: skip
    return pl.concat(found) if found else None


def _with_early(scores: pl.DataFrame, indicators: pl.DataFrame, early: tuple[str, ...]) -> pl.DataFrame:
    """The scores with the mean of the early indicators, of who answered all of them."""
    if not early:
        return scores
    missing = [name for name in early if name not in indicators.columns]
    if missing:
        raise CohesionError(f"there is no column `{missing[0]}`", where="indicators", todo="Correct `monitor: early`.")
    whole = pl.all_horizontal(pl.col(name).is_not_null() for name in early)
    made = indicators.select("person_id", "wave", pl.when(whole).then(pl.mean_horizontal(*early)).alias(EARLY))
    return scores.join(made, on=["person_id", "wave"], how="left", maintain_order="left")
