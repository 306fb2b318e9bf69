"""What is asked of the panel: models, one file each; and the vocabulary of concepts."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from pipeline.specs.base import Declaration, LonelyPsu, Name, Range, Subset, WaveName
from pipeline.specs.contrasts import Contrasts
from pipeline.specs.declared_terms import AskingTerms
from pipeline.specs.families import FAMILIES
from pipeline.specs.family_keys import check_keys, is_family, raise_at
from pipeline.specs.predicting import misplaced
from pipeline.specs.standard_errors import DESIGN_BASED, Asked, StandardErrors, refusal
from pipeline.specs.yardstick import Yardstick


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


class Model(AskingTerms):
    """reports/models/<key>.yaml: a question, and the estimator that answers it.

    ``predict_at``: values of terms at which to predict, for everybody as they are otherwise.
    """

    family: Annotated[str, AfterValidator(is_family)]
    outcome: Name | None = None
    outcomes: tuple[Name, ...] = ()
    effects: Literal["person", "person_and_wave"] = "person"
    wave_effects: bool = True
    cluster: Literal["person_id", "household_id", "psu", "area_code", "none"] = "person_id"
    correction: Literal["hc1", "stata"] = "hc1"
    standard_errors: StandardErrors | None = None
    diagnostics: bool = False
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
    contrasts: Contrasts = {}
    predict_at: dict[Name, tuple[float | str, ...]] = {}
    yardstick: Yardstick | None = None

    @model_validator(mode="after")
    def _has_the_keys_of_its_family(self) -> Model:
        check_keys(self)
        declaration = FAMILIES[self.family].declaration.split(":")[1]
        if declaration not in {kind.__name__ for kind in type(self).__mro__}:
            raise ValueError(f"a `{self.family}` model is a `{declaration}`: `pipeline.specs.declare` finds the class")
        if self.from_wave:
            _looks_ahead(self)
        if self.tipping and not self.imputation:
            raise ValueError("`tipping` shifts what is imputed: name an `imputation` set")
        if self.standard_errors is not None:
            _check_errors(self, self.standard_errors)
        _check_ignored(self)
        if self.predict_at and (why := misplaced(self)):
            raise_at(type(self).__name__, "predict_at", why)
        if self.diagnostics and self.imputation:
            raise_at(type(self).__name__, "diagnostics", "they are of one panel, and an `imputation` has several")
        return self

    @property
    def needs_rows(self) -> bool:
        """Whether its rows must be in memory although its family also takes sums of a panel on disk."""
        return False

    @property
    def concepts(self) -> tuple[str, ...]:
        """Every score that the model reads from the panel."""
        outcome = (self.outcome,) if self.outcome else ()
        return tuple(dict.fromkeys((*outcome, *self.outcomes, *self.measures)))


def _check_errors(model: Model, declared: StandardErrors) -> None:
    """Raises ValidationError at `standard_errors` for a kind that the model cannot have."""
    family = FAMILIES[model.family]
    why = refusal(
        declared,
        Asked(
            family=model.family,
            on_design=family.on_design,
            weighted=family.weighted,
            imputed=model.imputation is not None,
            cluster=model.cluster if "cluster" in family.takes else "none",
        ),
    )
    if why:
        raise_at(type(model).__name__, "standard_errors", why)


def _check_ignored(model: Model) -> None:
    """Raises ValidationError at a key that is declared beside one that makes it mean nothing."""
    said, errors, name = model.model_fields_set, model.standard_errors, type(model).__name__
    if "correction" in said and "cluster" in FAMILIES[model.family].takes:
        if errors is not None and (errors.kind != "clustered" or errors.correction):
            own = "name their own" if errors.correction else f"are `{errors.kind}`, which takes none"
            raise_at(name, "correction", f"`standard_errors` {own}: leave `correction` out")
        if errors is None and model.cluster == "none":
            raise_at(name, "correction", "a `correction` is of clustered errors, and `cluster` is `none`")
    if "cluster" in said and errors is not None and errors.kind not in DESIGN_BASED and model.cluster != "none":
        if errors.cluster is not None and errors.cluster != (model.cluster,):
            raise_at(name, "cluster", "`standard_errors` name another `cluster`: keep one of the two")
        if not errors.record.clusters:
            raise_at(name, "cluster", f"`{errors.kind}` standard errors are not clustered: leave `cluster` out")
    if model.effects == "person_and_wave" and "wave_effects" in said and not model.wave_effects:
        raise_at(name, "wave_effects", "`effects: person_and_wave` are effects of waves: leave `wave_effects` out")


def _looks_ahead(model: Model) -> None:
    """The waves that count as staying come after the wave whose answers predict."""
    if model.to_wave and (model.to_waves or model.sets):
        raise ValueError(f"an `{model.family}` model has `to_wave`, or `to_waves` and `sets`, not both")
    waves = () if model.to_waves == "all" else model.to_waves
    later = [*waves, *(wave for chosen in model.sets.values() for wave in chosen), *filter(None, [model.to_wave])]
    if model.from_wave != "latest" and any(wave <= str(model.from_wave) for wave in later):
        raise ValueError(f"an `{model.family}` model looks at waves after its `from_wave` ({model.from_wave})")


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
