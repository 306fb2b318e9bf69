"""What is drawn: a figure's declaration, and what its title claims of the results."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, SerializeAsAny, ValidationInfo, field_validator, model_validator
from pydantic_core import PydanticKnownError

from pipeline.specs.base import Declaration, Name, Range, WaveName
from pipeline.specs.figure_kinds import FIGURE_KINDS, SHARED
from pipeline.specs.models import AnyModel
from pipeline.specs.terms import measures

UNIT = re.compile(r"\s*\([^()]*\)$")
"""What stands in brackets after a label: its unit, or the ends of its scale."""

BOUND = re.compile(r"\{\{.*?\}\}", re.DOTALL)
"""A binding in a title."""

COMPARING = ("greater_than", "less_than", "not_different_from", "about_the_same_as")


class Claim(Declaration):
    """What a sentence or title says of a result, or of a fact of the study; the build fails when it no longer holds.

    A result is named by ``model`` and ``term`` and whatever else distinguishes it, a fact by ``fact``. ``than`` is the
    result or number it is compared with; of ``between``, two numbers.
    """

    says: Literal[
        "positive",
        "negative",
        "not_different_from_zero",
        "greater_than",
        "less_than",
        "not_different_from",
        "about_the_same_as",
        "between",
    ]
    model: Name | None = None
    term: str | None = None
    fact: str | None = None
    component: str | None = None
    outcome: Name | None = None
    wave: WaveName | None = None
    group: str | None = None
    than: Claim | float | tuple[float, float] | None = None

    @model_validator(mode="after")
    def _is_about_one_thing(self) -> Claim:
        if self.fact is None and (self.model is None or self.term is None):
            raise ValueError("a claim names a result by `model` and `term`, or a `fact` of the study")
        named = ("model", "term", "component", "outcome", "wave", "group")
        if self.fact is not None and any(getattr(self, name) is not None for name in named):
            raise ValueError("a claim is about a `fact` or about a result, not both")
        return self

    @model_validator(mode="after")
    def _compares_with_something(self) -> Claim:
        if self.says in COMPARING and (self.than is None or isinstance(self.than, tuple)):
            raise ValueError(f"`says: {self.says}` needs `than`: the result or number it is compared with")
        if self.says == "between" and not isinstance(self.than, tuple):
            raise ValueError("`says: between` needs two numbers: `than: [0.5, 0.6]`")
        if self.says not in (*COMPARING, "between") and self.than is not None:
            raise ValueError(f"`says: {self.says}` takes no `than`")
        return self


def _is_kind(kind: str) -> str:
    if kind not in FIGURE_KINDS:
        *others, last = (f"'{key}'" for key in FIGURE_KINDS)
        raise PydanticKnownError("literal_error", {"expected": f"{', '.join(others)} or {last}"})
    return kind


class Figure(Declaration):
    """reports/figures/<key>.yaml: a finding, drawn. Which keys it takes is for its kind's record to say."""

    study: Name
    kind: Annotated[str, AfterValidator(_is_kind)]
    title: str
    subtitle: str = ""
    models: tuple[Name, ...] = ()
    outcomes: tuple[str, ...] = ()
    terms: tuple[str, ...] = ()
    labels: dict[str, str] = {}
    groups: dict[str, str] = {}
    claims: tuple[Claim, ...] = ()
    per: dict[str, float] = {}
    small: float | None = Field(default=None, gt=1)
    y_label: str = ""
    y_range: Range | None = None
    percent: bool = False
    events: bool = True
    note: str = ""
    options: SerializeAsAny[Declaration] | None = None

    @model_validator(mode="before")
    @classmethod
    def _gathers_the_options_of_its_kind(cls, data: Any) -> Any:
        record = FIGURE_KINDS.get(data.get("kind", "")) if isinstance(data, dict) else None
        if record is None or record.options is None or not isinstance(data.get("options"), Declaration | None):
            return data
        own = {key: value for key, value in data.items() if key in record.options.model_fields}
        rest = {key: value for key, value in data.items() if key not in own}
        return {**rest, "options": record.options.model_validate(own)}

    @field_validator("*", mode="before")
    @classmethod
    def _is_taken_by_its_kind(cls, value: Any, info: ValidationInfo) -> Any:
        record = FIGURE_KINDS.get(info.data.get("kind", ""))
        is_ours = info.field_name == "options" and isinstance(value, Declaration)
        if record is not None and info.field_name not in record.keys and not is_ours:
            raise ValueError(
                f"a figure of the kind `{record.key}` takes no `{info.field_name}`; "
                f"it takes {', '.join(sorted(record.keys - SHARED))}"
            )
        return value

    @model_validator(mode="after")
    def _draws_something(self) -> Figure:
        if "models" in FIGURE_KINDS[self.kind].takes and not self.models:
            raise ValueError(f"a `{self.kind}` figure names the `models` whose estimates it draws")
        return self

    @property
    def heading(self) -> str:
        """The title as it can be shown before there are results."""
        return BOUND.sub("…", self.title)

    @property
    def drawn(self) -> tuple[str, ...]:
        """The keys that its drawing reads: all that its kind takes, but not the claims, which papers check."""
        record = FIGURE_KINDS[self.kind]
        options = {"options"} if record.options else set()
        return tuple(sorted((record.takes | SHARED | options) - {"claims"}))


def is_bound(title: str) -> bool:
    """Whether a title holds bindings, which its results fill."""
    return BOUND.search(title) is not None


def concepts_of(figure: Figure, models: Mapping[str, AnyModel]) -> tuple[str, ...]:
    """The concepts whose labels the figure prints: those it or its models name, unless it has its own label for them.

    ``models``: the declared models, by key.
    """
    own = [models[name] for name in figure.models if name in models]
    named: list[str] = []
    for part in FIGURE_KINDS[figure.kind].labelled:
        if part == "outcomes":
            named += figure.outcomes or _named(own, "outcome", "outcomes", "constructs")
        elif part == "measures":
            named += _named(own, "exposures", "covariates")
        elif part == "terms":
            named += figure.terms or _named(own, "exposures", "mediators", "covariates", "categorical", "constructs")
        else:
            unnamed = [models[name] for name in figure.models if name in models and name not in figure.labels]
            named += _named(unnamed, "outcome")
    return tuple(dict.fromkeys(name for name in named if name not in figure.labels))


def names_given(figure: Figure, models: Mapping[str, AnyModel]) -> dict[str, str]:
    """Concept → the name that the figure has for it, without the unit that stands in brackets after it.

    A label of a model names its outcome, unless labels distinguish several models of one outcome.
    ``models``: the declared models, by key.
    """
    found = {key: label for key, label in figure.labels.items() if key not in figure.models}
    outcomes = {key: getattr(models.get(key), "outcome", None) for key in figure.models}
    for key, outcome in outcomes.items():
        same = {figure.labels.get(other) for other in figure.models if outcomes[other] == outcome}
        if key in figure.labels and outcome and len(same) == 1:
            found[outcome] = figure.labels[key]
    return {concept: UNIT.sub("", label) for concept, label in found.items()}


def _named(models: Iterable[AnyModel], *keys: str) -> list[str]:
    """What the models declare under ``keys``, as far as their families have them."""
    found: list[str] = []
    for model in models:
        for key in keys:
            value = getattr(model, key, None) or ()
            found += [value] if isinstance(value, str) else measures(value)
    return found
