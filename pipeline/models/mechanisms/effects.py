"""Effects as functions of the coefficients: products along paths, their sums, shares and differences.

Every function takes coefficients (draws × K) and gives an effect for each draw, so that estimate, delta-method
error and simulated interval come from one definition.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from pipeline.models.inference import Term
from pipeline.models.mechanisms.equations import Key
from pipeline.models.mechanisms.structure import ARROW, Structure

Function = Callable[[np.ndarray], np.ndarray]
SUFFIX = {"pooled": "", "within": "_within", "between": "_between"}
MINUS = " − "


@dataclass(frozen=True)
class Effect:
    """A row of results: its term, the variable explained, and its value for each draw of the coefficients."""

    term: Term
    outcome: str
    value: Function
    place: int | None = None  # of the coefficient that it is, if it is one
    level: str = "both"
    explained: str = ""

    def at(self, estimates: np.ndarray) -> float:
        return float(self.value(estimates[None, :])[0])

    def gradient(self, estimates: np.ndarray) -> np.ndarray:
        """The derivative by each coefficient, by a complex step: products and ratios of them are exact to rounding."""
        step = 1e-30
        return np.asarray(self.value(estimates[None, :] + 1j * step * np.eye(len(estimates))).imag / step)


def effects_of(structure: Structure, levels: Sequence[str], places: Mapping[Key, int]) -> list[Effect]:
    """Every path coefficient and effect of each level, and within less between where both are there."""
    found: list[Effect] = []
    for level in levels:
        found += _coefficients(structure, level, places)
        for exposure in structure.exposures:
            found += _of_exposure(structure, level, exposure, places)
    if {"within", "between"} <= set(levels):
        found += [_within_minus_between(structure, exposure, places) for exposure in structure.exposures]
    return found


def _coefficients(structure: Structure, level: str, places: Mapping[Key, int]) -> list[Effect]:
    component = f"path{SUFFIX[level]}"
    return [
        _coefficient(Term(component, name), explained, places[level, explained, name], level)
        for explained, explaining in structure.equations.items()
        for name in explaining
    ]


def _coefficient(term: Term, explained: str, place: int, level: str) -> Effect:
    return Effect(term, explained, lambda draws: draws[:, place], place, level, explained)


def _of_exposure(structure: Structure, level: str, exposure: str, places: Mapping[Key, int]) -> list[Effect]:
    """Specific and total indirect, direct and total effects, the share mediated, differences of indirect effects."""
    suffix, outcome = SUFFIX[level], structure.outcome

    def row(component: str, value: Function, group: str | None = None) -> Effect:
        return Effect(Term(f"{component}{suffix}", exposure, group=group), outcome, value, None, level)

    specific = {ARROW.join(path): _product(structure, level, exposure, path, places) for path in structure.paths}
    direct = places[level, outcome, exposure]
    indirect = _sum(list(specific.values()))
    total = _sum([indirect, lambda draws: draws[:, direct]])
    found = [row("indirect_effect", value, name) for name, value in specific.items()]
    found += [
        row("total_indirect_effect", indirect),
        _coefficient(Term(f"direct_effect{suffix}", exposure), outcome, direct, level),
        row("total_effect", total),
        row("proportion_mediated", lambda draws: indirect(draws) / total(draws)),
    ]
    found += [
        row("indirect_difference", _difference(specific[one], specific[other]), f"{one}{MINUS}{other}")
        for one, other in combinations(specific, 2)
    ]
    return found


def _product(
    structure: Structure, level: str, exposure: str, path: Sequence[str], places: Mapping[Key, int]
) -> Function:
    steps = [places[level, later, earlier] for later, earlier in structure.edges(exposure, path)]
    return lambda draws: np.prod(draws[:, steps], axis=1)


def _sum(functions: Sequence[Function]) -> Function:
    return lambda draws: np.sum([function(draws) for function in functions], axis=0)


def _difference(one: Function, other: Function) -> Function:
    return lambda draws: one(draws) - other(draws)


def _within_minus_between(structure: Structure, exposure: str, places: Mapping[Key, int]) -> Effect:
    within, between = (
        _sum([_product(structure, level, exposure, path, places) for path in structure.paths])
        for level in ("within", "between")
    )
    return Effect(Term("indirect_within_minus_between", exposure), structure.outcome, _difference(within, between))
