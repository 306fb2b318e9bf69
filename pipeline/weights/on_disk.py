"""Weights of a panel on disk: from all its rows to one row a person, which memory holds, and back to all rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import polars as pl

from pipeline.errors import ModelError
from pipeline.on_disk import OnDisk, database, mapped, on_disk, person_blocks, person_waves_twice
from pipeline.wave_order import in_wave_order
from pipeline.weights.base import counted
from pipeline.weights.people import LATEST, Rule, answered_by, latest_of, people_of, require_listed

Table = OnDisk | pl.DataFrame


def people(
    panel: Table,
    participation: Table,
    waves: Sequence[str],
    *,
    origin: str | None = None,
    columns: Sequence[str] = (),
    rule: Rule = "all",
) -> pl.DataFrame:
    """One row per person of the study, as ``people`` of the same tables in memory. Raises CohesionError as it does."""
    panel, participation = _on_disk(panel), _on_disk(participation)
    waves, origin = [str(wave) for wave in waves], None if origin is None else str(origin)
    listed = participation.scan().select(pl.col("wave").cast(pl.String)).unique().collect()
    order = in_wave_order(listed)["wave"].unique().sort().cast(pl.String).to_list()
    require_listed(order, waves, origin)
    with database() as connection:
        for table in (panel, participation):
            if twice := person_waves_twice(connection, table):
                raise ModelError(
                    "a person more than once in a wave", count=twice, todo="Give one row per person and wave."
                )
        read = [name for name in ("person_id", "arm", "wave", "is_present", "outcome") if name in participation.columns]
        answered = pl.concat(
            answered_by(_text(block), waves) for block in person_blocks(connection, participation, read)
        )
        start = pl.concat(_origins(connection, panel, order, waves, origin, ["person_id", "wave", *columns]))
    return people_of(answered, start, waves, origin=origin, columns=columns, rule=rule)


def _on_disk(table: Table) -> OnDisk:
    return on_disk(table.lazy()) if isinstance(table, pl.DataFrame) else table


def _origins(
    connection: object, panel: OnDisk, order: Sequence[str], waves: Sequence[str], origin: str | None, read: list[str]
) -> Iterator[pl.DataFrame]:
    """The rows of the wave of origin; of ``latest`` each person's last before the first of ``waves``."""
    read = list(dict.fromkeys(read))
    if origin != LATEST:
        wanted = pl.col("wave").cast(pl.String) == (origin or waves[0])
        yield _text(panel.scan().select(read).filter(wanted).collect(engine="streaming"))
        return
    for block in person_blocks(connection, panel, read):  # type: ignore[arg-type]
        yield latest_of(_text(block), list(order), waves[0])


def _text(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(pl.col("wave").cast(pl.String))


def delivered_weights(answers: OnDisk, *, weight: str = "design_weight") -> OnDisk:
    """One row per person and wave: the delivered weight, and the same scaled to mean one within arm and wave."""
    means = answers.scan().group_by("arm", "wave").agg(mean=pl.col(weight).mean()).collect(engine="streaming")

    def scaled(batch: pl.DataFrame) -> pl.DataFrame:
        known = batch.join(means, on=["arm", "wave"], how="left", maintain_order="left", nulls_equal=True)
        return known.select("person_id", "study", "arm", "wave", weight, scaled_weight=pl.col(weight) / pl.col("mean"))

    return mapped(answers, scaled, ["person_id", "study", "arm", "wave", weight])


def weight_summary(table: OnDisk, *, weight: str = "design_weight") -> dict[str, float | int]:
    """Counts and spread for the UI; no person's weight."""
    scaled, given = pl.col("scaled_weight"), pl.col(weight)
    sums = {"n": (given > 0).sum(), "zero": (given == 0).sum(), "total": scaled.sum(), "squares": (scaled**2).sum()}
    n, zero, total, squares = table.scan().select(**sums).collect().row(0)
    return counted(n, zero, table.height) | ({"design_effect": round(n * squares / total**2, 3)} if n else {})


def filtered(table: Table, arm: str) -> Table:
    """The rows of an arm."""
    own = pl.col("arm") == arm
    return table.filter(own) if isinstance(table, pl.DataFrame) else on_disk(table.scan().filter(own))


def levels(table: Table, column: str) -> pl.Series:
    """The values of a column in their order."""
    if isinstance(table, pl.DataFrame):
        return table[column].unique().sort()
    return table.scan().select(column).unique().collect(engine="streaming")[column].sort()
