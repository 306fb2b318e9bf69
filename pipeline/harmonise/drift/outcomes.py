"""What lists of outcomes and the rows of a wave's files say of the same people, where they contradict each other."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from pipeline.harmonise.drift.finding import Finding
from pipeline.specs.base import ANSWERED, BY_OTHERS

INTERVIEWED = (*ANSWERED, BY_OTHERS)
WHERE = "study.yaml, `outcomes`"


def outcome_findings(arm: str, wave: str, people: pl.Series, reported: pl.DataFrame) -> Iterator[Finding]:
    """Findings about one arm of a wave: ``people`` have a row in its files, ``reported`` is contract ``FieldOutcomes``.

    Nothing is found where no list speaks of the wave. Rows stand, whatever the list says; an interview without a row
    is an absence whose reason is ``lost``, one by proxy keeps its own.
    """
    own = reported.filter((pl.col("arm") == arm) & (pl.col("wave") == wave))
    if not own.height:
        return
    said = own.with_columns(has_row=pl.col("person_id").is_in(people.implode()))
    against = said.filter(pl.col("has_row") & ~pl.col("outcome").is_in(INTERVIEWED))
    if against.height:
        yield Finding(
            arm, "outcomes", "row_against_outcome", "warns",
            f"{against.height:,} people have a row, and the list says that they were not interviewed: "
            f"{_counted(against)}. Their rows are used.",
            WHERE, "Ask which is right; or declare by `present` which rows are interviews.", count=against.height,
        )  # fmt: skip
    without = said.filter(~pl.col("has_row") & pl.col("outcome").is_in(INTERVIEWED))
    if without.height:
        yield Finding(
            arm, "outcomes", "outcome_without_row", "warns",
            f"{without.height:,} people were interviewed by the list, and have no row: {_counted(without)}. "
            "They count as absent.",
            WHERE, "Ask for their rows, or correct what their codes mean.", count=without.height,
        )  # fmt: skip
    unlisted = len(people) - said.filter("has_row").height
    if unlisted:
        yield Finding(
            arm, "outcomes", "row_without_outcome", "notes",
            f"{unlisted:,} people have a row, and the list gives them no outcome in this wave. They count "
            "as interviewed.",
            WHERE, "Ask for the outcomes of the whole wave, or accept that some are absent.", count=unlisted,
        )  # fmt: skip


def _counted(frame: pl.DataFrame) -> str:
    """Outcomes with their counts, the most common first."""
    counts = frame.group_by("outcome").len().sort("len", "outcome", descending=[True, False])
    return ", ".join(f"{outcome} ({number:,})" for outcome, number in counts.iter_rows())
