"""A wave that was delivered before: the same people with the same answers to everything."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from pipeline.harmonise.drift.finding import MANY, Finding
from pipeline.harmonise.drift.history import Beside

FEWEST_ITEMS = 3
"""Fewer items that vary may all be answered alike by many people."""
SAME, MANY_ITEMS, SAME_TO_MANY = 0.95, 8, 0.7
"""If this share of the people gives the answers of another wave to every item, the file is that wave's; to so many
items and more, a smaller share: the rest was edited."""


def same_answers(beside: Beside) -> Iterator[Finding]:
    """An earlier wave, if nearly everybody who is in it gives the same answers to all its items now."""
    for wave in sorted({wave for known in beside.earlier.values() for wave, _ in known}, reverse=True):
        rows_before, rows_now = beside.pairs(wave)
        people, items = _alike(beside, wave, rows_before, rows_now)
        if (
            people is not None
            and len(people) >= MANY
            and people.mean() >= (SAME if items < MANY_ITEMS else SAME_TO_MANY)
        ):
            yield Finding(
                beside.file.arm, "person_id", "same_answers", "blocks",
                f"{int(people.sum()):,} of the {len(people):,} people who are in {wave}, too, gave the same answers to "
                f"all of {items:,} items there.", beside.file.file,
                f"It seems to be the file of {wave} under another name: ask for this wave's.",
                count=int(people.sum()), confidence=0.99,
            )  # fmt: skip
            return


def _alike(beside: Beside, wave: str, rows_before: np.ndarray, rows_now: np.ndarray) -> tuple[np.ndarray | None, int]:
    """Per person in both waves with at least ``FEWEST_ITEMS`` answers in both whether all are the same; and of how many
    items. Lasting facts and items that do not vary tell nothing."""
    shared, same = np.zeros(len(rows_now), dtype=int), np.ones(len(rows_now), dtype=bool)
    items = 0
    for key, known in beside.earlier.items():
        reading = dict(known).get(wave)
        if reading is None or key not in beside.now or _lasts(beside, key):
            continue
        was, now = reading.numbers[rows_before], beside.now[key].numbers[rows_now]
        both = ~(np.isnan(was) | np.isnan(now))
        if not both.any() or now[both].min() == now[both].max():
            continue
        items += 1
        shared += both
        same &= ~both | (was == now)
        if np.count_nonzero(~same & (shared >= FEWEST_ITEMS)) > (1 - SAME_TO_MANY) * len(same):
            return None, items  # too many differ already, whatever the other items say
    if items < FEWEST_ITEMS:
        return None, items
    return same[shared >= FEWEST_ITEMS], items


def _lasts(beside: Beside, key: str) -> bool:
    """Whether everybody's answer is known beforehand: a lasting fact, or an age."""
    return beside.study.items[key].time_constant or beside.study.items[key].concept == "age"
