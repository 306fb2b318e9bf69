"""When people were interviewed, beside the fieldwork that is declared."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from pipeline.harmonise.drift.finding import Finding
from pipeline.specs.base import Period
from pipeline.specs.deposits import WaveFile


def window_findings(file: WaveFile, column: str, dates: pl.Series, declared: Period) -> Iterator[Finding]:
    """Interviews outside the declared fieldwork. ``dates``: ISO dates as text, as a wave table holds them."""
    days = dates.str.slice(0, 10).str.to_date("%Y-%m-%d", strict=False).drop_nulls().sort()
    outside = int((~days.is_between(declared.start, declared.end)).sum())
    if outside:
        yield Finding(
            file.arm, "interview_date", "fieldwork", "warns",
            f"interviews outside the declared fieldwork, {declared.start} to {declared.end}; in the file they run from "
            f"{days[0]} to {days[-1]}.",
            f"{file.file}, `{column}`",
            "Correct the fieldwork in the wave's declaration, or ask which dates are wrong.",
            count=outside, confidence=0.95,
        )  # fmt: skip
