"""When the waves were in the field, from the declarations."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from pipeline.figures.timeline import month

if TYPE_CHECKING:
    from pipeline.specs.project import Study


def calendar(study: Study) -> dict[tuple[str, str], dt.date]:
    """(arm, wave) → the middle of its fieldwork."""
    days = {}
    for arm, waves in study.calendar.items():
        for wave in waves:
            if wave in study.waves:
                period = study.fieldwork(wave, arm)
                days[arm, wave] = period.start + (period.end - period.start) / 2
    return days


def dates_of(study: Study) -> dict[tuple[str | None, str], dt.date]:
    """(arm, wave) → date, and (None, wave) → date where every arm was in the field at the same time."""
    days: dict[tuple[str | None, str], dt.date] = {(arm, wave): day for (arm, wave), day in calendar(study).items()}
    for wave in study.waves:
        own = {day for (_, other), day in days.items() if other == wave}
        if len(own) == 1:
            days[None, wave] = own.pop()
    return days


def wave_titles(study: Study) -> dict[tuple[str, str], str]:
    """(arm, wave) → the wave's title; its month where several arms have calendars of their own."""
    several = len(study.about.arms) > 1
    days = calendar(study)
    return {(arm, wave): month(day) if several else study.waves[wave].title for (arm, wave), day in days.items()}


def arm_titles(study: Study) -> dict[str, str]:
    """Arm → title."""
    return {key: arm.title for key, arm in study.about.arms.items()}
