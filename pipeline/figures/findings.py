"""What is wrong with a drawn figure, and where a figure is shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Rule = Literal["overlap", "clipped", "covered", "contrast", "size", "shape", "grey", "colour"]


@dataclass(frozen=True)
class Finding:
    """One thing that a reader could not read or tell apart: the rule that it breaks, and which text or shape it is."""

    rule: Rule
    says: str


@dataclass(frozen=True)
class Medium:
    """Where a figure is shown: how wide (inches) what a paper shows of it is there, and the smallest type (points)."""

    where: str
    inches: float
    points: float


PRINT = Medium("in print", 162 / 25.4, 9.0)
"""A page of a paper, whose text is 162 mm wide."""
PHONE = Medium("on a phone", 328 / 96, 8.25)
"""A phone 360 CSS pixels wide with the paper's margins; 8.25 pt are 11 pixels."""
