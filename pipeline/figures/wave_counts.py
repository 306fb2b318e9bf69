"""From the participation table to who answered each wave, and whether they did before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from pipeline.errors import PaperError
from pipeline.options import known_options
from pipeline.specs.disclosure import SMALLEST
from pipeline.wave_order import rows_in_wave_order

STATUSES = ("stayed", "returned", "entered", "left", "away")
"""In the order stacked, from the bottom."""

FEWEST = 10
"""Counts of fewer people than this are not printed."""

PRESENT = ("stayed", "returned", "entered")
ANSWERED = "answered"


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


def publishable_counts(counts: pl.DataFrame, base: int = 1) -> pl.DataFrame:
    """The counts without those of few people, and with a row ``answered`` for each wave.

    ``base``: what the study rounds counts to. Where some count is of few people, all are rounded to tens at least:
    otherwise it would follow from the others.
    """
    few = pl.col("count") < SMALLEST
    base = max(base, SMALLEST) if counts.select(few.any()).item() else base
    answered = (
        counts.filter(pl.col("status").is_in(PRESENT))
        .group_by("arm", "wave", maintain_order=True)
        .agg(pl.lit(ANSWERED).alias("status"), pl.col("count").sum())
    )
    shown = pl.concat([counts.filter(~few), answered.select(counts.columns).filter(~few)])
    return (
        shown if base == 1 else shown.with_columns(count=(base * (pl.col("count") / base + 0.5).floor()).cast(pl.Int64))
    )


@dataclass(frozen=True)
class WaveCounts:
    label: str
    counts: Mapping[str, int]

    @property
    def answered(self) -> int:
        return self.counts.get(ANSWERED, sum(self.counts.get(status, 0) for status in PRESENT))

    @property
    def withheld(self) -> set[str]:
        """Statuses of fewer than ten people, and where it is one alone of those who answered (or who did not) the next
        smallest with it: it would be the difference to their sum.
        """
        found: set[str] = set()
        for side in (PRESENT, tuple(status for status in STATUSES if status not in PRESENT)):
            counts = {status: self.counts[status] for status in side if self.counts.get(status)}
            few = {status for status, count in counts.items() if count < FEWEST}
            others = [status for status in counts if status not in few]
            found |= few | ({min(others, key=lambda one: counts[one])} if len(few) == 1 and others else set())
        return found

    @property
    def total(self) -> int:
        return sum(count for status, count in self.counts.items() if status != ANSWERED)


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
