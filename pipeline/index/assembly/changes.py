"""Changes of the areas of a declared index, on common indicators, and against what it is compared with."""

from __future__ import annotations

import polars as pl

from pipeline.door import public
from pipeline.index.assembly.means import together
from pipeline.index.change import area_changes
from pipeline.index.persons.area_means import placed
from pipeline.index.persons.scores import composer
from pipeline.specs.index import WHOLE, Index

BENCHMARK = ("label", "measure", "value", "std_error", "waves", "wording", "mode")


@public(once=("scores", "indicators", "design"))
def index_changes(
    index: Index, scores: pl.DataFrame, indicators: pl.DataFrame, design: pl.DataFrame | None = None
) -> pl.DataFrame:
    """One row per area, measure, wave and what it is compared with, as the index declares it (see ``area_changes``).

    Of the index and its domains, each scored on the indicators that both sides asked, and of each indicator. Changes
    rest on no fewer people than ``smallest_shown``. Raises CohesionError for columns that are absent.
    """
    rows = placed(together(index, scores, indicators), design)
    said = index.comparison
    return area_changes(
        rows,
        [WHOLE, *index.domains, *index.indicators],
        indicators=rows.select("person_id", "wave", *index.indicators),
        domains=index.structure,
        compose=composer(index, rows),
        base_wave=index.base_wave,
        comparison_arm=said.arm if said else None,
        comparison_areas=said.areas if said else (),
        comparison_name=said.label if said else "",
        benchmarks=[{name: getattr(one, name) for name in BENCHMARK} for one in index.benchmarks],
        strata="_stratum",
        psu="_unit",
        lonely_psu="adjust",
        confidence=index.confidence,
        smallest=index.smallest_shown,
    )
