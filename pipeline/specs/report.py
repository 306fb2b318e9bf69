"""What is asked of the panel: models, figures and papers. One file each."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from pipeline.specs.base import Asking, Declaration, LonelyPsu, Name, Range, Subset, WaveName

Family = Literal[
    "pooled",
    "fixed_effects",
    "random_effects",
    "first_difference",
    "within_between",
    "between",
    "hausman",
    "mundlak",
    "logit",
    "attrition",
    "design_means",
    "design_quantiles",
    "design_changes",
    "design_differences",
    "design_regression",
    "design_association",
    "sensitivity",
]
"""Model families; each is one module below ``pipeline/models``."""

DESCRIBING = ("design_means", "design_quantiles", "design_changes", "design_differences", "design_association")
"""Families on the survey design that take several outcomes and explain none."""

WEIGHTED = (*DESCRIBING, "design_regression", "pooled", "fixed_effects", "first_difference")
"""Families that take weights."""


class Result(Declaration):
    """One row of a model's estimates."""

    term: str
    component: str | None = None
    outcome: Name | None = None
    wave: WaveName | None = None
    group: str | None = None


class Tipping(Declaration):
    """How far the missing answers to ``concept`` are moved from what is imputed, in the concept's own unit.

    With ``per`` a step is so much for each unit of that concept: the association differs where nobody saw it, not the
    level. ``deltas`` hold 0, what is imputed. ``imputations`` of the set are used for the curve.
    """

    concept: Name
    per: Name | None = None
    deltas: tuple[float, ...] = Field(min_length=3)
    imputations: int = Field(default=10, ge=2)

    @model_validator(mode="after")
    def _starts_from_what_is_imputed(self) -> Tipping:
        if 0 not in self.deltas:
            raise ValueError("`deltas` hold 0: what is imputed")
        if list(self.deltas) != sorted(set(self.deltas)):
            raise ValueError("`deltas` rise from the lowest to the highest, each once")
        return self


class Model(Asking):
    """reports/models/<key>.yaml: a question, and the estimator that answers it."""

    family: Family
    outcome: Name | None = None
    outcomes: tuple[Name, ...] = ()
    exposures: tuple[Name, ...] = ()
    categorical: tuple[Name, ...] = ()
    effects: Literal["person", "person_and_wave"] = "person"
    wave_effects: bool = True
    cluster: Literal["person_id", "psu", "area_code", "none"] = "person_id"
    correction: Literal["hc1", "stata"] = "hc1"
    standard_errors: Literal["taylor", "replicates"] | None = None
    lonely_psu: LonelyPsu | None = None
    subset: Subset | None = None
    from_wave: WaveName | Literal["latest"] | None = None
    to_wave: WaveName | None = None
    to_waves: tuple[WaveName, ...] | Literal["all"] = ()
    sets: dict[Name, tuple[WaveName, ...]] = {}
    imputation: Name | None = None
    of: Name | None = None
    result: Result | None = None
    tipping: Tipping | None = None

    @model_validator(mode="after")
    def _has_what_its_family_needs(self) -> Model:
        if self.family in DESCRIBING:
            if not self.outcomes:
                raise ValueError(f"a `{self.family}` model lists its `outcomes`")
            if self.family in ("design_differences", "design_association") and self.group is None:
                raise ValueError(f"a `{self.family}` model names its `group`")
        elif self.family == "attrition":
            _stays_somewhere(self)
        elif self.family == "sensitivity":
            _asks_again(self)
        elif not (self.outcome and self.exposures):
            raise ValueError(f"a `{self.family}` model has an `outcome` and at least one of `exposures`")
        return self

    @model_validator(mode="after")
    def _weights_and_their_errors_fit_the_family(self) -> Model:
        if self.family not in (*WEIGHTED, "sensitivity") and (self.weights or self.standard_errors):
            raise ValueError(f"a `{self.family}` model takes no `weights`; those that do: {', '.join(WEIGHTED)}")
        if self.standard_errors == "taylor" and not self.family.startswith("design_"):
            raise ValueError(f"`standard_errors: taylor` is for the design families; a `{self.family}` model clusters")
        return self

    @property
    def concepts(self) -> tuple[str, ...]:
        """Every score that the model reads from the panel."""
        outcome = (self.outcome,) if self.outcome else ()
        return tuple(dict.fromkeys((*outcome, *self.outcomes, *self.exposures, *self.covariates)))


def _stays_somewhere(model: Model) -> None:
    """An attrition model says whose answers predict, and which later waves count as staying."""
    several = model.to_waves or model.sets
    if not (model.from_wave and model.exposures and (model.to_wave or several)):
        raise ValueError("an `attrition` model has `from_wave`, `exposures`, and one of `to_wave`, `to_waves`, `sets`")
    if model.to_wave and several:
        raise ValueError("an `attrition` model has `to_wave`, or `to_waves` and `sets`, not both")
    waves = () if model.to_waves == "all" else model.to_waves
    later = [*waves, *(wave for chosen in model.sets.values() for wave in chosen), *filter(None, [model.to_wave])]
    if model.from_wave != "latest" and any(wave <= str(model.from_wave) for wave in later):
        raise ValueError(f"an `attrition` model looks at waves after its `from_wave` ({model.from_wave})")


def _asks_again(model: Model) -> None:
    """A sensitivity model names one result of another model, and other ways to get at it."""
    if not (model.of and model.result):
        raise ValueError("a `sensitivity` model has `of`, the model whose `result` it estimates again")
    if not (model.weights or model.imputation):
        raise ValueError("a `sensitivity` model has `weights`, an `imputation` set, or both")
    if model.tipping and not model.imputation:
        raise ValueError("`tipping` moves what is imputed: name an `imputation` set")


class Claim(Declaration):
    """What a sentence or title says of a result; the build fails when the result no longer supports it."""

    model: Name
    term: str
    says: Literal["positive", "negative", "not_different_from_zero", "greater_than", "less_than"]
    component: str | None = None
    outcome: Name | None = None
    wave: WaveName | None = None
    group: str | None = None
    than: Claim | None = None

    @model_validator(mode="after")
    def _compares_with_something(self) -> Claim:
        if self.says in ("greater_than", "less_than") and self.than is None:
            raise ValueError(f"`says: {self.says}` needs `than`: the result it is compared with")
        return self


class Figure(Declaration):
    """reports/figures/<key>.yaml: a finding, drawn."""

    study: Name
    kind: Literal["trend", "coefficients", "participation", "patterns", "odds_ratios", "path", "sensitivity"]
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

    @model_validator(mode="after")
    def _draws_something(self) -> Figure:
        if self.kind not in ("participation", "patterns") and not self.models:
            raise ValueError(f"a `{self.kind}` figure names the `models` whose estimates it draws")
        return self


class Paper(Declaration):
    """The front matter of reports/papers/<key>.md."""

    title: str
    subtitle: str = ""
    study: Name
    authors: tuple[str, ...] = ()
    summary: str = ""
    models: tuple[Name, ...] = ()
    figures: tuple[Name, ...] = ()
    allow: tuple[str, ...] = ()


class Concept(Declaration):
    """One entry of data/concepts.yaml: the vocabulary shared by all studies."""

    label: str
    definition: str
    dimension: Literal[
        "trust", "contact", "attitudes", "belonging", "participation", "wellbeing", "belief", "person", "area"
    ]
    direction: str
    range: Range | None = None
    source: str
