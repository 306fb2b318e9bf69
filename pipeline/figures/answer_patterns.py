"""From the participation table to the patterns of answered and missed waves, the commonest first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from pipeline.errors import PaperError
from pipeline.specs.disclosure import SMALLEST
from pipeline.specs.rounding import percent

FEWEST = SMALLEST
"""Patterns of fewer people than this are shown as one row, in figures as in tables."""


@dataclass(frozen=True)
class Pattern:
    """One pattern: which of the arm's waves were answered (None: all rare patterns together), and by how many."""

    waves: tuple[bool, ...] | None
    label: str
    count: int
    share: float

    @property
    def value(self) -> str:
        """What is printed for it: "1,204 (31.0%)"."""
        return f"{self.count:,} ({percent(self.share, 1)})"


@dataclass(frozen=True)
class Panel:
    """One arm: its name, the labels of its waves, and its patterns, the commonest first."""

    name: str
    waves: tuple[str, ...]
    patterns: tuple[Pattern, ...]


def pattern_counts(participation: pl.DataFrame) -> pl.DataFrame:
    """One row per arm and pattern that somebody has, the commonest first: how many people, and the arm's waves.

    ``participation``: the ``Participation`` table. People who never answered are left out. Columns: arm, pattern,
    count, waves (in order).
    """
    people = participation.unique("person_id", keep="first", maintain_order=True)
    people = people.filter(pl.col("pattern").str.contains("1"))
    calendars = participation.group_by("arm").agg(waves=pl.col("wave").unique().sort())
    order = pl.Enum(people["arm"].unique(maintain_order=True))
    return (
        people.group_by("arm", "pattern")
        .agg(count=pl.len().cast(pl.Int64))
        .sort(pl.col("arm").cast(order), "count", "pattern", descending=[False, True, True])
        .join(calendars, on="arm", how="left", maintain_order="left")
    )


def rounded_patterns(counts: pl.DataFrame, base: int) -> pl.DataFrame:
    """The counts of patterns as multiples of ``base``, but for the rare ones, which are shown together."""
    rounded = (base * (pl.col("count") / base + 0.5).floor()).cast(pl.Int64)
    return counts.with_columns(count=pl.when((pl.col("count") < FEWEST) | (base == 1)).then("count").otherwise(rounded))


def panels_of(
    participation: pl.DataFrame,
    waves: Mapping[str, str] | Mapping[tuple[str, str], str] | None = None,
    arms: Mapping[str, str] | None = None,
    top: int | None = None,
) -> list[Panel]:
    """What ``participation_patterns`` draws and ``alt_patterns`` describes."""
    counts = participation if "count" in participation.columns else pattern_counts(participation)
    rows = counts.rows(named=True)
    names = arms or {row["arm"]: row["arm"].replace("_", " ") for row in rows}
    own = {arm: [row for row in rows if row["arm"] == arm] for arm in names}
    present = [arm for arm in names if own[arm]]
    if not present:
        raise PaperError("there is nobody whose participation could be drawn", todo="Check the arms named.")
    shown = top or (12 if len(present) == 1 else 6)
    return [_panel(own[arm], names[arm], waves or {}, shown) for arm in present]


def _panel(
    rows: Sequence[Mapping[str, Any]],
    name: str,
    labels: Mapping[str, str] | Mapping[tuple[str, str], str],
    top: int,
) -> Panel:
    """One arm; ``rows`` hold its patterns, the commonest first."""
    arm, calendar = rows[0]["arm"], rows[0]["waves"]
    waves = [next((labels[key] for key in ((arm, wave), wave) if key in labels), wave) for wave in calendar]  # type: ignore[index]
    total = sum(row["count"] for row in rows)
    common = [row for row in rows if row["count"] >= FEWEST]
    common = common[:top] if len(common) > top + 1 else common
    while common and 0 < total - sum(row["count"] for row in common) < FEWEST:
        common = common[:-1]  # those who are left would be few
    found = [
        Pattern(tuple(mark == "1" for mark in row["pattern"]), "", row["count"], row["count"] / total) for row in common
    ]
    others, rest = len(rows) - len(common), total - sum(row["count"] for row in common)
    if others:
        label = f"{others} other {'pattern' if others == 1 else 'patterns'}"
        found.append(Pattern(None, label, rest, rest / total))
    return Panel(name, tuple(waves), tuple(found))
