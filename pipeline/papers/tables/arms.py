"""Rows of a table arm by arm, and waves by their titles."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from pipeline.papers.content import Row, words
from pipeline.papers.study_context import StudyContext


def by_arm(frame: pl.DataFrame, study: StudyContext, body: list[Row]) -> Iterator[tuple[str, pl.DataFrame]]:
    """Each arm with its rows; where there are several, the arm's title is set above them in ``body`` first."""
    arms = frame["arm"].unique(maintain_order=True).to_list()
    for arm in arms:
        if len(arms) > 1:
            body.append(Row((words(study.label(arm)),)))
        yield arm, frame.filter(pl.col("arm") == arm)


def wave_title(study: StudyContext, arm: str, wave: str) -> tuple[str, str]:
    """A wave's title, broken at commas only, and its months."""
    when = study.fieldwork.get((arm, wave))
    title = when.title if when else study.label(wave)
    parts = (part.replace(" ", "\N{NO-BREAK SPACE}") for part in title.split(", "))
    return ", ".join(parts), when.period if when else ""
