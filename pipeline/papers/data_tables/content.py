"""What a table of numbers is, for the writers of workbooks and CSV packages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Shorthand = Literal["[c]", "[low]", "[x]", "[z]"]

SHORTHAND: dict[str, str] = {
    "[c]": "confidential: not shown, because it rests on few people or would give such a number away",
    "[low]": "not zero, but smaller than the smallest number that would be shown; the notes of the table name it",
    "[x]": "not available: not asked, not estimated, or withheld because the estimate did not pass its checks",
    "[z]": "not applicable in this row",
}
"""What stands in a cell without a number, in the UK Government Analysis Function's symbols."""


@dataclass(frozen=True)
class Value:
    """A number as printed: to ``places`` decimal places."""

    number: float
    places: int

    @property
    def printed(self) -> str:
        """With a plain minus and nothing between thousands, as programs read it."""
        return f"{self.number:.{self.places}f}"


Cell = Value | str
"""A number, a text, or one of ``SHORTHAND``."""


@dataclass(frozen=True)
class DataColumn:
    """``name`` is for programs, ``title`` for readers, with its unit. ``description``: what the title cannot say."""

    name: str
    title: str
    is_number: bool
    description: str = ""


@dataclass(frozen=True)
class DataTable:
    """One row per row of the printed table, or per plotted point of a figure; no row and no cell is empty.

    ``key`` names it in the other places of a package: letters, digits and underscores. ``label`` is what the paper
    calls it, empty where it has no number.
    """

    key: str
    label: str
    title: str
    columns: tuple[DataColumn, ...]
    rows: tuple[tuple[Cell, ...], ...]
    subtitle: str = ""
    source: str = ""
    notes: tuple[str, ...] = ()
    synthetic: bool = False

    @property
    def heading(self) -> str:
        return f"{self.label}: {self.title}" if self.label else self.title

    @property
    def shorthand(self) -> tuple[str, ...]:
        """The symbols that occur in it."""
        return tuple(sign for sign in SHORTHAND if any(sign in row for row in self.rows))
