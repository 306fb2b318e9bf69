"""The time of each row of a declared model: numbers for its waves, or the middle of their fieldwork."""

from __future__ import annotations

import datetime as dt
from typing import Any

import polars as pl

from pipeline.errors import ModelError

DAYS = {"month": 365.25 / 12, "year": 365.25}


def with_times(panel: pl.DataFrame, declared: Any, study: Any, name: str) -> pl.DataFrame:
    """The panel with the column ``name``: time since the first wave, of each row.

    Raises ModelError if the declaration has no time for a wave.
    """
    if declared.times == "fieldwork":
        return _by_fieldwork(panel, declared, study, name)
    waves = declared.waves or tuple(sorted(panel["wave"].unique()))
    if declared.times is None:
        numbers = [float(place) for place in range(len(waves))]
    elif len(declared.times) != len(waves):
        raise ModelError(f"{len(declared.times)} times for {len(waves)} waves", where="times", todo="Name the waves.")
    else:
        numbers = [float(time) for time in declared.times]
    return panel.with_columns(pl.col("wave").replace_strict(dict(zip(waves, numbers, strict=True))).alias(name))


def _by_fieldwork(panel: pl.DataFrame, declared: Any, study: Any, name: str) -> pl.DataFrame:
    """Each arm has a calendar of its own: a wave is a date only within one."""
    pairs = panel.select("arm", "wave").unique()
    days = {(arm, wave): middle(study, arm, wave) for arm, wave in pairs.iter_rows()}
    first = min(days.values())
    unit = DAYS[declared.time_unit]
    times = pl.DataFrame(
        [{"arm": arm, "wave": wave, name: (day - first).days / unit} for (arm, wave), day in days.items()],
        schema_overrides={"arm": panel.schema["arm"], "wave": panel.schema["wave"]},
    )
    return panel.join(times, on=["arm", "wave"], how="left", maintain_order="left")


def since_first(panel: pl.DataFrame, declared: Any, study: Any, day: dt.date) -> float:
    """The time of a day, in the unit of the times."""
    pairs = panel.select("arm", "wave").unique()
    first = min(middle(study, arm, wave) for arm, wave in pairs.iter_rows())
    return (day - first).days / DAYS[declared.time_unit]


def middle(study: Any, arm: str, wave: str) -> dt.date:
    """The middle of the fieldwork of a wave in an arm."""
    if study is None:
        raise ModelError("`times: fieldwork` are those of a study", where="times", todo="Give numbers.")
    period = study.fieldwork(wave, arm)
    found: dt.date = period.start + (period.end - period.start) / 2
    return found
