"""Answers in columns that nothing is read from: to a question declared as not asked, or read in the wave before."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from pipeline.harmonise.drift.finding import Finding
from pipeline.specs.deposits import WaveFile

KINDS = {
    "not_asked": (
        "not_asked_but_answered",
        "the item is declared as not asked here, but the file holds answers to it.",
        "Take it off `not_asked` (or let `waves` and `arms` of the item include this one); or accept the finding, with "
        "the reason, if these answers are to be left out.",
    ),
    "read_before": (
        "no_longer_read",
        "the item was read from this column in an earlier wave; here it holds answers that nothing is read from.",
        "Give it under `variables` of the wave; or accept the finding, with the reason.",
    ),
}
"""Why a column is left out → the kind of finding, what it says, and what to do."""


def left_out_findings(file: WaveFile, labels: pl.DataFrame) -> Iterator[Finding]:
    """One finding per item and kind. ``labels``: the labels table of the wave."""
    if "answers" not in labels.columns:
        return
    held = labels.filter((pl.col("arm") == file.arm) & (pl.col("answers") > 0))
    seen: set[tuple[str, str]] = set()
    for item, why, variable, answers in held.select("left_out_item", "left_out_why", "variable", "answers").iter_rows():
        kind, what, todo = KINDS[why]
        if (item, kind) not in seen:
            seen.add((item, kind))
            yield Finding(
                file.arm, item, kind, "blocks", what, f"{file.file}, `{variable}`", todo,
                count=answers,
            )  # fmt: skip
