"""How an index is made, as one object: which a draw of methods changes in one or several places."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, get_args

from pipeline.errors import CohesionError

Composed = Literal["person", "area"]
Normalisation = Literal["range", "z_score", "percentile", "min_max"]
Weights = Literal["equal", "declared", "pca"]
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

    ``domains``: each domain's indicators, all oriented so that more is better. ``composed``: "person" makes domain
    scores of people and then their area means; "area" makes area means of indicators first (as COINr does), and
    normalises over areas. ``normalisation``: "range" takes the values as they come (0 to 100 on the scale's own range),
    "z_score" 50 + 10 z, "percentile" 100 times the share below, "min_max" from ``lowest`` to 100 (over areas only).
    ``weights``: "equal", "declared" (``declared``, by name of domain or indicator; 1 where it has none) or "pca" (squared
    loadings on the first principal component). ``within`` combines indicators to domains, ``across`` domains to the
    index, always over areas' domain means. ``coverage``: the share of a domain's indicators that must be answered.
    ``treatment``: outlying areas winsorised until |skew| ≤ 2 or kurtosis ≤ 3.5 (``composed="area"``). ``removed``: an
    indicator or a domain that is left out.

    Raises CohesionError for what does not fit together.
    """

    domains: Mapping[str, Sequence[str]]
    composed: Composed = "person"
    normalisation: Normalisation = "range"
    weights: Weights = "equal"
    declared: Mapping[str, float] = field(default_factory=dict)
    within: Within = "arithmetic"
    across: Across = "arithmetic"
    treatment: Treatment = "none"
    coverage: float = 0.5
    lowest: float = 0.0
    removed: str | None = None

    def __post_init__(self) -> None:
        for name, known in OPTIONS.items():
            if getattr(self, name) not in known:
                raise CohesionError(f"`{getattr(self, name)}` is no {name}", where=name, todo=_there_are(known))
        _check_names(self.domains)
        names = {*self.domains, *self.indicators}
        foreign = sorted(set(self.declared) - names)
        if foreign:
            raise CohesionError(
                f"weights for {', '.join(foreign)}, which the index does not have", where="weights", todo="Correct them."
            )
        if any(not 0 <= weight < float("inf") for weight in self.declared.values()):
            raise CohesionError("a weight that is negative or infinite", where="weights", todo="Correct it.")
        if self.removed is not None and self.removed not in names:
            raise CohesionError(f"`{self.removed}` is neither a domain nor an indicator", where="removed")
        if not 0 <= self.coverage <= 1:
            raise CohesionError(f"`{self.coverage}` is no share from 0 to 1", where="coverage")
        self._check_combination()

    def _check_combination(self) -> None:
        nonlinear = {self.within, self.across} & {"geometric", "harmonic"}
        if self.composed == "person" and self.normalisation == "min_max":
            todo = 'Use "range", or compose the index from area means (composed="area").'
            raise CohesionError("min_max is over areas, not over people", where="normalisation", todo=todo)
        if self.composed == "person" and self.treatment != "none":
            todo = 'Leave treatment out, or compose the index from area means (composed="area").'
            raise CohesionError("outliers are treated among areas, not among people", where="treatment", todo=todo)
        if nonlinear and self.normalisation == "min_max" and self.lowest <= 0:
            raise CohesionError(
                f"min_max from 0 has zeros, which a {min(nonlinear)} mean cannot take",
                where="lowest",
                todo="Declare lowest: 1, or take the arithmetic mean.",
            )

    @property
    def indicators(self) -> list[str]:
        """Every indicator, in the order of the domains."""
        return [name for members in self.domains.values() for name in members]

    @property
    def kept(self) -> dict[str, list[str]]:
        """The domains with the indicators that are not left out."""
        kept = {
            domain: [name for name in members if name != self.removed]
            for domain, members in self.domains.items()
            if domain != self.removed
        }
        return {domain: members for domain, members in kept.items() if members}

    def weight(self, name: str) -> float:
        """The weight of a domain or indicator where weights are not of the data."""
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
