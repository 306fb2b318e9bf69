"""Control limits of each area, of which the chance of a false alarm is the one declared.

What an area is judged by comes from the other areas: it is within its limits where (y_a − μ) / √(τ² + v_a + var(μ)),
μ and τ² fitted without it, is within ±c_a. With few areas τ² is hardly known, and with few people v_a is not: both make
false alarms more common than a normal table says. c_a is therefore found by simulation under the hypothesis that areas
are exchangeable: changes are drawn with the τ² of all areas, sampling variances with their degrees of freedom, each is
fitted without each area as on the data, and the chance of an alarm is averaged over the draws (given the others it is a
normal probability).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.index.monitor.between import Between, fitted, left_out

DRAWS = 400
STEPS = 14
WIDEST = 60.0


@dataclass(frozen=True)
class Limits:
    """One entry per area: centre, the width of one standard deviation, and c."""

    centre: np.ndarray
    width: np.ndarray
    critical: np.ndarray

    @property
    def low(self) -> np.ndarray:
        return np.asarray(self.centre - self.critical * self.width)

    @property
    def high(self) -> np.ndarray:
        return np.asarray(self.centre + self.critical * self.width)


@dataclass(frozen=True)
class Exchangeable:
    """Changes of areas with the fits without each, and what to expect of areas that are exchangeable.

    ``shifts`` and ``widths`` (draws × areas): where the centre of an area's limits lies, and how wide one width of them
    is, in standard deviations of its change.
    """

    changes: np.ndarray
    variances: np.ndarray
    others: Between
    shifts: np.ndarray
    widths: np.ndarray

    @property
    def width(self) -> np.ndarray:
        return np.asarray(np.sqrt(self.others.tau2 + self.variances + self.others.common_variance))

    @property
    def statistics(self) -> np.ndarray:
        """(y_a − μ) / width: negative where the area fell more than the others."""
        return np.asarray((self.changes - self.others.common) / self.width)

    def tail(self, critical: np.ndarray) -> np.ndarray:
        """Each area's chance, where areas are exchangeable, to lie more than ``critical`` widths below the others."""
        from scipy.special import ndtr

        return np.asarray(ndtr(self.shifts - critical * self.widths).mean(axis=0))

    def limits(self, chance: float) -> Limits:
        """The limits below which each area lies with this chance: Newton's steps on the logarithm of the tail."""
        low, high = np.zeros(len(self.changes)), np.full(len(self.changes), WIDEST)
        critical = np.full(len(self.changes), 3.0)
        for _ in range(STEPS):
            tail = self.tail(critical)
            low, high = np.where(tail > chance, critical, low), np.where(tail > chance, high, critical)
            step = critical + tail * np.log(np.maximum(tail, 1e-300) / chance) / self._density(critical)
            critical = np.where((step >= low) & (step <= high), step, (low + high) / 2)
        return Limits(self.others.common, self.width, critical)

    def power(self, limits: Limits, fall: float) -> np.ndarray:
        """The chance that an area which falls by ``fall`` more than it would is below its limit."""
        from scipy.special import ndtr

        return np.asarray(ndtr((limits.low - limits.centre + fall) / self.width))

    def _density(self, critical: np.ndarray) -> np.ndarray:
        """How fast the tail falls in ``critical``."""
        heights = self.widths * np.exp(-((self.shifts - critical * self.widths) ** 2) / 2)
        return np.asarray(np.maximum(heights.mean(axis=0) / np.sqrt(2 * np.pi), 1e-300))


def exchangeable(
    changes: np.ndarray,
    variances: np.ndarray,
    degrees: np.ndarray,
    seed: int,
    *,
    draws: int = DRAWS,
    around_zero: bool = False,
) -> Exchangeable:
    """What to expect of areas with these sampling variances, known with these degrees of freedom."""
    every = fitted(changes[None], variances[None], around_zero=around_zero)
    others = left_out(changes[None], variances[None], around_zero=around_zero)
    others = Between(*(part[0] for part in (others.common, others.common_variance, others.tau2, others.tau2_error)))
    random = np.random.default_rng(seed)
    normal = random.standard_normal((draws, len(changes)))
    known = random.chisquare(degrees, (draws, len(changes))) / degrees * variances
    true = np.sqrt(every.tau2[0] + variances)
    drawn = left_out(normal * true, known, around_zero=around_zero)
    widths = np.sqrt(drawn.tau2 + known + drawn.common_variance) / true
    return Exchangeable(changes, variances, others, drawn.common / true, widths)
