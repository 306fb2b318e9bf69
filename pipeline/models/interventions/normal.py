"""The normal distribution at one number, and the root of a rising function: what bounds ask for hundreds of times."""

from __future__ import annotations

from collections.abc import Callable
from math import erfc, exp, pi, sqrt
from statistics import NormalDist

SMALL = 1e-12
MOST_STEPS = 200
_STANDARD = NormalDist()


def normal(value: float) -> float:
    """P(z ≤ value)."""
    return erfc(-value / sqrt(2)) / 2


def density(value: float) -> float:
    """The density at a value."""
    return exp(-value * value / 2) / sqrt(2 * pi)


def normal_quantile(probability: float) -> float:
    """The value with this probability below it."""
    return _STANDARD.inv_cdf(probability)


def increasing_root(
    function: Callable[[float], float], slope: Callable[[float], float], low: float, high: float
) -> float:
    """Where a rising function is zero between ``low`` and ``high``: Newton's steps, and halves where these lead out.

    They start at ``low``: where the function is concave, none of them goes too far.

    >>> round(increasing_root(lambda c: normal(c) - 0.975, density, 0.0, 4.0), 6)
    1.959964
    """
    at = low
    for _ in range(MOST_STEPS):
        value, steep = function(at), slope(at)
        step = value / steep if steep > 0 else high - low
        if abs(step) <= SMALL:
            return at - step
        low, high = (low, at) if value > 0 else (at, high)
        at = at - step if low <= at - step <= high else (low + high) / 2
        if high - low <= SMALL:
            return at
    return at
