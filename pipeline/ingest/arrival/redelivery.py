"""A wave delivered again: what differs between two versions, in counts."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from pipeline.options import known_options

SCHEMA = {"variable": pl.String, "changed": pl.Int64, "filled": pl.Int64, "emptied": pl.Int64, "status": pl.String}


@dataclass(frozen=True)
class Differences:
    """Two versions of a wave compared. ``cells`` has one row per variable that differs: how many answers of people in
    both versions were ``changed``, ``filled`` or ``emptied``, or that the variable is ``new`` or ``gone``."""

    people_in_both: int
    people_new: int
    people_gone: int
    cells: pl.DataFrame

    @property
    def counted(self) -> pl.DataFrame:
        """``cells`` with the answers of each variable that differ in any way (``answers``)."""
        return self.cells.with_columns(answers=pl.sum_horizontal("changed", "filled", "emptied"))

    def is_none(self) -> bool:
        """Whether the versions hold the same."""
        return not (self.people_new or self.people_gone or self.cells.height)

    def words(self) -> str:
        """The difference in one sentence, counts only."""
        changed = int(self.counted["answers"].sum())
        return (
            f"{changed:,} answers of {self.people_in_both:,} people differ, in {self.cells.height:,} variables; "
            f"{self.people_new:,} people are new, {self.people_gone:,} are gone"
        )


@known_options
def differences(before: pl.DataFrame, after: pl.DataFrame, id_column: str) -> Differences:
    """Compare two versions of a wave person by person; each id is there once in both."""
    both = before.select(id_column).join(after.select(id_column), on=id_column, how="inner", maintain_order="left")
    old, new = (both.join(frame, on=id_column, how="left", maintain_order="left") for frame in (before, after))
    names = [name for name in dict.fromkeys([*before.columns, *after.columns]) if name != id_column]
    rows = [_row(name, old, new) for name in names]
    return Differences(
        people_in_both=both.height,
        people_new=after.height - both.height,
        people_gone=before.height - both.height,
        cells=pl.DataFrame([row for row in rows if row is not None], schema=SCHEMA, orient="row"),
    )


def _row(name: str, old: pl.DataFrame, new: pl.DataFrame) -> tuple[str, int, int, int, str] | None:
    if name not in old.columns or name not in new.columns:
        return name, 0, 0, 0, "new" if name in new.columns else "gone"
    left, right = old[name], new[name]
    if left.dtype != right.dtype:
        left, right = left.cast(pl.String), right.cast(pl.String)
    filled = int((left.is_null() & right.is_not_null()).sum())
    emptied = int((left.is_not_null() & right.is_null()).sum())
    changed = int((left != right).sum())
    return (name, changed, filled, emptied, "differs") if changed or filled or emptied else None
