"""Whether two results rest on the same people, and what the correlation of their errors may then be."""

from __future__ import annotations

import math

from pipeline.papers.prose.origin import Origin
from pipeline.papers.prose.quantity import SHARE, Quantity

LEVELS = frozenset({"mean", "share", "quantile", "ratio", "total"})


def correlation_bounds(one: Quantity, other: Quantity) -> tuple[float, float] | None:
    """The least and the most that the errors of two levels of the same people may correlate; None of other people.

    Of shares (a measure of 0 and 1) it follows from the two themselves, how many people may have both: the bounds of
    Fréchet (1951). For categories of one question that exclude each other the lower one is the correlation itself, as
    of a multinomial distribution. Of other levels nothing is known: they lie between -1 and 1.
    """
    if not _same_people(one.origin, other.origin):
        return None
    if not (_is_share(one) and _is_share(other)):
        return -1.0, 1.0
    first, second = one.known(), other.known()
    spread = math.sqrt(first * (1 - first) * second * (1 - second))
    if spread == 0:
        return 0.0, 0.0
    least, most = max(0.0, first + second - 1), min(first, second)
    return (least - first * second) / spread, (most - first * second) / spread


def _same_people(one: Origin, other: Origin) -> bool:
    """Whether two different levels are of one wave, and not of two groups."""
    if one.component not in LEVELS or other.component not in LEVELS or one.result == other.result:
        return False
    (wave, group), (other_wave, other_group) = one.place, other.place
    if wave != other_wave:
        return False
    return not (group and other_group and group != other_group and one.source == other.source)


def _is_share(quantity: Quantity) -> bool:
    origin = quantity.origin
    declared = origin.component == "share" or (origin.component == "mean" and origin.ranges[0] == SHARE)
    return declared and origin.factor == 1.0 and 0 <= quantity.known() <= 1
