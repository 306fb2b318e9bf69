"""Direct estimates on another scale, and EBLUPs taken back from it with their bias corrected.

``log`` is for positive means; ``arcsine`` (of the square root) for proportions, whose sampling variance on that scale
is 1 / (4 × effective n). Both as R's ``emdi::fh`` documents them (Harmening et al. 2023, R Journal 15, 292-327):

* log, ``crude``: exp(theta + MSE / 2), error exp(theta) × sqrt(MSE);
* log, ``slud_maiti``: exp(theta + A (1 - gamma) / 2) (Slud and Maiti 2006, JRSS B 68, 239-257) where there is a
  sample;
* arcsine: the mean of sin²(t) for t normal with mean theta and variance A (1 - gamma) (MSE where there is no sample),
  which is (1 - exp(-2 v) cos(2 theta)) / 2. ``emdi`` integrates from 0 to pi/2 only, which loses the tail of a
  proportion near one; elsewhere the two are the same.

Interval ends are taken back as they are, within the scale's own range.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from pipeline.errors import CohesionError

FloatArray = np.ndarray
Transformation = Literal["none", "log", "arcsine"]
Back = Literal["crude", "slud_maiti"]


@dataclass(frozen=True)
class OnScale:
    """Direct estimates (m) and their sampling variances on the scale of the model."""

    direct: FloatArray
    sampling: FloatArray


def onto(kind: Transformation, direct: FloatArray, sampling: FloatArray, effective: FloatArray, where: str) -> OnScale:
    """Raises CohesionError for estimates that the transformation does not take."""
    if kind == "log":
        wrong = int((direct <= 0).sum())
        if wrong:
            raise CohesionError("the logarithm is of positive estimates", where=where, count=wrong)
        with np.errstate(divide="ignore", over="ignore"):
            relative = sampling / direct**2
        far = int((~np.isfinite(relative)).sum())
        if far:
            raise CohesionError("estimates too close to zero for their errors", where=where, count=far)
        return OnScale(np.log(direct), relative)
    if kind == "arcsine":
        wrong = int(((direct < 0) | (direct > 1)).sum())
        if wrong:
            raise CohesionError(
                "the arcsine is of proportions from 0 to 1", where=where, count=wrong, todo="Give shares, not per cent."
            )
        return OnScale(np.arcsin(np.sqrt(direct)), 1 / (4 * effective))
    return OnScale(direct, sampling)


def back(
    kind: Transformation, how: Back, theta: FloatArray, mse: FloatArray, spread: FloatArray, sampled: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Estimates and standard errors on the original scale. ``spread`` is A (1 - gamma); which areas are ``sampled``."""
    if kind == "log":
        raised = 0.5 * np.where(sampled & (how == "slud_maiti"), spread, mse)
        return np.exp(theta + raised), np.exp(theta) * np.sqrt(mse)
    if kind == "arcsine":
        variance = np.where(sampled, spread, mse)
        return 0.5 * (1 - np.exp(-2 * variance) * np.cos(2 * theta)), np.abs(np.sin(2 * theta)) * np.sqrt(mse)
    return theta, np.sqrt(mse)


def ends(kind: Transformation, low: FloatArray, high: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Interval ends on the original scale."""
    if kind == "log":
        return np.exp(low), np.exp(high)
    if kind == "arcsine":
        return np.sin(np.clip(low, 0, np.pi / 2)) ** 2, np.sin(np.clip(high, 0, np.pi / 2)) ** 2
    return low, high


def value(kind: Transformation, theta: FloatArray) -> FloatArray:
    """A true value of the model's scale on the original one."""
    if kind == "log":
        return np.asarray(np.exp(theta))
    return np.asarray(np.sin(theta) ** 2) if kind == "arcsine" else theta
