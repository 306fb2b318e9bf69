"""The distances of calibration: how the ratio of weight to base depends on the multipliers of the margins.

Deville & Särndal (1992), JASA 87, 376-382: ``linear`` (their case 1, truncated case 7), ``raking`` (case 2, truncated
likewise), ``logit`` (case 6). The ratio g(u) is the derivative of the convex ``potential`` that the solver descends.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np

from pipeline.weights.arrays import FloatArray

Method = Literal["linear", "raking", "logit"]
Bounds = tuple[float, float] | tuple[FloatArray, FloatArray]

LARGEST_EXPONENT = 50.0


def ratio(method: Method, u: FloatArray, bounds: Bounds | None) -> tuple[FloatArray, FloatArray, FloatArray]:
    """The ratio g of weight to base at ``u``, its derivative, and the potential whose derivative it is."""
    if method == "logit":
        assert bounds is not None
        return _logit(u, bounds)
    if method == "linear":
        return _truncated(u, bounds, _LINEAR)
    return _truncated(np.minimum(u, LARGEST_EXPONENT), bounds, _RAKING)


Curve = Callable[[FloatArray], FloatArray]

# g, its derivative, its inverse, its primitive
_LINEAR: tuple[Curve, Curve, Curve, Curve] = (lambda u: 1 + u, np.ones_like, lambda g: g - 1, lambda u: u + u**2 / 2)
_RAKING: tuple[Curve, Curve, Curve, Curve] = (
    np.exp,
    np.exp,
    lambda g: np.minimum(np.log(np.maximum(g, np.finfo(float).tiny)), LARGEST_EXPONENT),
    np.exp,
)


def _truncated(
    u: FloatArray, bounds: Bounds | None, curve: tuple[Curve, Curve, Curve, Curve]
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """The ratio held at a bound once it reaches it; the potential continues as a straight line."""
    free, derivative, inverse, primitive = curve
    g = free(u)
    if bounds is None:
        return g, derivative(u), primitive(u)
    low, high = np.broadcast_to(bounds[0], u.shape), np.broadcast_to(bounds[1], u.shape)
    clipped = np.clip(g, low, high)
    corner = np.clip(u, inverse(low), inverse(high))
    return clipped, derivative(u) * ((g > low) & (g < high)), primitive(corner) + clipped * (u - corner)


def _logit(u: FloatArray, bounds: Bounds) -> tuple[FloatArray, FloatArray, FloatArray]:
    low, high = bounds
    slope = (high - low) / ((1 - low) * (high - 1))
    reach = np.clip(slope * u, -LARGEST_EXPONENT * 10, LARGEST_EXPONENT * 10)
    # log((high - 1) + (1 - low) exp(slope u)), without overflow
    log_sum = np.logaddexp(np.log(high - 1), np.log(1 - low) + reach)
    g = low + (high - low) * np.exp(np.log(1 - low) + reach - log_sum)
    derivative = (g - low) * (high - g) / ((1 - low) * (high - 1))
    return g, derivative, low * u + (high - low) / slope * log_sum
