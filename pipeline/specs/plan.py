"""What was planned before the results were known, and how a declared model differs from it."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from pipeline.specs.base import Declaration, Name, WaveName
from pipeline.specs.families import FAMILIES
from pipeline.specs.weights import DELIVERED

Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]


class Registered(Declaration):
    """When the plan was fixed, the hash that it had then, and where it is deposited."""

    date: dt.date
    hash: Hash
    url: str = ""


class Amendment(Declaration):
    """A change of the plan: when, the hash that it had after it, and why."""

    date: dt.date
    hash: Hash
    reason: str


class Hypothesis(Declaration):
    """One planned test: the model that is to test it, and what that model was to be.

    ``least_persons`` and ``most_left_out`` (a share of the rows): what the data had to be for the test to count.
    ``direction``: of a one-sided test. ``smallest_effect``: what would be as good as no effect, in the result's unit.
    """

    statement: str
    model: Name
    family: str
    outcome: str
    exposures: tuple[str, ...] = Field(min_length=1)
    covariates: tuple[str, ...] = ()
    waves: tuple[WaveName, ...] = ()
    arms: tuple[Name, ...] = ()
    weights: str | None = None
    imputation: Name | None = None
    alpha: float = Field(default=0.05, gt=0, lt=0.5)
    direction: Literal["positive", "negative", "either"] = "either"
    smallest_effect: float | None = Field(default=None, gt=0)
    least_persons: int | None = Field(default=None, gt=0)
    most_left_out: float | None = Field(default=None, gt=0, lt=1)
    exclusions: str = ""


class Plan(Declaration):
    """plan.yaml of a study: hypotheses, when they were fixed, and every change since."""

    title: str
    note: str = ""
    registered: Registered
    amendments: tuple[Amendment, ...] = ()
    hypotheses: dict[Name, Hypothesis] = Field(min_length=1)

    @model_validator(mode="after")
    def _in_order(self) -> Plan:
        dates = [self.registered.date, *(one.date for one in self.amendments)]
        if dates != sorted(dates):
            raise ValueError("amendments come in the order of their dates, after the plan was registered")
        return self

    @property
    def hash(self) -> str:
        """The hash of the hypotheses as they stand; comments, layout and words around them do not count."""
        content = {key: one.model_dump(mode="json") for key, one in self.hypotheses.items()}
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]

    @property
    def recorded(self) -> str:
        """The last hash that the plan says it had."""
        return self.amendments[-1].hash if self.amendments else self.registered.hash


COMPARED = ("family", "outcome", "exposures", "covariates", "waves", "arms", "weights", "imputation")
"""What a plan and a declared model both say."""
PLAN_READS = frozenset({*COMPARED, "confidence", "smallest_effect"})
"""What is read of the declaration of a planned model."""


def differences(planned: Hypothesis, model: Any) -> Iterator[str]:
    """In which ways the declared ``model`` is not what was planned, each in words."""
    for name in COMPARED:
        wanted, is_so = (_declared(one, name) for one in (planned, model))
        if isinstance(wanted, tuple) and name != "waves":
            wanted, is_so = sorted(wanted), sorted(is_so or ())
        if _said(wanted) != _said(is_so):
            yield f"{name.replace('_', ' ')} planned as {_said(wanted)}, analysed as {_said(is_so)}"
    level = 1 - model.confidence
    if abs(level - planned.alpha) > 1e-9:
        yield f"the level of significance planned as {planned.alpha:g}, analysed as {level:g}"
    effects = {one.effect for one in model.smallest_effect}
    if planned.smallest_effect is not None and planned.smallest_effect not in effects:
        yield f"no equivalence test against the smallest effect that was planned ({planned.smallest_effect:g})"


def _declared(one: Any, name: str) -> Any:
    """What a plan or a model says; of its weights also what its family takes where nothing is said."""
    said = getattr(one, name, None)
    if name != "weights" or said:
        return said
    return DELIVERED if one.family in FAMILIES and FAMILIES[one.family].on_design else None


def _said(value: object) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value)) or "all" if value else "none named"
    return "none" if value in (None, "") else str(value)
