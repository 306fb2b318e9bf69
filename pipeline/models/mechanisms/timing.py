"""Mediators and outcome of later waves, put on the row of the exposure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from pipeline.errors import ModelError
from pipeline.models.columns import require
from pipeline.models.terms.moves import calendar_of, moved
from pipeline.specs.terms import Factor

SAME_WAVE = "exposure and mediators are of one wave, so that their order in time is assumed"
SAME_AS_OUTCOME = "mediators and outcome are of one wave, so that their order in time is assumed"
ALL_ONE_WAVE = "exposure, mediators and outcome are of one wave, so that their order in time is assumed"


def of_later_waves(
    frame: pl.DataFrame, mediators: Sequence[str], outcome: str, later: tuple[int, int], options: Mapping[str, Any]
) -> pl.DataFrame:
    """The frame with mediators and outcome of so many waves after the exposure.

    Raises ModelError for an outcome before the mediators, or where no wave is so far ahead.
    """
    if min(later) < 0 or later[1] < later[0]:
        raise ModelError("the outcome is not before the mediators, nor they before the exposure", where="later")
    if not any(later):
        return frame
    person, wave = options.get("person", "person_id"), options.get("wave", "wave")
    require(frame, [*mediators, outcome, person, wave])
    return _ahead(frame, dict.fromkeys(mediators, later[0]) | {outcome: later[1]}, person, wave)


def _ahead(frame: pl.DataFrame, later: Mapping[str, int], person: str, wave: str) -> pl.DataFrame:
    """The frame with each column of ``later`` from so many waves ahead, by the numbers of waves and not by rows.

    A person who did not answer the later wave has no value. Raises ModelError if no wave is so far ahead.
    """
    calendar = calendar_of(frame, wave=wave)
    longest, furthest = max(len(waves) for waves in calendar.values()), max(later.values())
    if furthest >= longest:
        raise ModelError(f"there is no wave {furthest} waves later", where="later", count=longest)
    return frame.with_columns(
        moved(frame, Factor(name, "lead", count), calendar, person=person, wave=wave).alias(name)
        for name, count in later.items()
        if count
    )


def order_note(mediators: int, outcome: int) -> str | None:
    """What is assumed of time where variables are measured in the same wave."""
    if mediators == outcome == 0:
        return ALL_ONE_WAVE
    if mediators == 0:
        return SAME_WAVE
    return SAME_AS_OUTCOME if mediators == outcome else None
