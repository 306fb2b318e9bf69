"""From the participation table to who answered each wave, and whether they did before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from pipeline.errors import PaperError
from pipeline.options import known_options
from pipeline.wave_order import rows_in_wave_order

STATUSES = ("stayed", "returned", "entered", "left", "away")
"""In the order stacked, from the bottom."""

PRESENT = ("stayed", "returned", "entered")


@known_options
def participation_counts(participation: pl.DataFrame) -> pl.DataFrame:
    """One row per arm, wave and status: how many people stayed, returned, entered, left or are still away.

    ``participation``: the ``Participation`` table. ``absent`` is split by whether the person answered the wave before;
    ``not_yet`` is not counted. Columns: arm, wave, status, count, and waves in the order of each arm.
    """
    ordered = rows_in_wave_order(participation.select("person_id", "arm", "wave", "status"))
    before = pl.col("status").shift(1).over("person_id", "arm")
    status = (
        pl.when(pl.col("status") != "absent")
        .then(pl.col("status"))
        .when(before.is_in(PRESENT))
        .then(pl.lit("left"))
        .otherwise(pl.lit("away"))
    )
    counted = ordered.with_columns(status=status).filter(pl.col("status") != "not_yet")
    arms = participation["arm"].unique(maintain_order=True).to_list()
    counts = counted.group_by("arm", "wave", "status").agg(count=pl.len().cast(pl.Int64))
    by_status = rows_in_wave_order(counts.sort(pl.col("status").cast(pl.Enum(STATUSES)), "wave"))
    return by_status.sort(pl.col("arm").cast(pl.Enum(arms)), maintain_order=True)


@dataclass(frozen=True)
class WaveCounts:
    label: str
    counts: Mapping[str, int]

    @property
    def answered(self) -> int:
        return sum(self.counts.get(status, 0) for status in PRESENT)

    @property
    def total(self) -> int:
        return sum(self.counts.values())


def bars_of(
    participation: pl.DataFrame,
    waves: Mapping[str, str] | Mapping[tuple[str, str], str] | None,
    arms: Mapping[str, str] | None,
) -> dict[str, list[WaveCounts]]:
    """Arm label → its waves in order; what ``participation_flow`` draws and ``alt_participation`` describes."""
    counts = participation if "count" in participation.columns else participation_counts(participation)
    rows = counts.rows(named=True)
    names = arms or {row["arm"]: row["arm"].replace("_", " ") for row in rows}
    panels = {name: _waves([row for row in rows if row["arm"] == arm], waves or {}) for arm, name in names.items()}
    panels = {name: bars for name, bars in panels.items() if bars}
    if not panels:
        raise PaperError("there is nobody whose participation could be drawn", todo="Check the arms named.")
    return panels


def _waves(
    rows: Sequence[Mapping[str, Any]], labels: Mapping[str, str] | Mapping[tuple[str, str], str]
) -> list[WaveCounts]:
    """The waves of one arm in order."""
    bars = []
    for arm, wave in sorted({(row["arm"], row["wave"]) for row in rows}):
        label = next((labels[key] for key in ((arm, wave), wave) if key in labels), wave)  # type: ignore[index]
        bars.append(WaveCounts(label, {row["status"]: row["count"] for row in rows if row["wave"] == wave}))
    return bars
