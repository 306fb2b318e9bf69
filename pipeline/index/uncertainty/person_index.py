"""Area means of people's index, for many recipes at once, in the sample and in every replicate.

Three ways, each exact. Where scores do not depend on the replicate (own range, weights that are given) a recipe is one
column of people's scores, and all of them go through one matrix product. Where an arithmetic index takes scores that
are normalised by the data, it is linear in the indicators, with a coefficient for each person and indicator: two
columns an indicator. Everything else (a geometric mean of z-scores; weights of principal components) is computed of
people again in every replicate, for all recipes that need it together.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeAlias

import numpy as np

from pipeline.index.uncertainty.aggregating import combine, combined_means
from pipeline.index.uncertainty.arrays import FloatArray
from pipeline.index.uncertainty.normalising import lifted
from pipeline.index.uncertainty.person_domains import SCALES, PersonDomains, places_of, ranked_people
from pipeline.index.uncertainty.recipe import Recipe

COLUMNS = 96
"""Columns in one matrix product, at the most; ``ROOM`` numbers over all rows."""
ROOM = 8_000_000


Needed: TypeAlias = Mapping[Hashable, Collection[int]]
"""Of each recipe the draws (0 the sample, 1 … the replicates) that are asked for."""


@dataclass(frozen=True)
class Asked:
    """A recipe with the weights of its domains ((1 + replicates, or 1) × domains)."""

    recipe: Recipe
    weights: FloatArray

    @cached_property
    def key(self) -> Hashable:
        """What tells it from others."""
        recipe = self.recipe
        kept = tuple((name, tuple(members)) for name, members in recipe.kept.items())
        inner = tuple(recipe.weight(name) for members in recipe.kept.values() for name in members)
        made = (recipe.normalisation, recipe.weights == "pca", recipe.within, recipe.across, recipe.lowest)
        return (kept, inner, made, recipe.coverage, recipe.domain_coverage, self.weights.tobytes())

    def spread(self, draw: int) -> FloatArray:
        """The weights of all domains in a draw: zero for one that is left out."""
        weights = iter(self.weights[draw if len(self.weights) > 1 else 0])
        kept = self.recipe.kept
        return np.array([next(weights) if name in kept else 0.0 for name in self.recipe.domains])


@dataclass
class PersonIndex:
    """People's answers, and the indices that were computed of them already."""

    people: PersonDomains
    _done: dict[Hashable, FloatArray] = field(default_factory=dict)

    def index(self, asked: Asked) -> FloatArray:
        """(1 + replicates) × groups."""
        if asked.key not in self._done:
            self.compute([asked])
        return self._done[asked.key]

    def compute(self, many: Sequence[Asked], needed: Needed | None = None) -> None:
        """All of these that were not computed yet; of those made of people again only the draws that are ``needed``."""
        new = {one.key: one for one in many if one.key not in self._done}
        alone = self.people.groups.draws == 1  # people are then gone through once in any case
        fixed = [one for one in new.values() if _is_fixed(one) and not alone]
        linear = [one for one in new.values() if not _is_fixed(one) and self._is_linear(one) and not alone]
        quick = {one.key for one in (*fixed, *linear)}
        others = [one for key, one in new.items() if key not in quick]
        width = max(1, min(COLUMNS, ROOM // max(len(self.people.values), 1)))
        for first in range(0, len(fixed), width):
            part = fixed[first : first + width]
            means = self.people.groups.means(np.column_stack([self._fixed(one) for one in part]))
            self._done |= {one.key: means[:, :, at] for at, one in enumerate(part)}
        step = max(1, width // (2 * len(self.people.names) + 1))
        for first in range(0, len(linear), step):
            self._linear(linear[first : first + step])
        if others:
            self._again(others, needed)

    def _is_linear(self, one: Asked) -> bool:
        recipe = one.recipe
        lifting = recipe.lowest > 0 and recipe.normalisation == "z_score"
        arithmetic = recipe.within == recipe.across == "arithmetic"
        return arithmetic and not lifting and recipe.normalisation in SCALES and len(one.weights) == 1

    def _fixed(self, one: Asked) -> FloatArray:
        recipe = one.recipe
        places = [at for at, name in enumerate(recipe.domains) if name in recipe.kept]
        domains = self._domains(recipe, self.people.values, 0)[:, places]
        return combine(domains, one.weights[0], recipe.across, recipe.domain_coverage)

    def _domains(
        self, recipe: Recipe, values: FloatArray, draw: int, shared: dict[Hashable, FloatArray] | None = None
    ) -> FloatArray:
        """Rows × all domains: people's scores from normalised values. ``shared`` keeps what recipes have in common."""
        done = {} if shared is None else shared
        found = []
        for members in _members(recipe):
            weights = self.people.indicator_weights(recipe, members)
            held = weights[draw if len(weights) > 1 else 0]
            made = (recipe.normalisation, recipe.within, recipe.coverage, recipe.lowest)
            key = (tuple(members), held.tobytes(), *made)
            if key not in done:
                part = lifted(values[:, self.people.places(members)], recipe.normalisation, recipe.lowest)
                done[key] = combine(part, held, recipe.within, recipe.coverage)
            found.append(done[key])
        return np.column_stack(found)

    def _linear(self, many: Sequence[Asked]) -> None:
        values = self.people.values
        filled = np.nan_to_num(values)
        columns = []
        for one in many:
            share = self._coefficients(one, np.isfinite(values))
            columns += [share * filled, share, share.any(axis=1, keepdims=True)]
        sums = self.people.groups.sums(np.column_stack(columns).astype(np.float64))
        size = values.shape[1]
        for at, one in enumerate(many):
            part = sums[:, :, at * (2 * size + 1) : (at + 1) * (2 * size + 1)]
            recipe = one.recipe
            places = self.people.places([name for members in recipe.kept.values() for name in members])
            origin, unit = self.people.ends(recipe.normalisation, [self.people.names[place] for place in places])
            zero, scale = SCALES[recipe.normalisation]
            held, number = part[:, :, places], part[:, :, [size + place for place in places]]
            made = zero * number + scale * (held - number * origin[:, None, :]) / unit[:, None, :]
            with np.errstate(invalid="ignore", divide="ignore"):
                mean = made.sum(axis=2) / part[:, :, -1]
            self._done[one.key] = _lift(mean, recipe.lowest)

    def _coefficients(self, one: Asked, there: np.ndarray) -> FloatArray:
        """Rows × indicators: how much of each answer is in a person's index; zeros where there is none."""
        recipe, kept = one.recipe, one.recipe.kept
        found = np.zeros(there.shape)
        covered = np.zeros((len(there), len(kept)))
        for at, members in enumerate(kept.values()):
            places = self.people.places(members)
            held = there[:, places] * np.array([recipe.weight(name) for name in members])
            total = held.sum(axis=1)
            enough = (there[:, places].mean(axis=1) >= recipe.coverage - 1e-12) & (total > 0)
            covered[:, at] = enough
            found[:, places] = np.where(enough[:, None], held / np.where(total > 0, total, 1.0)[:, None], 0.0)
            found[:, places] *= one.weights[0, at]
        total = covered @ one.weights[0]
        enough = (covered.mean(axis=1) >= recipe.domain_coverage - 1e-12) & (total > 0)
        return np.where(enough[:, None], found / np.where(total > 0, total, 1.0)[:, None], 0.0)

    def _again(self, many: Sequence[Asked], needed: Needed | None) -> None:
        """From people, replicate by replicate; recipes of the same domains and mean differ in their weights alone."""
        groups = self.people.groups
        code = np.repeat(np.arange(groups.count), np.diff(groups.bounds))
        found = {one.key: np.full((groups.draws, groups.count), np.nan) for one in many}
        families: dict[Hashable, list[Asked]] = {}
        for one in many:
            families.setdefault(_family(one.recipe), []).append(one)
        for draw, weights, values in self._each_normalised({one.recipe.normalisation for one in many}):
            shared: dict[Hashable, FloatArray] = {}
            for family in families.values():
                mine = [one for one in family if needed is None or draw in needed[one.key]]
                if not mine:
                    continue
                recipe = mine[0].recipe
                domains = self._domains(recipe, values[recipe.normalisation], draw, shared)
                held = np.column_stack([one.spread(draw) for one in mine])
                kept = np.column_stack([[name in one.recipe.kept for name in recipe.domains] for one in mine])
                means = combined_means(
                    domains, held, kept, recipe.across, recipe.domain_coverage, weights, code, groups.count
                )
                for at, one in enumerate(mine):
                    found[one.key][draw] = means[:, at]
        self._done |= found

    def _each_normalised(self, kinds: set[str]) -> Iterator[tuple[int, FloatArray, dict[str, FloatArray]]]:
        """The sample and each replicate: its weights, and the answers under each normalisation."""
        people, names = self.people, self.people.names
        affine = {kind: people.ends(kind, names) for kind in sorted(kinds & set(SCALES))}
        places = [places_of(column) for column in people.values.T] if "percentile" in kinds else []
        for draw, weights in enumerate(people.groups.each()):
            values = {"own_range": people.values}
            for kind, (origin, unit) in affine.items():
                zero, scale = SCALES[kind]
                values[kind] = zero + scale * (people.values - origin[draw]) / unit[draw]
            if places:
                values["percentile"] = ranked_people(people.values, places, weights)
            yield draw, weights, values


def _is_fixed(one: Asked) -> bool:
    return one.recipe.normalisation == "own_range" and one.recipe.weights != "pca" and len(one.weights) == 1


def _lift(mean: FloatArray, lowest: float) -> FloatArray:
    return mean if lowest <= 0 else lowest + (100 - lowest) / 100 * mean


def _members(recipe: Recipe) -> list[Sequence[str]]:
    """The indicators of every domain, also of one that is left out, which then has no weight."""
    return [recipe.kept.get(name, members) for name, members in recipe.domains.items()]


def _family(recipe: Recipe) -> Hashable:
    members = tuple(tuple(one) for one in _members(recipe))
    inner = tuple(recipe.weight(name) for one in members for name in one)
    made = (recipe.normalisation, recipe.weights == "pca", recipe.within, recipe.across, recipe.lowest)
    return (members, inner, made, recipe.coverage, recipe.domain_coverage)
