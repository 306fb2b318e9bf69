"""A panel side by side and back: one row per person, each measure once per wave."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from pipeline.door import public
from pipeline.errors import CohesionError

AT = "@"
"""Between measure and wave in a wide column: ``trust@w02``."""


@public(once=True)
def widen(
    panel: pl.DataFrame, columns: Sequence[str], waves: Sequence[str], *, constant: Sequence[str] = ()
) -> pl.DataFrame:
    """One row per person, in order of first appearance: ``constant`` columns, and ``measure@wave`` for each wave.

    A wave a person did not answer is null there: the gaps that imputation fills. ``constant`` columns take the person's
    first answer. A measure nobody answered in a wave (not asked) has no column for that wave.
    """
    clashing = [name for name in [*columns, *constant] if AT in name]
    if clashing:
        raise CohesionError(f"column names may not hold {AT!r}", where=", ".join(clashing))
    first = [pl.col(name).drop_nulls().first() for name in constant]
    wide = panel.group_by("person_id", maintain_order=True).agg(*first)
    for wave in waves:
        part = panel.filter(pl.col("wave") == wave).select(
            "person_id", *(pl.col(name).alias(f"{name}{AT}{wave}") for name in columns)
        )
        wide = wide.join(part, on="person_id", how="left", maintain_order="left")
    asked = [name for name in wide.columns if AT not in name or wide[name].null_count() < wide.height]
    return wide.select(asked)


@public(once=True, people=True)
def lengthen(wide: pl.DataFrame, columns: Sequence[str], waves: Sequence[str]) -> pl.DataFrame:
    """One row per person and wave from ``measure@wave`` columns: the panel again, with other columns repeated."""
    other = [name for name in wide.columns if AT not in name]
    parts = []
    for place, wave in enumerate(waves):
        here = [
            (pl.col(f"{name}{AT}{wave}") if f"{name}{AT}{wave}" in wide.columns else pl.lit(None)).alias(name)
            for name in columns
        ]
        parts.append(
            wide.with_row_index("_row").select(
                "_row", *other, pl.lit(wave).alias("wave"), pl.lit(place).alias("_place"), *here
            )
        )
    return pl.concat(parts, how="vertical_relaxed").sort("_row", "_place").drop("_row", "_place")
