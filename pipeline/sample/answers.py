"""How made-up people answer: whole-number answers whose expectation is exactly what the planted model says.

Rounding and the ends of an answer scale bend an effect that is planted below them. Here the bend is undone
beforehand: the point a person answers around is chosen so that the *expected answer* is the linear predictor, so
that a planted slope holds on the scale people answer on, floors included.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

Array = np.ndarray


@dataclass(frozen=True)
class AnswerScale:
    """Answers ``low … high`` to ``items`` like questions.

    ``shared`` is the standard deviation of what sways a person in all of them at one time, ``own`` of what sways one.
    """

    low: int
    high: int
    items: int = 1
    shared: float = 0.6
    own: float = 0.6

    @property
    def spread(self) -> float:
        return float(np.hypot(self.shared, self.own))

    @cached_property
    def _curve(self) -> tuple[Array, Array]:
        """Points to answer around, and the expected answer at each: low + Σ P(answer ≥ k)."""
        points = np.linspace(self.low - 6 * self.spread, self.high + 6 * self.spread, 4001)
        steps = np.arange(self.low + 1, self.high + 1)
        return points, self.low + normal_cdf((points[:, None] - steps + 0.5) / self.spread).sum(axis=1)

    def draw(self, expected: Array, rng: np.random.Generator) -> Array:
        """People × items: whole-number answers with the given expectation (kept a little inside the scale)."""
        points, means = self._curve
        edge = 0.02 * (self.high - self.low) / 4
        around = np.interp(np.clip(expected, self.low + edge, self.high - edge), means, points)
        swayed = around + self.shared * rng.standard_normal(expected.shape)
        each = swayed[..., None] + self.own * rng.standard_normal((*expected.shape, self.items))
        made: Array = np.clip(np.rint(each), self.low, self.high)
        return made


def normal_cdf(values: Array) -> Array:
    """Φ, elementwise."""
    from scipy.special import ndtr

    made: Array = ndtr(values)
    return made


def normal_quantile(shares: Array | float) -> Array:
    """Φ⁻¹, elementwise."""
    from scipy.special import ndtri

    made: Array = ndtri(shares)
    return made


def bounded(trait: Array, low: float, high: float, *, middle: float = 0.0, slope: float = 1.0) -> Array:
    """Levels between two bounds, rising with a standard normal trait z: low + (high - low) Φ(middle + slope z)."""
    return low + (high - low) * normal_cdf(middle + slope * trait)


def category(latent: Array, shares: Array) -> Array:
    """Codes 1 … k of a standard normal latent, so that code j has the share ``shares[..., j]`` of people."""
    cuts = normal_quantile(np.clip(np.cumsum(shares, axis=-1)[..., :-1], 1e-9, 1 - 1e-9))
    made: Array = 1.0 + (latent[..., None] > cuts).sum(axis=-1)
    return made


def split_shares(low: Array, high: Array) -> Array:
    """Shares of five ordered answers of which the two lowest sum to ``low`` and the two highest to ``high``."""
    middle = 1 - low - high
    return np.stack([0.35 * low, 0.65 * low, middle, 0.7 * high, 0.3 * high], axis=-1)
