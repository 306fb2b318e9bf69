"""What all declarations share: frozen, strict about keys, explicit about assumptions."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from pipeline.specs.wave_names import stretch

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
ItemNames = tuple[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_*]*$")], ...]
"""Items by their names, by that of their battery, or by a pattern of names (``trust_*``)."""
WaveName = Annotated[str, Field(pattern=r"^w\d{2,3}$")]
WaveNames = Annotated[tuple[WaveName, ...], BeforeValidator(stretch)]
"""Waves one by one, or as ``w01 to w26``."""
Text = Annotated[str, BeforeValidator(lambda value: str(value) if isinstance(value, (int, float, dt.date)) else value)]
"""Text that may look like a number or a date: ``title: 2016``."""


def _runs_upwards(ends: tuple[float, float]) -> tuple[float, float]:
    if not ends[0] < ends[1]:
        raise ValueError(f"a range runs from the lowest to the highest, not from {ends[0]:g} to {ends[1]:g}")
    return ends


Range = Annotated[tuple[float, float], AfterValidator(_runs_upwards)]
"""The lowest and the highest value, both included."""


def _each_once(codes: dict[str, Any]) -> dict[str, Any]:
    """Two codes that are one number (``1`` and ``1.0``) would be one code, and one of the two entries lost."""
    seen: dict[str, str] = {}
    for code in codes:
        other = seen.setdefault(canonical_code(code), code)
        if other != code:
            raise ValueError(f"`{other}` and `{code}` are one code. Keep one of the two")
    return codes


def canonical_code(code: str) -> str:
    """A declared code as ingest writes it: ``1.0`` → ``1``; text that is no number stays (``NaN``, ``01``)."""
    if not _NUMBER.fullmatch(code):
        return code
    number = float(code)
    return str(int(number)) if number.is_integer() else repr(number)


_NUMBER = re.compile(r"[-+]?((0|[1-9]\d*)(\.\d*)?|\.\d+)([eE][-+]?\d{1,3})?", re.ASCII)

OnceEach = AfterValidator(_each_once)
"""Of a mapping of codes: no code is there twice in two spellings."""

MissingReason = Literal["routed_out", "refused", "dont_know", "no_answer", "proxy", "blank"]
"""Why an answer has no value, as a declaration may state it. (The pipeline sets ``not_asked`` and ``set_aside``.)"""

Outcome = Literal[
    "complete", "partial", "proxy", "refused", "no_contact", "other", "lost", "not_issued", "withdrawn", "moved", "dead"
]
"""The outcomes that a field report may give; ``pipeline.participation.OUTCOMES`` describes each in words."""
ANSWERED = ("complete", "partial")
"""Outcomes of people who were interviewed themselves."""
BY_OTHERS = "proxy"
"""Present where the data hold a row for the person; else absent for this reason."""

LonelyPsu = Literal["certainty", "adjust", "remove", "average", "fail"]
Subset = Literal["answered", "domain"]


class Declaration(BaseModel):
    """A frozen declaration that refuses undeclared keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @property
    def digest(self) -> str:
        """A hash of what is declared; comments and layout do not count."""
        content = json.dumps(self.model_dump(mode="json"), sort_keys=True)
        return hashlib.sha256(content.encode()).hexdigest()[:16]


class Assumable(Declaration):
    """A declaration that may rest on an assumption; papers print each with its reason."""

    assumed: bool = False
    reason: str = ""

    @model_validator(mode="after")
    def _assumption_has_a_reason(self) -> Assumable:
        if self.assumed and not self.reason:
            raise ValueError("`assumed: true` needs a `reason`: papers print it")
        return self


class Period(Assumable):
    """A stretch of days, both ends included."""

    start: dt.date
    end: dt.date

    @model_validator(mode="after")
    def _runs_forwards(self) -> Period:
        if self.end < self.start:
            raise ValueError(f"the end {self.end} is before the start {self.start}")
        return self


class SmallestEffect(Declaration):
    """The smallest effect of interest for one result: what lies within ± ``effect`` is as good as none.

    In the result's own unit. Two one-sided tests at the model's level say whether it does.
    """

    term: str
    component: str | None = None
    outcome: Name | None = None
    wave: WaveName | None = None
    group: str | None = None
    effect: float = Field(gt=0)


class Asking(Assumable):
    """What the declarations of all models share: the question, of whom it is asked, and when."""

    question: str
    study: Name
    family: str
    covariates: tuple[Name, ...] = ()
    waves: tuple[WaveName, ...] = ()
    arms: tuple[Name, ...] = ()
    weights: str | None = None
    group: str | None = None
    confidence: float = Field(default=0.95, gt=0.5, lt=1)
    smallest_effect: tuple[SmallestEffect, ...] = ()

    @property
    def concepts(self) -> tuple[str, ...]:
        """Every score that the model reads from the panel."""
        return self.covariates
