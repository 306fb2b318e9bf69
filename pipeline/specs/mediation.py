"""The declaration of a mediation model: by what an exposure is associated with an outcome."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from pipeline.specs.base import Declaration, Name
from pipeline.specs.report import Model

Level = Literal["pooled", "within", "between"]
Interval = Literal["monte_carlo", "bootstrap_percentile", "bootstrap_bca"]
Order = Literal["parallel", "serial"] | tuple[tuple[Name, ...], ...]

LEVELS = ("pooled", "within", "between")


class Timing(Declaration):
    """How many waves after the exposure mediators and outcome are measured; 0 is the same wave."""

    mediators: int = Field(default=0, ge=0, le=20)
    outcome: int = Field(default=0, ge=0, le=20)

    @model_validator(mode="after")
    def _runs_forwards(self) -> Timing:
        if self.outcome < self.mediators:
            raise ValueError(
                f"the outcome ({self.outcome} waves later) is not measured before the mediators ({self.mediators})"
            )
        return self


class MediationModel(Model):
    """reports/models/<key>.yaml of the family ``mediation``.

    ``order``: ``parallel``, ``serial`` (each mediator leads to those named after it), or stages:
    ``[[anger, anxiety], [hope]]``. ``levels``: change within people, differences between them, or both, or all rows
    ``pooled``. ``definition: natural``: direct and indirect effects as differences of potential outcomes, for a
    mediator or outcome coded 0 and 1, at two ``values`` of the exposure. ``draws`` with ``seed`` make the intervals.
    """

    mediators: tuple[Name, ...] = ()
    order: Order = "parallel"
    levels: tuple[Level, ...] = ("pooled",)
    later: Timing = Timing()
    interval: Interval = "monte_carlo"
    draws: int = Field(default=5000, ge=1000, le=100_000)
    seed: int = Field(default=1, ge=0)
    definition: Literal["product", "natural"] = "product"
    values: tuple[float, float] = (0.0, 1.0)
    interaction: bool = False

    @model_validator(mode="after")
    def _names_each_variable_once(self) -> MediationModel:
        named = {"outcome": (self.outcome,), "exposure": self.exposures, "covariate": self.covariates}
        for mediator in self.mediators:
            for role, names in named.items():
                if mediator in names:
                    raise ValueError(f"`{mediator}` is a mediator: it cannot be {_a(role)} too")
        if len(set(self.mediators)) < len(self.mediators):
            raise ValueError("`mediators` names one twice")
        coded = sorted(set(self.categorical) & {*self.exposures, *self.mediators})
        if coded:
            raise ValueError(f"`{coded[0]}` is an exposure or mediator: it is a number, and not `categorical`")
        return self

    @model_validator(mode="after")
    def _has_an_order(self) -> MediationModel:
        if self.order == "serial" and len(self.mediators) < 2:
            raise ValueError("`order: serial` needs two or more `mediators`")
        if not isinstance(self.order, str):
            staged = [name for stage in self.order for name in stage]
            if sorted(staged) != sorted(self.mediators) or not all(self.order):
                raise ValueError("the stages of `order` name each of the `mediators` once")
        return self

    @model_validator(mode="after")
    def _has_levels_with_change(self) -> MediationModel:
        if not self.levels or len(set(self.levels)) < len(self.levels):
            raise ValueError("`levels` names one or more of pooled, within, between, each once")
        if len(self.waves) == 1 and self.levels != ("pooled",):
            raise ValueError(
                f"one wave ({self.waves[0]}) shows no change within people. Name more, or `levels: [pooled]`"
            )
        last = max(self.later.mediators, self.later.outcome)
        if self.waves and len(self.waves) <= last:
            raise ValueError(f"`later` looks {last} waves ahead, and the model has {len(self.waves)}")
        return self

    @model_validator(mode="after")
    def _can_be_estimated_so(self) -> MediationModel:
        if self.cluster == "household_id" and self.interval != "monte_carlo":
            raise ValueError("a bootstrap draws one kind of cluster, and households need two: `interval: monte_carlo`")
        if self.definition == "product":
            given = sorted({"values", "interaction"} & self.model_fields_set)
            if given:
                raise ValueError(f"`{given[0]}` is for `definition: natural`")
            return self
        if len(self.mediators) != 1 or len(self.exposures) != 1 or self.levels != ("pooled",):
            raise ValueError("`definition: natural` has one exposure, one mediator and `levels: [pooled]`")
        if self.interval != "monte_carlo":
            raise ValueError("`definition: natural` has `interval: monte_carlo`")
        if self.values[0] == self.values[1]:
            raise ValueError("`values` are two values of the exposure that differ")
        return self

    @property
    def concepts(self) -> tuple[str, ...]:
        """Every score that the model reads from the panel."""
        return tuple(dict.fromkeys((*super().concepts, *self.mediators)))


class VarianceShares(Model):
    """reports/models/<key>.yaml of the family ``variance_shares``: ``draws`` with ``seed`` make intervals of shares."""

    draws: int = Field(default=2000, ge=1000, le=100_000)
    seed: int = Field(default=1, ge=0)

    @model_validator(mode="after")
    def _sees_people_again(self) -> VarianceShares:
        if len(self.waves) == 1:
            raise ValueError(f"one wave ({self.waves[0]}) shows no change within people. Name more")
        coded = sorted(set(self.categorical) & set(self.exposures))
        if coded:
            raise ValueError(f"`{coded[0]}` is an exposure: it is a number, and not `categorical`")
        return self


def _a(role: str) -> str:
    return "the outcome" if role == "outcome" else f"{'an' if role[0] in 'aeiou' else 'a'} {role}"
