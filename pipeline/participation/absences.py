"""Who left and who came back, by the reason that was reported for the wave they missed."""

from __future__ import annotations

import polars as pl

from pipeline.door import public
from pipeline.participation.counts import PERSONS, counted, persons
from pipeline.participation.outcomes import with_outcomes
from pipeline.wave_order import rows_in_wave_order

UNKNOWN = "unknown"


@public(once=("participation",), on_disk="pipeline.participation.on_disk:absences")
def absences(participation: pl.DataFrame, outcomes: pl.DataFrame | None = None) -> pl.DataFrame:
    """One row per arm, wave and reason for absence: people who had answered before, and how many came back since.

    ``absent`` had answered an earlier wave of their arm and not this one; ``reason`` is their outcome, or "unknown".
    ``came_back`` of them answered a later wave, ``came_back_next`` the very next; ``away`` have not answered since.
    ``outcomes`` is a field report (see ``with_outcomes``), for participation that has no outcomes yet.
    """
    table = counted(rows_in_wave_order(participation))
    if outcomes is not None or "outcome" not in participation.columns:
        table = with_outcomes(table, outcomes)
    here = pl.col("is_present")
    table = table.with_columns(
        later=here.cast(pl.Int64).cum_sum(reverse=True).over("person_id") > here.cast(pl.Int64),
        follows=here.shift(-1).over("person_id").fill_null(False),
        reason=pl.col("outcome").fill_null(UNKNOWN),
    )
    found = (
        table.filter(pl.col("status") == "absent")
        .group_by("arm", "wave", "reason", maintain_order=True)
        .agg(
            absent=pl.col(PERSONS).sum(),
            came_back=persons(pl.col("later")),
            came_back_next=persons(pl.col("follows")),
        )
        .with_columns(away=pl.col("absent") - pl.col("came_back"))
        .sort("absent", "reason", descending=[True, False])
    )
    return rows_in_wave_order(found).sort("arm", maintain_order=True)
