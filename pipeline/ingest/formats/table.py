"""What a reader makes of a file, before anything is chosen or dropped; the same shape for every format."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import polars as pl

HIDDEN = "hidden"
"""How the kind of a notice begins that is about what whoever opens the file does not see."""
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
    row_numbers: pl.Series | None = None
    columns: tuple[str, ...] | None = None
    """The names of all columns of the file, where ``frame`` does not hold them all."""

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all columns of the file."""
        return tuple(self.frame.columns) if self.columns is None else self.columns

    def rows_received(self) -> int:
        """Rows in the file: those in the frame and those set aside by rule."""
        return self.frame.height + sum(self.set_aside.values())

    def keep(self, kept: pl.Series, rules: Mapping[str, int]) -> Table:
        """The same table with the rows that are kept; ``rules`` says how many each rule set aside."""
        counted = {rule: count for rule, count in rules.items() if count}
        if not counted:
            return self
        numbers = pl.int_range(1, self.frame.height + 1, eager=True) if self.row_numbers is None else self.row_numbers
        return replace(
            self,
            frame=self.frame.filter(kept),
            set_aside={
                **self.set_aside,
                **{rule: count + self.set_aside.get(rule, 0) for rule, count in counted.items()},
            },
            row_numbers=numbers.filter(kept),
        )
