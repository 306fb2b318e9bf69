"""What may be published about people: thresholds that a study may raise, never lower, and how counts are rounded."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import Field, field_validator

from pipeline.specs.base import Declaration

SMALLEST = 10
"""The fewest people that a published cell or plotted point may be about; a study may ask for more."""
MARK = "[c]"
"""Stands for a value that is not published because it is about too few people, or would give such a value away."""
NOTE = f"{MARK}: not published, because it is about fewer than {{smallest}} people, or would give such a number away."


def hidden(counts: Sequence[float], smallest: int = SMALLEST) -> set[int]:
    """The places of the counts not shown: those below ``smallest``, zero included, and as few others as needed.

    The sum of all is known, and with it the sum of those not shown. They are safe if they are several and it is at
    least ``smallest``: then none of them can be said to be of fewer people, nor of nobody.
    """
    gone = {place for place, count in enumerate(counts) if count < smallest}
    rest = sorted(
        (place for place in range(len(counts)) if place not in gone), key=lambda place: (counts[place], place)
    )
    while rest and not _safe([counts[place] for place in gone], smallest):
        gone.add(rest.pop(0))
    return gone


def _safe(shut: Sequence[float], smallest: int) -> bool:
    return not shut or (len(shut) > 1 and sum(shut) >= smallest)


class Disclosure(Declaration):
    """``disclosure:`` of study.yaml. Whatever is left out keeps its default; no threshold may be lower than that."""

    smallest: int = Field(default=SMALLEST, ge=SMALLEST, description="the fewest people of a cell or plotted point")
    residual_df: int = Field(default=10, ge=10, description="the fewest residual degrees of freedom of a model")
    counts: int = Field(default=1, ge=1, description="counts are printed as multiples of this; 1: as they are")

    @field_validator("counts")
    @classmethod
    def _base(cls, base: int) -> int:
        """A base in between would neither protect nor be exact."""
        if base != 1 and base < 5:
            raise ValueError("counts are exact (1), or rounded to a multiple of at least 5")
        return base
