"""What is declared of paradata: how long an interview took, how far it came, and whether it was a test."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from pipeline.specs.base import Declaration, Text

MINUTES = {"seconds": 1 / 60, "minutes": 1.0, "hours": 60.0}
"""Unit of a duration → minutes in it."""

NEEDS = {
    "duration_in": "duration",
    "speeders": "duration",
    "stragglers": "duration",
    "complete": "progress",
    "test": "test",
}
"""Key of ``Paradata`` → the role that a column must have for it to mean anything."""


class Paradata(Declaration):
    """The rules for columns with the roles ``duration``, ``progress`` and ``test``; of study.yaml, or of one wave.

    A complete interview that took less than the share ``speeders`` of the median is a speeder, one of more than
    ``stragglers`` minutes a straggler. Progress below ``complete`` is an interview in part. ``test`` lists what marks a
    test record; ``test*`` is whatever begins so. Speeders and stragglers are counted and reported; ``set_aside`` names
    those that are not loaded.
    """

    duration_in: Literal["seconds", "minutes", "hours"] = "minutes"
    speeders: float = Field(default=1 / 3, gt=0, lt=1)
    stragglers: float = Field(default=1440.0, gt=0)
    complete: float = Field(default=100.0, gt=0)
    test: tuple[Text, ...] = ()
    set_aside: tuple[Literal["speeders", "stragglers"], ...] = ()
