"""The interval of a result, and of the difference between two, by which a claim or a word is judged."""

from __future__ import annotations

import math

from pipeline.errors import PaperError
from pipeline.papers.prose.quantity import Quantity
from pipeline.papers.prose.ties import tie_between

Z = 1.959963984540054


def ends(result: Quantity) -> tuple[float, float]:
    """An interval, if need be from the standard error; of a number that has none, such as a count, its value twice."""
    if result.low is None and result.origin.exact:
        return result.known(), result.known()
    if result.low is None and result.std_error is not None and result.std_error.value is not None:
        reach = Z * result.std_error.value
        return result.known() - reach, result.known() + reach
    if result.low is None or result.high is None:
        raise PaperError(f"{result.origin.what} ({result.origin.source}) has no interval to judge a claim by")
    return result.low, result.high


def against(result: Quantity, other: Quantity | float | None, correlation: float = 0.0) -> tuple[float, float]:
    """The interval of the difference between a result and another, whose errors so correlate, or a number.

    Two levels of different waves that the same people gave have the standard error of a model of changes, if there is
    one of them; else their errors are taken as independent.
    """
    if other is None:
        raise PaperError("a comparison needs the result it compares with")
    if not isinstance(other, Quantity):
        low, high = ends(result)
        return low - other, high - other
    own, others = result.std_error, other.std_error
    if own is None or others is None or own.value is None or others.value is None:
        raise PaperError(f"{result.origin.what} ({result.origin.source}) has no standard error to compare by")
    low, high = ends(result)
    tie = tie_between(result.origin, other.origin, result.known() - other.known())
    if tie is not None and own.value > 0:
        reach = (high - low) / 2 / own.value * abs(result.origin.factor) * tie.std_error
        difference = result.known() - other.known()
        return difference - reach, difference + reach
    level = (high - low) / 2 / own.value if own.value > 0 else Z
    covariance = correlation * own.value * others.value
    reach = level * math.sqrt(max(own.value**2 + others.value**2 - 2 * covariance, 0.0))
    difference = result.known() - other.known()
    return difference - reach, difference + reach
