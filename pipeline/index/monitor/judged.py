"""One family of changes judged: the areas of one measure between the same two waves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from pipeline.index.monitor.limits import Exchangeable, exchangeable

Rule = Literal["expected", "family_wise", "false_discovery"]
Sides = Literal["falls", "both"]
Common = Literal["removed", "kept"]


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
    sides: Sides

    @classmethod
    def of(
        cls,
        changes: np.ndarray,
        errors: np.ndarray,
        degrees: np.ndarray,
        *,
        sides: Sides,
        common: Common,
        draws: int,
        seed: int,
    ) -> Family:
        """A family, judged around its common change, or around no change."""
        made = exchangeable(changes, errors**2, degrees, seed, draws=draws, around_zero=common == "kept")
        below = made.tail(-made.statistics)
        if sides == "both":
            below = np.minimum(2 * made.tail(np.abs(made.statistics)), 1.0)
        return cls(made, below, sides)
