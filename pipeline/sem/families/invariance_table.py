"""The parameter tables of the invariance ladder: one scale measured at several places (waves or groups)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.errors import ModelError
from pipeline.sem.engine.data import Data
from pipeline.sem.engine.table import Parameter, ParameterTable

SHARED = {
    "configural": (),
    "metric": ("loadings",),
    "scalar": ("loadings", "intercepts"),
    "strict": ("loadings", "intercepts", "residuals"),
}


@dataclass(frozen=True)
class Exemption:
    """A parameter that may differ at one place: part (loadings, intercepts), factor, item number, place from 1."""

    part: str
    factor: str
    item: int
    place: int


@dataclass(frozen=True)
class Scale:
    """Factors and their items: one list over groups, one list a wave over waves."""

    factors: Mapping[str, Sequence[Any]]
    over_waves: bool

    def __post_init__(self) -> None:
        for name, items in self.factors.items():
            if any(one is None for one in items):
                raise ModelError("a wave did not ask the scale", where=name, todo="Leave the wave out.")
            nested = [not isinstance(held, str) for held in items]
            if any(nested) != self.over_waves or all(nested) != self.over_waves:
                todo = "List one list of items a wave, or name a group." if self.over_waves else "List the items once."
                raise ModelError("the items do not fit the comparison", where=name, todo=todo)
            if self.over_waves and len({len(held) for held in items}) != 1:
                raise ModelError("the waves differ in their number of items", where=name, todo="Use the shared items.")
        if self.over_waves and len({len(items) for items in self.factors.values()}) != 1:
            raise ModelError("the factors differ in their number of waves")

    @property
    def waves(self) -> int:
        return len(next(iter(self.factors.values())))

    @property
    def items(self) -> list[str]:
        return list(dict.fromkeys(item for name in self.factors for held in self.places(name) for item in held))

    def places(self, factor: str) -> list[list[str]]:
        """Items by place; over groups the same list serves every place."""
        items = self.factors[factor]
        return [list(held) for held in items] if self.over_waves else [list(items)]

    def at(self, factor: str, place: int) -> list[str]:
        return self.places(factor)[place - 1 if self.over_waves else 0]

    def positions(self, factor: str) -> range:
        return range(len(self.places(factor)[0]))

    def factor_name(self, factor: str, place: int) -> str:
        return f"{factor}{place}" if self.over_waves else factor

    def group_label(self, place: int, data: Data) -> str | None:
        return None if self.over_waves else data.groups[place - 1].label

    def exemption(self, part: str, test: Mapping[str, Any], data: Data) -> Exemption:
        """The exemption that a row of ``release_tests`` stands for."""
        item = test["rhs"] if part == "loadings" else test["lhs"]
        labels = [group.label for group in data.groups]
        for factor in self.factors:
            for place in range(1, (self.waves if self.over_waves else len(labels)) + 1):
                here = self.over_waves or labels[place - 1] == test["group"]
                right = part != "loadings" or test["lhs"] == self.factor_name(factor, place)
                if here and right and item in self.at(factor, place):
                    return Exemption(part, factor, self.at(factor, place).index(item), place)
        raise ModelError("no such item in the scale", where=str(item))

    def name(self, exemption: Exemption, data: Data) -> str:
        """What was freed, for a reader: "intercept of t34" or "loading of a1 in group north"."""
        item = self.at(exemption.factor, exemption.place)[exemption.item]
        group = self.group_label(exemption.place, data)
        return f"{exemption.part[:-1]} of {item}" + (f" in group {group}" if group else "")


def invariance_table(
    scale: Scale, level: str, places: int, exempt: Sequence[Exemption] = ()
) -> ParameterTable:  # fmt: skip
    """The scale at every place, with the parts of the level equal but for the exemptions.

    First loading 1; intercepts free and factor means 0 up to metric; from scalar on, intercepts equal and the means of
    all places but the first free.
    """
    rows: list[Parameter] = []
    shared, let_go = SHARED[level], set(exempt)
    for place in range(1, places + 1):
        group = 0 if scale.over_waves else place
        for factor in scale.factors:
            latent = scale.factor_name(factor, place)
            for k, item in enumerate(scale.at(factor, place)):

                def label(part: str, factor: str = factor, k: int = k, place: int = place) -> str:
                    same = part in shared and Exemption(part, factor, k, place) not in let_go
                    return f"{part}_{factor}_{k + 1}" if same else ""

                loading = Parameter(latent, "=~", item, group, label=label("loadings"))
                rows.append(loading if k else Parameter(latent, "=~", item, group, free=False, value=1.0))
                rows.append(Parameter(item, "~1", "", group, label=label("intercepts")))
                rows.append(Parameter(item, "~~", item, group, label=label("residuals")))
            moves = place > 1 and "intercepts" in shared
            rows.append(Parameter(latent, "~1", "", group, free=moves, value=None if moves else 0.0))
    return ParameterTable((*rows, *covariance_rows(scale, places)))


def covariance_rows(scale: Scale, places: int) -> list[Parameter]:
    """Factor (co)variances, free everywhere; over waves also those of an item's unique parts."""
    rows: list[Parameter] = []
    if not scale.over_waves:
        names = list(scale.factors)
        for place in range(1, places + 1):
            rows += [Parameter(a, "~~", b, place) for k, a in enumerate(names) for b in names[k:]]
        return rows
    names = [scale.factor_name(factor, place) for factor in scale.factors for place in range(1, places + 1)]
    rows += [Parameter(a, "~~", b) for k, a in enumerate(names) for b in names[k:]]
    for factor in scale.factors:
        held = scale.places(factor)
        for k in scale.positions(factor):
            rows += [
                Parameter(held[one][k], "~~", held[two][k]) for one in range(places) for two in range(one + 1, places)
            ]
    return rows
