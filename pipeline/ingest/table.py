"""What a reader makes of a file, before anything is chosen or dropped; the same shape for every format."""

from __future__ import annotations

from dataclasses import dataclass, field

import polars as pl

Bounds = tuple[float | str, float | str]


@dataclass(frozen=True)
class Notice:
    """Something a person should know about a file that loads all the same. Never holds a participant's value."""

    kind: str
    message: str
    column: str | None = None
    count: int | None = None


@dataclass
class Table:
    """One file as deposited: ``frame`` with one row per deposited row, and what the file says about its columns."""

    frame: pl.DataFrame
    labels: dict[str, str] = field(default_factory=dict)
    value_labels: dict[str, dict[str, str]] = field(default_factory=dict)
    missing_ranges: dict[str, list[Bounds]] = field(default_factory=dict)
    notices: list[Notice] = field(default_factory=list)
    set_aside: dict[str, int] = field(default_factory=dict)

    def rows_received(self) -> int:
        """Rows in the file: those in the frame and those set aside by rule."""
        return self.frame.height + sum(self.set_aside.values())
