"""Changes of the areas of a declared index, on common indicators, and against what it is compared with."""

from __future__ import annotations

import polars as pl

from pipeline.door import public
from pipeline.index.assembly.means import together
from pipeline.index.assembly.replicated_changes import replicated_setting, with_freedom_of_people
from pipeline.index.assembly.replicates import index_replicates
from pipeline.index.change.benchmarks import checked_benchmarks
from pipeline.index.change.changes import USUAL, Asked, compared
from pipeline.index.change.setting import setting_of
from pipeline.index.persons.area_means import placed
from pipeline.index.persons.scores import composer
from pipeline.index.uncertainty import ReplicatedIndex
from pipeline.specs.index import WHOLE, Index

BENCHMARK = ("label", "measure", "value", "std_error", "waves", "wording", "mode")


@public(once=("scores", "indicators", "design"))
def index_changes(
    index: Index,
    scores: pl.DataFrame,
    indicators: pl.DataFrame,
    design: pl.DataFrame | None = None,
    *,
    replicated: ReplicatedIndex | None = None,
) -> pl.DataFrame:
    """One row per area, measure, wave and what it is compared with, as the index declares it (see ``area_changes``).

    Of the index and its domains, each scored on the indicators that both sides asked, and of each indicator. Changes
    rest on no fewer people than ``smallest_shown``. Errors are those of the design; of an index that is composed over
    areas, or goes by a weight set, means and errors are those of ``replicated`` (``index_replicates``), a comparison
    being the mean of its areas by the weight of their people. Raises CohesionError for columns that are absent, and for
    replicates that are needed and not given.
    """
    rows = placed(together(index, scores, indicators), design)
    measures = [WHOLE, *index.domains, *index.indicators]
    setting = setting_of(
        rows, measures, rows.select("person_id", "wave", *index.indicators), index.structure, composer(index, rows),
        strata="_stratum", psu="_unit", lonely_psu="adjust", confidence=index.confidence,
        smallest=index.smallest_shown, rounds=index.rounds,
    )  # fmt: skip
    by_replicates = by_replicates_alone(index)
    if by_replicates:
        made = replicated or index_replicates(index, scores, indicators, design)
        setting = replicated_setting(setting, index, made)
    said = index.comparison
    others = setting.comparison(said.arm if said else None, said.areas if said else ())
    name = (said.label or said.arm or " + ".join(said.areas)) if said else ""
    declared = [{key: getattr(one, key) for key in BENCHMARK} for one in index.benchmarks]
    benchmarks = checked_benchmarks(declared, measures, setting.waves)
    found = compared(setting, measures, Asked(frozenset(USUAL), index.base_wave, 1, others, name, benchmarks))
    return with_freedom_of_people(found, index.confidence) if by_replicates else found


def by_replicates_alone(index: Index) -> bool:
    """Whether errors of areas are those of replicates: composed over areas, or by a weight set."""
    return index.composed == "areas" or index.uncertainty.weights is not None
