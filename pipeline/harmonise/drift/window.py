"""When people were interviewed, beside the fieldwork that is declared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import polars as pl

from pipeline.harmonise.drift.finding import Finding
from pipeline.specs.base import Period
from pipeline.specs.deposits import WaveFile

MOST = 0.5
"""If more of the interviews than this were in the fieldwork of another wave, the file may be that wave's."""


def window_findings(
    file: WaveFile, column: str, dates: pl.Series, declared: Period, others: Mapping[str, Period]
) -> Iterator[Finding]:
    """Interviews outside the declared fieldwork; ``others``: that of the other waves. ``dates``: ISO dates as text, as
    a wave table holds them."""
    days = dates.str.slice(0, 10).str.to_date("%Y-%m-%d", strict=False).drop_nulls().sort()
    is_outside = ~days.is_between(declared.start, declared.end)
    outside = days.filter(is_outside)
    if not outside.len():
        return
    within = {wave: int(outside.is_between(other.start, other.end).sum()) for wave, other in others.items()}
    wave = max(within, key=lambda name: within[name], default="")
    is_another = bool(wave) and within[wave] > MOST * days.len()
    when = f"; {within[wave]:,} are in that of {wave}" if wave and within[wave] else ""
    yield Finding(
        file.arm, "interview_date", "fieldwork", "blocks" if is_another else "warns",
        f"interviews outside the declared fieldwork, {declared.start} to {declared.end}{when}; in the file they run "
        f"from {days[0]} to {days[-1]}.",
        f"{file.file}, `{column}`",
        f"It may be the file of {wave}; or correct the fieldwork in the wave's declaration."
        if is_another else "Correct the fieldwork in the wave's declaration, or ask which dates are wrong.",
        count=outside.len(), confidence=0.95,
    )  # fmt: skip
