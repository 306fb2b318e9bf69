"""Control limits of each area, of which the chance of a false alarm is the one declared.

What an area is judged by comes from the other areas: it is within its limits where
(y_a − μ) / (s √(τ² + v_a + var(μ))) is within ±c_a, with μ, τ² and the scale s² of Hartung and Knapp fitted without
it. Where areas are equally large this is a studentised residual, which has Student's t distribution whatever τ² is; so
that c_a is hardly another one for another τ², and the rate of false alarms does not rest on how well few areas say how
much they differ. Where they are not, and since v_a is known from few people, c_a is found by simulation under the
hypothesis that areas are exchangeable: changes are drawn with the τ² of all areas, sampling variances with their
degrees of freedom, each is fitted without each area as on the data, and the chance of an alarm is averaged over the
draws (given the others it is a normal probability).

With few areas s may be small by chance. So there is no signal where the area's own sampling error would explain it:
``OWN`` is the one-sided p-value above which it would.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from pipeline.index.monitor.between import Between, Wave, fitted, left_out, sampling_alone

DRAWS = 400
STEPS = 14
WIDEST = 60.0
OWN = 0.05
ROUGH = 4
"""Steps of a fit to drawn changes: what τ² lacks is in the scale."""


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
class Earlier:
    """An earlier wave of the same measure: changes of its areas, sampling variances, and their degrees of freedom."""

    changes: np.ndarray
    variances: np.ndarray
    degrees: np.ndarray


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
        return _width(self.others, self.variances)

    @property
    def statistics(self) -> np.ndarray:
        """(y_a − μ) / width: negative where the area fell more than the others."""
        return np.asarray((self.changes - self.others.common) / self.width)

    def tail(self, critical: np.ndarray) -> np.ndarray:
        """Each area's chance, where areas are exchangeable, to lie more than ``critical`` widths below the others."""
        from scipy.special import ndtr

        return np.asarray(ndtr(self.shifts - critical * self.widths).mean(axis=0))

    def p_values(self, statistics: np.ndarray) -> np.ndarray:
        """One-sided, of statistics below zero where an area fell; above ``OWN`` where its own sampling explains it."""
        from scipy.special import ndtr

        own = ndtr(statistics * self.width / np.sqrt(self.variances))
        return np.asarray(np.where(own > OWN, np.maximum(own, self.tail(-statistics)), self.tail(-statistics)))

    def limits(self, chance: float) -> Limits:
        """The limits below which each area lies with this chance: Newton's steps on the logarithm of the tail."""
        from scipy.special import ndtri

        low, high = np.zeros(len(self.changes)), np.full(len(self.changes), WIDEST)
        critical = np.full(len(self.changes), 3.0)
        for _ in range(STEPS):
            tail = self.tail(critical)
            low, high = np.where(tail > chance, critical, low), np.where(tail > chance, high, critical)
            step = critical + tail * np.log(np.maximum(tail, 1e-300) / chance) / self._density(critical)
            critical = np.where((step >= low) & (step <= high), step, (low + high) / 2)
        own = -ndtri(max(OWN, chance)) * np.sqrt(self.variances) / self.width
        return Limits(self.others.common, self.width, np.maximum(critical, own))

    def power(self, limits: Limits, fall: float) -> np.ndarray:
        """The chance that an area which falls by ``fall`` more than it would is below its limit."""
        from scipy.special import ndtr

        usual = np.sqrt(self.others.tau2 + self.variances + self.others.common_variance)
        return np.asarray(ndtr((limits.low - limits.centre + fall) / usual))

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
    earlier: Sequence[Earlier] = (),
    by_sampling: bool = False,
) -> Exchangeable:
    """What to expect of areas with these sampling variances, known with these degrees of freedom.

    ``earlier``: waves of the same measure, whose areas differ as much. ``by_sampling``: areas differ by sampling alone.
    """
    random = np.random.default_rng(seed)
    if by_sampling:
        others = _first(sampling_alone(changes[None], variances[None], around_zero=around_zero))
        normal, known = _drawn(random, draws, variances, degrees, 0.0)
        drawn = sampling_alone(normal, known, around_zero=around_zero)
        true = np.sqrt(variances)
    else:
        waves = [Wave(one.changes[None], one.variances[None]) for one in earlier]
        tau2 = float(fitted(changes[None], variances[None], around_zero=around_zero, earlier=waves).tau2[0])
        others = _first(left_out(changes[None], variances[None], around_zero=around_zero, earlier=waves))
        normal, known = _drawn(random, draws, variances, degrees, tau2)
        before = [Wave(*_drawn(random, draws, one.variances, one.degrees, tau2)) for one in earlier]
        drawn = left_out(normal, known, around_zero=around_zero, earlier=before, rounds=ROUGH)
        true = np.sqrt(tau2 + variances)
    return Exchangeable(changes, variances, others, drawn.common / true, _width(drawn, known) / true)


def _drawn(
    random: np.random.Generator, draws: int, variances: np.ndarray, degrees: np.ndarray, tau2: float
) -> tuple[np.ndarray, np.ndarray]:
    """Changes of areas that are exchangeable, and their sampling variances as they would be estimated."""
    shape = (draws, len(variances))
    changes = random.standard_normal(shape) * np.sqrt(tau2 + variances)
    return changes, random.chisquare(degrees, shape) / degrees * variances


def _width(of: Between, variances: np.ndarray) -> np.ndarray:
    return np.asarray(np.sqrt(of.scale * (of.tau2 + variances + of.common_variance)))


def _first(made: Between) -> Between:
    """The fits of the one set."""
    return Between(*(getattr(made, one.name)[0] for one in fields(made)))
