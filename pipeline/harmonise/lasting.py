"""What does not change in a life, as values: by this, people who are linked from wave to wave can be checked."""

from __future__ import annotations

import polars as pl

from pipeline.harmonise.drift.reading import readings
from pipeline.specs.arm_parts import arm_files
from pipeline.specs.project import Study


def lasting_facts(study: Study, wave: str, rows: pl.DataFrame) -> pl.DataFrame:
    """One row per row of ``rows``: the value of each item declared ``time_constant``, null where there is none.

    ``rows`` has ``arm``, ``person_id`` and source variables as text of codes, as a wave table has. Read leniently: a
    code that is not declared is no value.
    """
    items = [key for key, item in study.items.items() if item.time_constant]
    numbered = rows.with_row_index("_place")
    parts = []
    for file in arm_files(study, wave):
        own = numbered.filter(pl.col("arm") == file.arm)
        others = [key for key in study.items if key not in items]
        read = readings(study, wave, file, own, leave_out=others)
        parts.append(own.select("_place", *(reading.frame["value"].alias(key) for key, reading in read.items())))
    empty = pl.DataFrame(schema={"_place": pl.UInt32, **dict.fromkeys(items, pl.Float64)})
    facts = pl.concat([empty, *parts], how="diagonal")
    return numbered.select("_place").join(facts, on="_place", how="left", maintain_order="left").drop("_place")
