"""index.yaml: a cohesion index as one declared object, from the study's scores to areas."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from pipeline.specs.base import Assumable, Name, Text, WaveName, WaveNames
from pipeline.specs.disclosure import SMALLEST
from pipeline.specs.index_parts import (
    AMONG_AREAS,
    Aggregation,
    Benchmark,
    Comparison,
    Coverage,
    Imputing,
    Indicator,
    MonitorPlan,
    Normalisation,
    Outliers,
    RankFloor,
    SmallAreas,
    Uncertainty,
    Weighting,
)
from pipeline.specs.profile import Profiles

WHOLE = "index"
"""The measure that is the whole index."""
AREA_ROLE = "area"
"""In place of a score: the column with the role ``area``."""
ABOVE_ZERO = ("geometric", "harmonic")


def _by_name(indicators: Any) -> Any:
    """A list of scores, as their names alone are enough where nothing else is to be said."""
    if isinstance(indicators, list):
        twice = sorted({str(name) for name in indicators if indicators.count(name) > 1})
        if twice:
            raise ValueError(f"`{twice[0]}` is listed twice. Keep one")
        return {name: {} for name in indicators}
    return (
        {name: ({} if said is None else said) for name, said in indicators.items()} if _maps(indicators) else indicators
    )


def _maps(value: object) -> bool:
    return isinstance(value, dict)


class Domain(Assumable):
    """A domain of the index: its indicators are scores of the study, in a list or with what is said of each."""

    label: Text
    description: str = ""
    indicators: Annotated[dict[Name, Indicator], BeforeValidator(_by_name)] = Field(min_length=1)


class Index(Assumable):
    """index.yaml

    ``area`` is a score (such as ``place``), the role ``area``, or an entry of area_sets.yaml. ``composed: persons``
    scores each person and averages them by area; ``areas`` averages each indicator by area, and composes the areas'
    means as COINr does.
    ``smallest_shown``: areas with fewer people are withheld; ``ranked``: those below are shown and not ranked.
    ``labels``: area code → its name, where the answers' labels do not say it.
    """

    title: Text
    description: str = ""
    area: Name
    labels: dict[Text, Text] = {}
    arms: tuple[Name, ...] = ()
    waves: WaveNames = ()
    domains: dict[Name, Domain] = Field(min_length=1)
    composed: Literal["persons", "areas"] = "persons"
    imputation: Imputing = "none"
    outliers: Outliers = Outliers()
    normalisation: Normalisation = Normalisation()
    weights: Weighting = Weighting()
    aggregation: Aggregation = Aggregation()
    coverage: Coverage = Coverage()
    base_wave: WaveName | None = None
    comparison: Comparison | None = None
    benchmarks: tuple[Benchmark, ...] = ()
    confidence: float = Field(default=0.95, gt=0.5, lt=1)
    smallest_shown: int = Field(default=SMALLEST, ge=SMALLEST)
    ranked: RankFloor = RankFloor()
    smallest_difference: float = Field(default=2.0, gt=0)
    uncertainty: Uncertainty = Uncertainty()
    small_areas: SmallAreas = SmallAreas()
    monitor: MonitorPlan = MonitorPlan()
    profile: Profiles = Profiles()

    @model_validator(mode="after")
    def _each_indicator_in_one_domain(self) -> Self:
        seen: dict[str, str] = {}
        for key, domain in self.domains.items():
            for name in domain.indicators:
                if name in seen:
                    raise ValueError(f"the indicator `{name}` is in `{seen[name]}` and in `{key}`. Keep one")
                seen[name] = key
        taken = sorted({WHOLE} & {*self.domains, *seen} | set(self.domains) & set(seen))
        if taken:
            raise ValueError(f"`{taken[0]}` names two measures: give the domain a name of its own")
        return self

    @model_validator(mode="after")
    def _steps_go_together(self) -> Self:
        steps = {self.aggregation.domains, self.aggregation.index}
        if self.composed == "persons":
            _only_areas("imputation", self.imputation != "none")
            _only_areas("outliers", self.outliers.method != "none")
            _only_areas("aggregation: copeland", "copeland" in steps)
            _only_areas(f"normalisation: {self.normalisation.method}", self.normalisation.method in AMONG_AREAS)
        zeros = (
            self.normalisation.method not in ("own_range", "min_max", "goalposts") or self.normalisation.bounds[0] <= 0
        )
        if zeros and steps & set(ABOVE_ZERO):
            mean = sorted(steps & set(ABOVE_ZERO))[0]
            raise ValueError(
                f"a {mean} mean of scores that may be zero is zero or does not exist: normalise to `bounds: [1, 100]`"
            )
        return self

    @model_validator(mode="after")
    def _every_indicator_has_what_its_normalisation_needs(self) -> Self:
        needed = {"goalposts": "goalposts", "distance": "reference"}.get(self.normalisation.method)
        for name, one in self.indicators.items() if needed else ():
            if getattr(one, str(needed)) is None:
                raise ValueError(f"`normalisation: {self.normalisation.method}` needs the `{needed}` of `{name}`")
        return self

    @property
    def indicators(self) -> dict[str, Indicator]:
        """Every indicator, in the order of the domains."""
        return {name: one for domain in self.domains.values() for name, one in domain.indicators.items()}

    @property
    def structure(self) -> dict[str, tuple[str, ...]]:
        """Domain → its indicators."""
        return {key: tuple(domain.indicators) for key, domain in self.domains.items()}

    @property
    def measures(self) -> dict[str, str]:
        """Every measure → its level: the index, its domains, their indicators."""
        domains: Iterable[tuple[str, str]] = ((key, "domain") for key in self.domains)
        return {WHOLE: "index", **dict(domains), **dict.fromkeys(self.indicators, "indicator")}


def _only_areas(what: str, is_so: bool) -> None:
    if is_so:
        raise ValueError(f"`{what}` is a step over areas: say `composed: areas`, or leave it out")
