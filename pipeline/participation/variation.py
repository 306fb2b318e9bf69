"""How much a measure differs between people, and how much within them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from pipeline.door import public

SCHEMA = {
    "variable": pl.String,
    "component": pl.String,
    "mean": pl.Float64,
    "sd": pl.Float64,
    "min": pl.Float64,
    "max": pl.Float64,
    "n": pl.Int64,
    "persons": pl.Int64,
    "waves_per_person": pl.Float64,
}


@public(once=True)
def xtsum(panel: pl.DataFrame, columns: Sequence[str], *, person: str = "person_id") -> pl.DataFrame:
    """One row per column and component (overall, between, within): mean, standard deviation, range and counts.

    As Stata's ``xtsum``: between is the spread of the persons' means (each once), within that of
    ``x - person mean + grand mean``, with the n - 1 of all observations. Missing answers are left out.
    ``n`` counts what the row is made of (observations, persons); ``waves_per_person`` is their ratio.
    """
    panel = panel.select(person, pl.col(columns).cast(pl.Float64))
    means = panel.group_by(person, maintain_order=True).agg(pl.col(columns).mean())
    mean_of = panel.select(person).join(means, on=person, how="left", maintain_order="left")
    rows = []
    for column in columns:
        values, grand = panel[column], panel[column].mean()
        parts = {"overall": values, "between": means[column], "within": values - mean_of[column] + grand}
        rows += [_row(column, name, part, parts) for name, part in parts.items()]
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def _row(column: str, component: str, part: pl.Series, parts: Mapping[str, pl.Series]) -> tuple[object, ...]:
    """The row of one component, in the order of ``SCHEMA``."""
    persons = parts["between"].count()
    per_person = parts["overall"].count() / persons if persons else None
    mean = parts["overall"].mean()
    return column, component, mean, part.std(), part.min(), part.max(), part.count(), persons, per_person
