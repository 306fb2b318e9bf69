"""index.yaml: a cohesion index as one declared object, from the study's scores to areas."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, field_validator

from pipeline.specs.base import Assumable, Name, Text, WaveName, WaveNames
from pipeline.specs.disclosure import SMALLEST
from pipeline.specs.index_parts import (
    AMONG_AREAS,
    BOUNDED,
    Aggregation,
    Benchmark,
    Comparison,
    Coverage,
    Indicator,
    MonitorPlan,
    Normalisation,
    Outliers,
    RankFloor,
    SmallAreas,
    Uncertainty,
    Varied,
    Weighting,
)
from pipeline.specs.index_rounds import WITHIN_DAYS, Rounds
from pipeline.specs.profile import Profiles

WHOLE = "index"
"""The measure that is the whole index."""
AREA_ROLE = "area"
"""In place of a score: the column with the role ``area``."""
ABOVE_ZERO = ("geometric", "harmonic")
"""Means that have no meaning of scores that are not above zero."""
LINEAR = ("own_range", "min_max", "z_score")
"""Normalisations that are linear in persons' scores, so that others can be made of what they gave."""


def _by_name(indicators: Any) -> Any:
    """A list of scores, as their names alone are enough where nothing else is to be said."""
    if isinstance(indicators, list):
        if not all(isinstance(name, str) for name in indicators):
            raise ValueError("a list holds names of scores alone; write `trust: {direction: lower}` below each other")
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


def _distinct_measures(domains: dict[str, Domain]) -> dict[str, Domain]:
    """Refuse an indicator in two domains, and a domain that is called as another measure is."""
    seen: dict[str, str] = {}
    for key, domain in domains.items():
        for name in domain.indicators:
            if name in seen:
                raise ValueError(f"the indicator `{name}` is in `{seen[name]}` and in `{key}`. Keep one")
            seen[name] = key
    taken = sorted(({WHOLE} & {*domains, *seen}) | (set(domains) & set(seen)))
    if taken:
        raise ValueError(f"`{taken[0]}` names two measures: give the domain a name of its own")
    return domains


def _distinct_labels(labels: dict[str, str]) -> dict[str, str]:
    """Refuse two areas of one name: readers could not distinguish them."""
    seen: dict[str, str] = {}
    for code, label in labels.items():
        if seen.setdefault(label, code) != code:
            raise ValueError(f"`{seen[label]}` and `{code}` are both called `{label}`. Give each a name of its own")
    return labels


