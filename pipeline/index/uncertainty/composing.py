"""From answers to domains and the index of every area, in the sample and in every replicate, as a recipe says."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from pipeline.index.uncertainty.aggregating import combine, copeland
from pipeline.index.uncertainty.arrays import FloatArray, IntArray
from pipeline.index.uncertainty.normalising import correlations, over_areas, pca_weights, winsorised
from pipeline.index.uncertainty.person_domains import PersonDomains
from pipeline.index.uncertainty.person_index import Asked, PersonIndex
from pipeline.index.uncertainty.recipe import Recipe


@dataclass
class Composer:
    """``wave_of_group``: the wave (0, 1 …) of each group; outranking compares areas of one wave."""

    people: PersonDomains
    wave_of_group: IntArray
    people_index: PersonIndex = field(init=False)
    _means: list[FloatArray] = field(default_factory=list)
    _done: dict[Any, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.people_index = PersonIndex(self.people)

    def indicators(self) -> FloatArray:
        """(1 + replicates) × groups × indicators: area means of what people answered."""
        if not self._means:
            self._means.append(self.people.groups.means(self.people.values))
        return self._means[0]

    def domains(self, recipe: Recipe) -> FloatArray:
        """(1 + replicates) × groups × domains that are kept."""
        if recipe.composed == "persons":
            return np.stack(
                [self.people.domain(recipe, recipe.domains[name], kept) for name, kept in recipe.kept.items()], axis=2
            )
        return self._area_domains(recipe)

    def prepare(
        self, many: Sequence[tuple[Recipe, FloatArray | None]], draws: Sequence[Collection[int]] | None = None
    ) -> None:
        """Compute together what several recipes (with multipliers of domains' weights) need of people.

        ``draws``: of each recipe those that will be asked for; all by default.
        """
        of_people = [at for at, (recipe, _) in enumerate(many) if is_of_people(recipe)]
        asked = [self._asked(*many[at]) for at in of_people]
        needed: dict[Hashable, set[int]] = {}
        for one, at in zip(asked, of_people, strict=True):
            needed.setdefault(one.key, set()).update(draws[at] if draws is not None else ())
        self.people_index.compute(asked, needed if draws is not None else None)

    def index(self, recipe: Recipe, perturbed: FloatArray | None = None, draws: Any = None) -> FloatArray:
        """(1 + replicates) × groups: the index. ``perturbed`` multiplies the domains' weights.

        ``draws`` chooses some of the sample (0) and the replicates (1 …), all by default.
        """
        if is_of_people(recipe):
            found = self.people_index.index(self._asked(recipe, perturbed))
            return found if draws is None else found[draws]
        domains, weights = self.domains(recipe), self.weights(recipe)
        if draws is not None:
            domains = domains[draws]
            weights = weights[draws] if len(weights) > 1 else weights
        if perturbed is not None:
            weights = weights * perturbed
        if recipe.across != "copeland":
            return combine(domains, weights[:, None, :], recipe.across, recipe.domain_coverage)
        found = np.empty(domains.shape[:2])
        for wave in np.unique(self.wave_of_group):
            here = self.wave_of_group == wave
            found[:, here] = copeland(domains[:, here], weights[:, None, :])
        return found

    def _asked(self, recipe: Recipe, perturbed: FloatArray | None) -> Asked:
        weights = self.weights(recipe)
        return Asked(recipe, weights if perturbed is None else weights * perturbed)

    def weights(self, recipe: Recipe) -> FloatArray:
        """(1 + replicates, or 1) × domains: the weights of the domains that are kept."""
        if recipe.composed == "persons" or recipe.weights != "pca":
            return self.people.domain_weights(recipe)
        key = ("weights", _key(recipe))
        if key not in self._done:
            self._done[key] = pca_weights(correlations(self._area_domains(recipe)))
        return np.asarray(self._done[key])

    def _area_domains(self, recipe: Recipe) -> FloatArray:
        key = ("domains", _key(recipe))
        if key not in self._done:
            values = self._normalised(recipe)
            found = []
            for members in recipe.kept.values():
                part = values[:, :, [self.people.names.index(name) for name in members]]
                weights = np.array([[recipe.weight(name) for name in members]])
                if recipe.weights == "pca" and len(members) > 1:
                    weights = pca_weights(correlations(part))
                found.append(combine(part, weights[:, None, :], recipe.within, recipe.coverage))
            self._done[key] = np.stack(found, axis=2)
        return np.asarray(self._done[key])

    def _normalised(self, recipe: Recipe) -> FloatArray:
        limits = (recipe.winsorised, recipe.skew, recipe.kurtosis)
        key = ("normalised", recipe.treatment, *limits, recipe.normalisation, recipe.lowest)
        if key not in self._done:
            values = self.indicators()
            values = winsorised(values, *limits) if recipe.treatment == "winsorise" else values
            self._done[key] = over_areas(values, recipe.normalisation, recipe.lowest)
        return np.asarray(self._done[key])


def is_of_people(recipe: Recipe) -> bool:
    """Whether people have an index, which areas average."""
    return recipe.composed == "persons" and recipe.across != "copeland"


def _key(recipe: Recipe) -> tuple[Any, ...]:
    kept = tuple((name, tuple(members)) for name, members in recipe.kept.items())
    declared = (
        tuple(sorted(getattr(recipe, recipe.weights).items())) if recipe.weights in ("declared", "budget") else ()
    )
    made = (recipe.normalisation, recipe.weights, recipe.within, recipe.treatment, recipe.coverage, recipe.lowest)
    return (kept, declared, *made, recipe.winsorised, recipe.skew, recipe.kurtosis)
