"""Randomisation inference: the effect that would be found had other areas been treated, in every way that could be.

Fisher's exact test for few treated clusters. Every assignment of the same starts to areas is as likely under the
sharp null; the p-value is the share of them with an effect at least as large. The two-way estimate is a ratio of a
linear and a quadratic form in the treatment of areas and waves, so that one assignment costs a few sums by area.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import factorial, prod

import numpy as np

from pipeline.errors import ModelError
from pipeline.models.groups import group_sums, order_of
from pipeline.models.interventions.adoption import Adoption

EXACT = 20_000
"""Up to so many assignments all are taken."""
FEWEST = 20
"""With fewer assignments than this no p-value can be below 0.05."""


@dataclass(frozen=True)
class Randomised:
    """The share of assignments with an effect as large; how many there are; whether these are all."""

    p_value: float
    assignments: int
    is_exact: bool

    @property
    def words(self) -> str:
        kind = f"all {self.assignments:,} ways" if self.is_exact else f"{self.assignments:,} random ways"
        return f"randomisation inference, {kind} to choose the treated areas"


def randomised(data: Adoption, draws: int = 9_999, seed: int = 1) -> Randomised:
    """The p-value of the two-way effect (no effect on anybody) over assignments of starts to the areas of ``by``.

    Raises ModelError if an area's units have several starts, or a unit lies in several areas.
    """
    area = data.by
    first = np.searchsorted(data.unit, data.unit)
    if not np.array_equal(area, area[first]):
        raise ModelError("a unit lies in several areas", where=data.by_name, todo="Leave `randomisation` out.")
    given = np.full(area.max() + 1, -1.0)
    given[area] = data.start
    if not np.array_equal(given[area], data.start):
        raise ModelError(
            f"the treatment was not given by `{data.by_name}`: its members have several starts",
            where="by",
            todo="Name the level at which it was given in `by`, or leave `randomisation` out.",
        )
    levels, code = np.unique(given, return_inverse=True)
    forms = _Forms(data, levels)
    observed = abs(forms.effects(code[None])[0])
    many = factorial(len(code)) // prod(factorial(int(count)) for count in np.bincount(code))
    if many <= EXACT:
        effects = forms.effects(np.array(list(_assignments(code))))
        p = float(np.mean(np.abs(effects) >= observed * (1 - 1e-9)))
        return Randomised(p, many, True)
    generator = np.random.default_rng(seed)
    order = order_of(group_sums(data.outcome[:, None] ** 2, area))
    drawn = np.empty((draws, len(code)), dtype=code.dtype)
    drawn[:, order] = generator.permuted(np.tile(code[order], (draws, 1)), axis=1)
    effects = forms.effects(drawn)
    as_large = int(np.sum(np.abs(effects) >= observed * (1 - 1e-9)))
    return Randomised((as_large + 1) / (draws + 1), draws, False)


def _assignments(code: np.ndarray) -> Iterator[tuple[int, ...]]:
    """Every distinct order of the codes, once, from the first in order to the last."""
    order = sorted(code.tolist())
    while True:
        yield tuple(order)
        pivot = len(order) - 2
        while pivot >= 0 and order[pivot] >= order[pivot + 1]:
            pivot -= 1
        if pivot < 0:
            return
        other = len(order) - 1
        while order[other] <= order[pivot]:
            other -= 1
        order[pivot], order[other] = order[other], order[pivot]
        order[pivot + 1 :] = order[:pivot:-1]


class _Forms:
    """What an assignment's effect is made of: for each area and each start, sums over its rows."""

    def __init__(self, data: Adoption, levels: np.ndarray) -> None:
        areas, waves = int(data.by.max()) + 1, len(data.times)
        weight = data.weight
        left = data.effects.of_each(data.covariates)
        outcome = data.effects.residuals(data.outcome)
        self.inverse = np.linalg.inv((left * weight[:, None]).T @ left) if left.shape[1] else np.empty((0, 0))
        if left.shape[1]:
            outcome = outcome - left @ (self.inverse @ (left.T @ (weight * outcome)))
        cell = data.by * waves + data.wave
        sums = np.bincount(cell, weight * outcome, areas * waves).reshape(areas, waves)
        mass = np.bincount(data.unit * waves + data.wave, weight, data.n_units * waves).reshape(data.n_units, waves)
        of_unit = data.by[np.searchsorted(data.unit, np.arange(data.n_units))]
        self.within = np.zeros((areas, waves, waves))
        each = mass / np.sqrt(mass.sum(axis=1))[:, None]
        for area in range(areas):
            own = of_unit == area
            self.within[area] = np.diag(mass[own].sum(axis=0)) - each[own].T @ each[own]
        total = self.within.sum(axis=0)
        self.waves_inverse = np.linalg.pinv(total, rcond=1e-10, hermitian=True)
        on = (data.times[None] >= levels[:, None] - data.anticipation).astype(float)  # starts × waves
        self.linear = sums @ on.T
        self.square = np.einsum("st,atu,su->as", on, self.within, on)
        self.cross = np.einsum("atu,su->ast", self.within, on)
        moments = np.empty((areas * waves, left.shape[1]))
        for place, column in enumerate(left.T):
            moments[:, place] = np.bincount(cell, weight * column, areas * waves)
        shaped = moments.reshape(areas, waves, left.shape[1])
        self.covariates = np.einsum("atk,st->ask", shaped, on)

    def effects(self, assignments: np.ndarray) -> np.ndarray:
        """The two-way effect (m) of each assignment (m × areas, codes of starts)."""
        place = np.arange(assignments.shape[1])
        linear, square = self.linear[place, assignments].sum(axis=1), self.square[place, assignments].sum(axis=1)
        cross = np.stack([self.cross[place, row].sum(axis=0) for row in assignments])
        square = square - np.einsum("mt,tu,mu->m", cross, self.waves_inverse, cross)
        if self.inverse.size:
            shared = np.stack([self.covariates[place, row].sum(axis=0) for row in assignments])
            square = square - np.einsum("mk,kl,ml->m", shared, self.inverse, shared)
        return np.asarray(np.divide(linear, square, out=np.zeros_like(linear), where=square > 1e-10 * square.max()))