class Index(Assumable):
    """index.yaml

    ``area`` is a score (such as ``place``), the role ``area``, or an entry of area_sets.yaml. ``composed: persons``
    scores each person and averages them by area; ``areas`` averages each indicator by area, and composes the areas'
    means as COINr does.
    ``smallest_shown``: areas with fewer people are withheld; ``ranked``: those below are shown and not ranked.
    ``labels``: area code → its name, where the answers' labels do not say it. ``rounds``: arm → its wave → the round in
    which areas are ranked and compared, where arms have calendars of their own; ``within_days``: so far apart may the
    fieldwork of one round begin.
    """

    title: Text
    description: str = ""
    area: Name
    labels: Annotated[dict[Text, Annotated[Text, Field(min_length=1)]], AfterValidator(_distinct_labels)] = {}
    arms: tuple[Name, ...] = ()
    waves: WaveNames = ()
    rounds: Rounds = {}
    within_days: int = Field(default=WITHIN_DAYS, ge=0)
    domains: Annotated[dict[Name, Domain], AfterValidator(_distinct_measures)] = Field(min_length=1)
    composed: Literal["persons", "areas"] = "persons"
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

    @field_validator("outliers", "normalisation", "aggregation")
    @classmethod
    def _is_of_what_is_composed(cls, said: Any, info: ValidationInfo) -> Any:
        """Steps over areas are for an index that is composed over areas."""
        over_areas: dict[str, Callable[[], bool]] = {
            "outliers": lambda: said.method != "none",
            "normalisation": lambda: said.method in AMONG_AREAS,
            "aggregation": lambda: "copeland" in (said.domains, said.index),
        }
        if info.data.get("composed") == "areas":
            _can_be_replicated(str(info.field_name), said)
        if info.data.get("composed") == "persons" and over_areas[str(info.field_name)]():
            raise ValueError("this is a step over areas: say `composed: areas`, or leave it out")
        return said

    @field_validator("normalisation")
    @classmethod
    def _has_what_it_needs(cls, said: Normalisation, info: ValidationInfo) -> Normalisation:
        needed = {"goalposts": "goalposts", "distance": "reference"}.get(said.method)
        domains: dict[str, Domain] = info.data.get("domains", {})
        for domain in domains.values() if needed else ():
            for name, one in domain.indicators.items():
                if getattr(one, str(needed)) is None:
                    raise ValueError(f"`method: {said.method}` needs the `{needed}` of `{name}`")
        return said

    @field_validator("aggregation")
    @classmethod
    def _is_of_what_is_above_zero(cls, said: Aggregation, info: ValidationInfo) -> Aggregation:
        onto: Normalisation | None = info.data.get("normalisation")
        bounded = onto is None or (onto.method in BOUNDED and onto.bounds[0] > 0)
        for mean in (said.domains, said.index):
            if mean in ABOVE_ZERO and not bounded:
                todo = "say `normalisation: {bounds: [1, 100]}`"
                raise ValueError(f"a {mean} mean of scores that may be zero is zero, or does not exist: {todo}")
        return said

    @field_validator("benchmarks")
    @classmethod
    def _are_on_the_scale_once(cls, benchmarks: tuple[Benchmark, ...], info: ValidationInfo) -> tuple[Benchmark, ...]:
        onto: Normalisation | None = info.data.get("normalisation")
        seen: dict[tuple[str, str], Benchmark] = {}
        for one in benchmarks:
            if onto is not None and onto.method in BOUNDED and not onto.bounds[0] <= one.value <= onto.bounds[1]:
                scale = f"{onto.bounds[0]:g} to {onto.bounds[1]:g}"
                raise ValueError(f"`{one.label}` of `{one.measure}` is not on the scale of the index, {scale}")
            if seen.setdefault((one.measure, one.label), one) is not one:
                raise ValueError(f"`{one.label}` is given twice of `{one.measure}`. Keep one")
        return benchmarks

    @field_validator("uncertainty")
    @classmethod
    def _chooses_what_can_be(cls, said: Uncertainty, info: ValidationInfo) -> Uncertainty:
        """Each choice is one that this index could have made."""
        chosen, weights = said.choices, info.data.get("weights")
        lacking = [one for one in ("declared", "budget") if one in chosen.weights and weights and weights.method != one]
        if lacking:
            raise ValueError(f"`{lacking[0]}` can be chosen only where `weights` says `method: {lacking[0]}`")
        if "copeland" in chosen.aggregation and info.data.get("composed") == "persons":
            raise ValueError("copeland is a step over areas: say `composed: areas`, or leave it out of the choices")
        onto: Normalisation | None = info.data.get("normalisation")
        if onto is not None and info.data.get("composed") == "persons" and said.choices.normalisation:
            _can_be_made_of_persons(onto.method, said.choices.normalisation)
        domains: dict[str, Domain] = info.data.get("domains", {})
        several = {"none": 2, "domain": len(domains), "indicator": len(_indicators(domains))}
        if domains and several[said.choices.left_out] < 2:
            raise ValueError(f"the only {said.choices.left_out} cannot be left out: leave `left_out` out")
        return said

    @field_validator("monitor")
    @classmethod
    def _compares_what_areas_have(cls, said: MonitorPlan, info: ValidationInfo) -> MonitorPlan:
        sure: Uncertainty | None = info.data.get("uncertainty")
        of_areas = info.data.get("composed") == "areas"
        if said.window > 1 and (of_areas or (sure is not None and sure.weights is not None)):
            why = "an index composed over areas has none" if of_areas else "with the weights of each wave"
            raise ValueError(f"`window` above 1 compares persons' scores, {why}: leave it at 1")
        return said

    @property
    def indicators(self) -> dict[str, Indicator]:
        """Every indicator, in the order of the domains."""
        return _indicators(self.domains)

    @property
    def structure(self) -> dict[str, tuple[str, ...]]:
        """Domain → its indicators."""
        return {key: tuple(domain.indicators) for key, domain in self.domains.items()}

    @property
    def measures(self) -> dict[str, str]:
        """Every measure → its level: the index, its domains, their indicators."""
        domains: Iterable[tuple[str, str]] = ((key, "domain") for key in self.domains)
        return {WHOLE: "index", **dict(domains), **dict.fromkeys(self.indicators, "indicator")}


def _indicators(domains: dict[str, Domain]) -> dict[str, Indicator]:
    return {name: one for domain in domains.values() for name, one in domain.indicators.items()}


def _can_be_replicated(field: str, said: Any) -> None:
    """Refuse a step over areas that no replicate goes through: errors and ranks would be of another index."""
    if field == "normalisation" and said.method not in get_args(Varied):
        raise ValueError(f"`{said.method}` is not made in replicates: own_range, z_score, percentile, min_max")
    if field == "aggregation" and said.domains == "copeland":
        raise ValueError("copeland outranks areas by their domains: say it of `index`")


def _can_be_made_of_persons(method: str, choices: Iterable[str]) -> None:
    """Refuse choices that cannot be made of persons' scores as the index normalises them: no draw would take them."""
    if method not in LINEAR:
        raise ValueError(
            f"choices of `normalisation` are made of scores on their own range, which `{method}` does not keep: "
            "declare `own_range`, or leave these choices out"
        )
    if method != "own_range" and "own_range" in choices:
        raise ValueError(
            f"`own_range` cannot be made of scores that are `{method}`: declare `own_range`, and `{method}` as a choice"
        )
