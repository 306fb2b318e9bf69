"""How much a measure differs between people, and how much within them."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl


def xtsum(panel: pl.DataFrame, columns: Sequence[str], *, person: str = "person_id") -> pl.DataFrame:
    """One row per column and component (overall, between, within): mean, standard deviation, range and counts.

    As Stata's ``xtsum``: between is the spread of the persons' means (each once), within that of
    ``x - person mean + grand mean``, with the n - 1 of all observations. Missing answers are left out.
    ``n`` counts what the row is made of (observations, persons); ``waves_per_person`` is their ratio.
    """
    rows = [_components(panel.select(person, column).drop_nulls(), column, person) for column in columns]
    return pl.concat(rows)


def _components(observed: pl.DataFrame, column: str, person: str) -> pl.DataFrame:
    values = observed.select(person, pl.col(column).cast(pl.Float64).alias("overall")).with_columns(
        person_mean=pl.col("overall").mean().over(person)
    )
    grand = values["overall"].mean()
    parts = {
        "overall": values["overall"],
        "between": values.unique(person, maintain_order=True)["person_mean"],
        "within": values.select(pl.col("overall") - pl.col("person_mean") + grand)["overall"],
    }
    persons = parts["between"].len()
    return pl.DataFrame(
        {
            "variable": [column] * 3,
            "component": list(parts),
            "mean": [grand] * 3,
            "sd": [part.std() for part in parts.values()],
            "min": [part.min() for part in parts.values()],
            "max": [part.max() for part in parts.values()],
            "n": [values.height, persons, values.height],
            "persons": [persons] * 3,
            "waves_per_person": [values.height / persons if persons else None] * 3,
        },
        schema={
            "variable": pl.String,
            "component": pl.String,
            "mean": pl.Float64,
            "sd": pl.Float64,
            "min": pl.Float64,
            "max": pl.Float64,
            "n": pl.Int64,
            "persons": pl.Int64,
            "waves_per_person": pl.Float64,
        },
    )
