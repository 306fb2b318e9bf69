"""The choices of method that could have been made otherwise, and the recipes that a set of picks among them gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import numpy as np

from pipeline.errors import CohesionError
from pipeline.index.uncertainty.arrays import FloatArray, IntArray
from pipeline.index.uncertainty.recipe import OPTIONS, Recipe

LEFT_OUT, PERTURBATION, SAMPLING = "left_out", "perturbation", "sampling"
GROUPS = ("indicator", "domain")
RANDOM = "random"
"""An option of weights: those declared, each higher or lower by up to the perturbation."""
LIFTED = 1.0
"""What 0 is lifted to where a draw takes a geometric or harmonic mean."""
PERTURBED = 100
"""So many sets of perturbed weights are drawn, of which each draw of methods takes one."""
CHECKED = 20_000
"""So many combinations are tried before the draws; of more, those of two choices at a time."""


@dataclass(frozen=True)
class Factor:
    """One choice and what it may be, each as likely."""

    name: str
    options: tuple[Any, ...]


@dataclass(frozen=True)
class Run:
    """A recipe, and the multipliers of its domains' weights."""

    recipe: Recipe
    perturbed: tuple[float, ...] | None = None

    def multipliers(self) -> FloatArray | None:
        """Those of the domains that are kept."""
        if self.perturbed is None:
            return None
        kept = self.recipe.kept
        return np.array([by for name, by in zip(self.recipe.domains, self.perturbed, strict=True) if name in kept])


def factors(recipe: Recipe, choices: Mapping[str, Any], seed: int) -> list[Factor]:
    """The choices with their options, in a fixed order.

    Raises CohesionError for a choice or option that a recipe does not have, and for options that exclude each other.
    """
    known = [*OPTIONS, LEFT_OUT, PERTURBATION]
    foreign = sorted(set(choices) - set(known))
    if foreign:
        todo = f"There are: {', '.join(known)}."
        raise CohesionError(f"`{foreign[0]}` is no choice of method", where="choices", todo=todo)
    found = [Factor(name, _options(name, choices[name])) for name in OPTIONS if name in choices]
    if LEFT_OUT in choices:
        found.append(Factor(LEFT_OUT, _left_out(recipe, choices[LEFT_OUT])))
    if PERTURBATION in choices:
        found.append(Factor(PERTURBATION, _perturbed(recipe, choices[PERTURBATION], seed)))
    if any(RANDOM in factor.options for factor in found if factor.name == "weights") and PERTURBATION not in choices:
        raise CohesionError(
            "random weights need a perturbation", where="choices", todo="Say by how much they may differ."
        )
    if not found:
        raise CohesionError("no choices of method to vary", where="choices", todo=f"Vary one of: {', '.join(known)}.")
    _check_combinations(recipe, found)
    return found


def run_of(recipe: Recipe, found: Sequence[Factor], picks: IntArray) -> Run:
    """The recipe that these picks (the place of an option for each factor) give."""
    chosen = {factor.name: factor.options[pick] for factor, pick in zip(found, picks, strict=True)}
    perturbed = chosen.pop(PERTURBATION, None)
    chosen.pop(SAMPLING, None)
    if any(RANDOM in factor.options for factor in found if factor.name == "weights"):
        perturbed = perturbed if chosen["weights"] == RANDOM else None
        chosen["weights"] = _static(recipe) if chosen["weights"] == RANDOM else chosen["weights"]
    made = replace(recipe, **chosen)
    return Run(made if made.is_linear or made.lowest > 0 else replace(made, lowest=LIFTED), perturbed)


def _static(recipe: Recipe) -> str:
    return "equal" if recipe.weights == "pca" else recipe.weights


def picks_of(uniform: FloatArray, found: Sequence[Factor]) -> IntArray:
    """Uniform numbers (draws × factors) as places of options."""
    sizes = np.array([len(factor.options) for factor in found])
    return np.asarray(np.minimum((uniform * sizes).astype(np.int64), sizes - 1), dtype=np.int64)


def label(factor: Factor, option: Any) -> str:
    """An option in words."""
    if factor.name == PERTURBATION:
        return factor.name
    return f"{factor.name}: {'nothing' if option is None else option}"


def _options(name: str, given: Any) -> tuple[Any, ...]:
    options = (given,) if isinstance(given, str) else tuple(dict.fromkeys(given))
    known = (*OPTIONS[name], RANDOM) if name == "weights" else OPTIONS[name]
    wrong = [option for option in options if option not in known]
    if wrong or not options:
        todo = f"There are: {', '.join(known)}."
        raise CohesionError(f"`{wrong[0] if wrong else ''}` is no {name}", where="choices", todo=todo)
    return options


def _left_out(recipe: Recipe, given: Any) -> tuple[str | None, ...]:
    """Nothing, and what may be left out: names, or all indicators, or all domains."""
    options: list[str | None] = [None]
    for one in [given] if isinstance(given, str) else given:
        if one == "indicator":
            options += recipe.indicators
        elif one == "domain":
            options += list(recipe.domains)
        elif one is None or one in {*recipe.domains, *recipe.indicators}:
            options.append(one)
        else:
            todo = f"Name one, or say {' or '.join(GROUPS)}."
            raise CohesionError(f"`{one}` is neither a domain nor an indicator", where="choices.left_out", todo=todo)
    if len(recipe.domains) == 1 and set(recipe.domains) & set(options):
        raise CohesionError("the only domain cannot be left out", where="choices.left_out")
    return tuple(dict.fromkeys(options))


def _perturbed(recipe: Recipe, share: Any, seed: int) -> tuple[tuple[float, ...], ...]:
    if isinstance(share, bool) or not isinstance(share, (int, float)) or not 0 < share < 1:
        raise CohesionError(f"`{share!r}` is no share between 0 and 1", where="choices.perturbation")
    rng = np.random.default_rng([seed, 1])
    drawn = 1 + share * rng.uniform(-1, 1, size=(PERTURBED, len(recipe.domains)))
    return tuple(tuple(float(by) for by in row) for row in drawn)


def _check_combinations(recipe: Recipe, found: Sequence[Factor]) -> None:
    """Raises CohesionError for options that do not fit together, before anything is drawn."""
    named = [factor for factor in found if factor.name in OPTIONS]
    if int(np.prod([len(factor.options) for factor in named])) > CHECKED:
        return
    for options in product(*(factor.options for factor in named)):
        chosen = {factor.name: option for factor, option in zip(named, options, strict=True) if option != RANDOM}
        try:
            replace(recipe, **chosen)
        except CohesionError as error:
            words = ", ".join(f"{name}: {option}" for name, option in chosen.items())
            raise CohesionError(f"{words}: {error.what}", where="choices", todo=error.todo) from None
