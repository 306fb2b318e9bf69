"""From the participation table to the patterns of answered and missed waves, the commonest first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from pipeline.errors import PaperError
from pipeline.figures.style import decimal

FEWEST = 10
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
        return f"{self.count:,} ({decimal(100 * self.share, 1)}%)"


@dataclass(frozen=True)
class Panel:
    """One arm: its name, the labels of its waves, and its patterns, the commonest first."""

    name: str
    waves: tuple[str, ...]
    patterns: tuple[Pattern, ...]


def panels_of(
    participation: pl.DataFrame,
    waves: Mapping[str, str] | Mapping[tuple[str, str], str] | None = None,
    arms: Mapping[str, str] | None = None,
    top: int | None = None,
) -> list[Panel]:
    """What ``participation_patterns`` draws and ``alt_patterns`` describes."""
    people = participation.unique("person_id", keep="first", maintain_order=True)
    people = people.filter(pl.col("pattern").str.contains("1"))
    names = arms or {arm: arm.replace("_", " ") for arm in people["arm"].unique(maintain_order=True)}
    present = [arm for arm in names if arm in people["arm"]]
    if not present:
        raise PaperError("there is nobody whose participation could be drawn", todo="Check the arms named.")
    shown = top or (12 if len(present) == 1 else 6)
    return [_panel(participation, people, arm, names[arm], waves or {}, shown) for arm in present]


def _panel(
    participation: pl.DataFrame,
    people: pl.DataFrame,
    arm: str,
    name: str,
    labels: Mapping[str, str] | Mapping[tuple[str, str], str],
    top: int,
) -> Panel:
    calendar = participation.filter(pl.col("arm") == arm)["wave"].unique().sort().to_list()
    waves = [next((labels[key] for key in ((arm, wave), wave) if key in labels), wave) for wave in calendar]  # type: ignore[index]
    counted = people.filter(pl.col("arm") == arm).group_by("pattern").len()
    counted = counted.sort(["len", "pattern"], descending=[True, True])
    total = int(counted["len"].sum())
    common = counted.filter(pl.col("len") >= FEWEST)
    common = common.head(top) if common.height > top + 1 else common
    found = [
        Pattern(tuple(mark == "1" for mark in pattern), "", count, count / total) for pattern, count in common.rows()
    ]
    others, rest = counted.height - common.height, total - int(common["len"].sum())
    if others:
        label = f"{others} other {'pattern' if others == 1 else 'patterns'}"
        found.append(Pattern(None, label, rest, rest / total))
    return Panel(name, tuple(waves), tuple(found))
