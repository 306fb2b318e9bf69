"""How an index is made, as one object: which a draw of methods changes in one or several places."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal, get_args

from pipeline.errors import CohesionError

Composed = Literal["persons", "areas"]
Normalisation = Literal["own_range", "z_score", "percentile", "min_max"]
Weights = Literal["equal", "declared", "budget", "pca"]
Within = Literal["arithmetic", "geometric", "harmonic"]
Across = Literal["arithmetic", "geometric", "harmonic", "copeland"]
Treatment = Literal["none", "winsorise"]
INDEX = "index"

OPTIONS: Mapping[str, tuple[str, ...]] = {
    "composed": get_args(Composed),
    "normalisation": get_args(Normalisation),
    "weights": get_args(Weights),
    "within": get_args(Within),
    "across": get_args(Across),
    "treatment": get_args(Treatment),
}
"""The choices of a recipe that a draw of methods may vary, and what each may be."""


@dataclass(frozen=True)
class Recipe:
    """Indicators → domains → index.

    ``domains``: each domain's indicators, all oriented so that more is better, from 0 to 100 on their own range.
    ``composed``: "persons" makes domain scores and the index of people, and averages them by area; "areas" averages
    indicators by area, and treats, normalises and composes these means (as COINr does). ``normalisation``: "own_range"
    takes values as they come, "z_score" 50 + 10 z, "percentile" 100 times the share below, "min_max" 0 to 100 on the
    observed range. ``lowest`` above 0 lifts them to ``lowest`` … 100, for means that cannot take zeros (z-scores are
    cut there). ``weights``: "equal", "declared" (``declared``, by name of domain or indicator; 1 where it has none),
    "budget" (``budget``, of domains) or "pca" (absolute loadings on the first principal component). ``within`` combines
    indicators to domains, ``across`` domains to the index; "copeland" outranks areas by their domain means.
    ``coverage``: the share of a domain's indicators that must be there, ``domain_coverage`` of domains.
    ``treatment``: outlying areas winsorised (``composed="areas"``), ``winsorised`` of an indicator at most, while its
    skew and excess kurtosis exceed ``skew`` and ``kurtosis``. ``left_out``: an indicator or a domain.

    Raises CohesionError for what does not fit together.
    """

    domains: Mapping[str, Sequence[str]]
    composed: Composed = "persons"
    normalisation: Normalisation = "own_range"
    weights: Weights = "equal"
    declared: Mapping[str, float] = field(default_factory=dict)
    within: Within = "arithmetic"
    across: Across = "arithmetic"
    treatment: Treatment = "none"
    coverage: float = 0.5
    domain_coverage: float = 0.5
    budget: Mapping[str, float] = field(default_factory=dict)
    lowest: float = 0.0
    left_out: str | None = None
    winsorised: int = 5
    skew: float = 2.0
    kurtosis: float = 3.5

    def __post_init__(self) -> None:
        for name, known in OPTIONS.items():
            if getattr(self, name) not in known:
                raise CohesionError(f"`{getattr(self, name)}` is no {name}", where=name, todo=_there_are(known))
        _check_names(self.domains)
        self._check_numbers()
        if self.left_out is not None and self.left_out not in {*self.domains, *self.indicators}:
            raise CohesionError(f"`{self.left_out}` is neither a domain nor an indicator", where="left_out")
        if self.composed == "persons" and self.treatment != "none":
            todo = 'Leave treatment out, or compose the index from area means (composed="areas").'
            raise CohesionError("outliers are treated among areas, not among people", where="treatment", todo=todo)

    def _check_numbers(self) -> None:
        names = {*self.domains, *self.indicators}
        foreign = sorted((set(self.declared) - names) | (set(self.budget) - set(self.domains)))
        if foreign:
            raise CohesionError(
                f"weights for {', '.join(foreign)}, which the index does not have",
                where="weights",
                todo="Correct them.",
            )
        if any(not 0 <= weight < float("inf") for weight in [*self.declared.values(), *self.budget.values()]):
            raise CohesionError("a weight that is negative or infinite", where="weights", todo="Correct it.")
        for name in ("coverage", "domain_coverage"):
            if not 0 <= getattr(self, name) <= 1:
                raise CohesionError(f"`{getattr(self, name)}` is no share from 0 to 1", where=name)
        if self.winsorised < 1 or not self.skew > 0:
            raise CohesionError("at least one area is winsorised, beyond a skew above 0", where="winsorised")
        if not 0 <= self.lowest < 100:
            raise CohesionError(f"`{self.lowest}` is not from 0 to below 100", where="lowest")

    @cached_property
    def indicators(self) -> list[str]:
        """Every indicator, in the order of the domains."""
        return [name for members in self.domains.values() for name in members]

    @cached_property
    def kept(self) -> dict[str, list[str]]:
        """The domains with the indicators that are not left out."""
        kept = {
            domain: [name for name in members if name != self.left_out]
            for domain, members in self.domains.items()
            if domain != self.left_out
        }
        return {domain: members for domain, members in kept.items() if members}

    @property
    def is_linear(self) -> bool:
        """Whether no step takes a mean that zeros would make zero."""
        return not {self.within, self.across} & {"geometric", "harmonic"}

    def weight(self, name: str) -> float:
        """The weight of a domain or indicator where weights are not of the data."""
        if self.weights == "budget":
            return float(self.budget.get(name, 1.0))
        return float(self.declared.get(name, 1.0)) if self.weights == "declared" else 1.0


def _there_are(known: Sequence[str]) -> str:
    return f"There are: {', '.join(known)}."


def _check_names(domains: Mapping[str, Sequence[str]]) -> None:
    if not domains or any(isinstance(members, str) or not members for members in domains.values()):
        raise CohesionError("an index needs domains, each with a list of indicators", where="domains")
    names = [name for members in domains.values() for name in members]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise CohesionError(f"{', '.join(twice)} in two domains", where="domains", todo="Keep it in one.")
    if INDEX in {*domains, *names}:
        raise CohesionError("`index` is the name of the whole", where="domains", todo="Rename that measure.")
