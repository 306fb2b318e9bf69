"""One family of changes judged: the areas of one measure between the same two waves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from pipeline.index.monitor.limits import Earlier, Exchangeable, exchangeable

Rule = Literal["expected", "family_wise", "false_discovery"]
Sides = Literal["falls", "both"]
Common = Literal["removed", "kept"]
Usual = Literal["this_wave", "earlier_waves"]
Basis = Literal["this_wave", "earlier_waves", "sampling"]
"""What says how much areas usually differ: this wave, earlier ones with it, or nothing, so that sampling is all."""
FEWEST_AROUND = 3
"""Areas that have a common change to be judged around."""


@dataclass(frozen=True)
class Judging:
    """How a family is judged."""

    sides: Sides
    common: Common
    usual: Usual
    draws: int


@dataclass(frozen=True)
class Charge:
    """What false alarms are allowed: ``rate`` by ``rule``, among all that are judged of one wave."""

    rule: Rule
    rate: float
    sides: Sides

    def chance(self, p_values: Sequence[float]) -> float:
        """The p-value at or below which there is a signal, given those of everything that is judged of a wave."""
        judged = len(p_values)
        if self.rule == "expected":
            return min(self.rate / judged, 1.0)
        if self.rule == "family_wise":
            return float(-np.expm1(np.log1p(-self.rate) / judged))
        ordered = np.sort(p_values)
        passed = np.flatnonzero(ordered <= self.rate * np.arange(1, judged + 1) / judged)
        return self.rate * (int(passed[-1]) + 1 if passed.size else 1) / judged

    def tail(self, chance: float) -> float:
        """The chance on one side."""
        return chance if self.sides == "falls" else chance / 2


@dataclass(frozen=True)
class Family:
    """The changes of areas (arrays of one entry each) with what is expected of exchangeable ones."""

    expected: Exchangeable
    p_values: np.ndarray
    basis: Basis
    around_zero: bool

    @classmethod
    def of(cls, own: Earlier, earlier: Sequence[Earlier], how: Judging, *, fewest: int, seed: int) -> Family:
        """A family, judged around its common change, or around no change.

        ``fewest``: areas that say how much they usually differ; fewer are judged with the ``earlier`` waves, where
        these say as much as so many areas would, else against sampling alone. Of fewer than three areas it cannot be
        told which of them moved: they are judged around no change.
        """
        areas = len(own.changes)
        around_zero = how.common == "kept" or areas < FEWEST_AROUND
        free = areas - (1 if around_zero else 2) + sum(len(one.changes) - 1 for one in earlier)
        few = areas < fewest
        alone = few and (not earlier or free < fewest - 2)
        pooled = tuple(earlier) if (few or how.usual == "earlier_waves") and not alone else ()
        made = exchangeable(
            own.changes, own.variances, own.degrees, seed,
            draws=how.draws, around_zero=around_zero, earlier=pooled, by_sampling=alone,
        )  # fmt: skip
        below = made.p_values(made.statistics)
        if how.sides == "both":
            below = np.minimum(2 * made.p_values(-np.abs(made.statistics)), 1.0)
        basis: Basis = "sampling" if alone else "earlier_waves" if pooled else "this_wave"
        return cls(made, below, basis, around_zero)
