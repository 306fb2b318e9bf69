"""Two levels of different waves that the same people gave: how they vary together, where a model of changes says so."""

from __future__ import annotations

import math

from pipeline.papers.prose.origin import Origin, Tie

SAME = 1e-9
"""So far may the change of a model differ from the difference of two levels for both to be of the same people."""


def tie_between(one: Origin, two: Origin, difference: float) -> Tie | None:
    """What a model of changes says of the ``difference`` of two levels; None if it is of other people or weights."""
    alike = (one.source, one.outcome, one.component, one.place[1], one.factor)
    if alike != (two.source, two.outcome, two.component, two.place[1], two.factor) or not one.factor:
        return None
    near = (tie for tie in one.ties if tie.earlier == two.place[0])
    return next((tie for tie in near if is_the_same(tie.estimate, difference / one.factor)), None)


def is_the_same(change: float, difference: float) -> bool:
    """Whether the change of a model is the difference of two levels: of the same people, with the same weights."""
    return math.isclose(change, difference, rel_tol=SAME, abs_tol=SAME)
