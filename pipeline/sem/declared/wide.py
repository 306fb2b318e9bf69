"""From the long panel to the wide frame of a structural model."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from pipeline.errors import ModelError


def wide(
    panel: pl.DataFrame, columns: Sequence[str], waves: Sequence[str], constant: Sequence[str] = ()
) -> pl.DataFrame:
    """One row per person who has a row in one of ``waves``, in the order of the panel.

    ``panel`` has one row per person and wave (``person_id``, ``wave``). Each of ``columns`` becomes one column a wave
    (``trust_w01``, ``trust_w02``, ...), null where the person did not answer that wave. ``constant`` columns keep their
    name and the value of the first wave that has one.

    Raises ModelError if the panel lacks a column, or has a person twice in a wave.

    >>> long = pl.DataFrame({"person_id": ["a", "a", "b"], "wave": ["w01", "w02", "w01"], "trust": [3.0, 4.0, 1.0]})
    >>> wide(long, ["trust"], ["w01", "w02"]).rows()
    [('a', 3.0, 4.0), ('b', 1.0, None)]
    """
    absent = [name for name in ("person_id", "wave", *columns, *constant) if name not in panel.columns]
    if absent:
        raise ModelError(f"the panel has no column {absent[0]}", todo="Correct the name.")
    rows = panel.filter(pl.col("wave").is_in(list(waves)))
    if rows.select("person_id", "wave").is_duplicated().any():
        raise ModelError("a person stands twice in one wave", where="person_id, wave", todo="Keep one row for each.")
    made = rows.select("person_id").unique(maintain_order=True)
    for wave in waves:
        named = [pl.col(name).alias(f"{name}_{wave}") for name in columns]
        part = rows.filter(pl.col("wave") == wave).select("person_id", *named)
        made = made.join(part, on="person_id", how="left", maintain_order="left")
    if constant:
        first = [pl.col(name).drop_nulls().first() for name in constant]
        kept = rows.sort("wave", maintain_order=True).group_by("person_id", maintain_order=True).agg(first)
        made = made.join(kept, on="person_id", how="left", maintain_order="left")
    return made
