"""The coherence of a declared index, without numbers of areas that may not be shown."""

from __future__ import annotations

import polars as pl

from pipeline.door import public
from pipeline.index.assembly.means import together
from pipeline.index.coherence import coherence
from pipeline.index.rounds import calendar_of
from pipeline.specs.index import WHOLE, Index
from pipeline.tables import Coherence, shaped


@public(once=("scores", "indicators"))
def index_coherence(index: Index, scores: pl.DataFrame, indicators: pl.DataFrame) -> pl.DataFrame:
    """One row per check of coherence and what it is of (see ``coherence``), of the index as it is declared.

    Each check is of a round, whose areas are of one time. ICC(2) is of the index and its domains; rows of areas with
    fewer people than ``smallest_shown`` are left out.
    """
    everything = calendar_of(index.rounds, scores).of_arms(together(index, scores, indicators))
    rows = everything.filter(pl.col("area").is_not_null(), pl.col("weight") > 0)
    head = ["person_id", "arm", "wave", "area", "weight"]
    measures = [WHOLE, *index.domains]
    made = coherence(
        rows.select(*head, *index.indicators),
        index.structure,
        rows.select(*head, *measures),
        measures=measures,
        coverage=index.coverage.indicators,
        confidence=index.confidence,
        seed=index.uncertainty.seed,
    )
    few = pl.col("area").is_not_null() & (pl.col("n_persons").fill_null(0) < index.smallest_shown)
    study = pl.lit(str(rows["study"][0])).alias("study")
    return shaped(made.filter(~few).rename({"wave": "round"}).with_columns(study), Coherence)
