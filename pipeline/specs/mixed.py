"""Declarations of mixed models: which effects vary between which groups, and how they are estimated."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator

from pipeline.specs.base import Name
from pipeline.specs.declared_terms import placed_terms
from pipeline.specs.families import FAMILIES
from pipeline.specs.report import Model
from pipeline.specs.terms import parse

PERSON = "person_id"
COURSE = ("time", "time_squared", "time_cubed", "time_after_event")
"""Terms of a growth model: slopes of these may vary."""


def _one_term(text: str) -> str:
    """The key of a term. Raises ValueError for what is no term, or several."""
    terms = parse(text)
    if len(terms) > 1:
        raise ValueError(f"`{text}` is several terms: name the one whose slope varies")
    return terms[0].key


TermKey = Annotated[str, AfterValidator(_one_term)]
Slopes = dict[Name, tuple[TermKey, ...]]
"""A grouping and the terms whose slopes vary between its groups; its intercept always does."""


class MixedModel(Model):
    """reports/models/<key>.yaml of a family with random effects.

    ``random`` names the groupings, persons if none; ``uncorrelated`` those whose effects do not correlate. ``times``
    are numbers for the declared waves, or the middle of each wave's fieldwork.
    """

    random: Slopes = {PERSON: ()}
    random_slopes: tuple[TermKey, ...] = ()
    uncorrelated: tuple[Name, ...] = ()
    method: Literal["reml", "ml"] = "reml"
    degrees: Literal["normal", "satterthwaite", "kenward_roger"] = "normal"
    residuals: Literal["independent", "ar1", "car1"] = "independent"
    times: tuple[float, ...] | Literal["fieldwork"] | None = None
    time_unit: Literal["month", "year"] = "year"
    precision: Name | None = None
    row_weights: Name | None = None
    scaling: Literal["size", "effective"] | None = None
    intervals: Literal["chi_squared", "delta", "profile"] = "chi_squared"
    compare: tuple[TermKey, ...] = ()
    shape: Literal["linear", "quadratic", "cubic", "piecewise"] = "linear"
    event: dt.date | float | None = None
    points: int = Field(default=1, ge=1, le=100)
    trials: Name | None = None

    @property
    def needs_rows(self) -> bool:
        """Whether its rows must be in memory although its family also takes sums."""
        further = bool(self.random_slopes or self.predict_at or set(self.random) - {PERSON})
        return further or self.degrees == "kenward_roger"

    @property
    def concepts(self) -> tuple[str, ...]:
        """Every score that the model reads from the panel."""
        further = filter(None, (self.precision, self.row_weights, self.trials))
        return tuple(dict.fromkeys((*super().concepts, *further)))

    @property
    def groupings(self) -> Slopes:
        """The random part; that of a within–between model has persons with its ``random_slopes``."""
        return random_part(self)

    @property
    def splits(self) -> bool:
        """Whether its exposures enter as the deviation from the person's mean and as the mean."""
        return FAMILIES[self.family].splits

    @model_validator(mode="after")
    def _names_its_own_terms(self) -> MixedModel:
        placed = placed_terms(self)
        fixed = {one.term.key for one in placed} | (set(COURSE) if self.family == "mixed_growth" else set())
        _among("compare", self.compare, fixed)
        exposures = {one.term.key for one in placed if one.place == "exposures"}
        _among("random_slopes", self.random_slopes, exposures, "no exposure of the model")
        if self.splits and PERSON in self.random and "random" in self.model_fields_set:
            raise ValueError("persons are a grouping already: their slopes are `random_slopes`")
        for group, slopes in self.random.items():
            _among(f"random: {group}", slopes, fixed)
        foreign = sorted(set(self.uncorrelated) - set(self.groupings))
        if foreign:
            raise ValueError(f"`uncorrelated` names `{foreign[0]}`, which is no grouping of `random`")
        if "wave" in self.random and self.wave_effects and "wave_effects" in FAMILIES[self.family].takes:
            raise ValueError("waves have fixed effects (`wave_effects`) or random ones (`random: wave`), not both")
        return self

    @model_validator(mode="after")
    def _can_be_estimated_so(self) -> MixedModel:
        self._check_degrees()
        self._check_weights()
        if self.family == "mixed" and self.times is not None and self.residuals == "independent":
            raise ValueError("`times` place residuals that correlate: declare `residuals: ar1` or `car1`")
        if self.points > 1 and (len(self.random) > 1 or any(self.random.values())):
            raise ValueError("adaptive quadrature is of one random intercept: leave `points` out (Laplace)")
        if (self.shape == "piecewise") != (self.event is not None):
            raise ValueError("a growth model of the shape `piecewise` names its `event`, and only that shape does")
        if isinstance(self.event, dt.date) and self.times != "fieldwork":
            raise ValueError("`event` is a date: `times: fieldwork`, or give the event on the scale of `times`")
        return self

    def _check_degrees(self) -> None:
        if self.degrees == "kenward_roger" and self.method == "ml":
            raise ValueError("Kenward and Roger's degrees of freedom are of restricted likelihood: `method: reml`")
        if self.degrees == "kenward_roger" and self.residuals != "independent":
            raise ValueError("with serially correlated residuals declare `degrees: satterthwaite`")
        if self.residuals == "car1" and self.times is None:
            raise ValueError("`residuals: car1` is of continuous time: declare `times` (`fieldwork`, or numbers)")

    def _check_weights(self) -> None:
        if self.weights:
            self._weights_are_defined()
        elif "cluster" in self.model_fields_set:
            raise ValueError("`cluster` is of models with sampling weights: name them, or leave it out")
        if self.row_weights and not self.weights:
            raise ValueError("`row_weights` are those of rows given the person: name the person's in `weights`")
        if self.row_weights and not self.scaling:
            raise ValueError("`row_weights` need their `scaling`: `size` or `effective`")
        if self.scaling and not self.row_weights:
            raise ValueError("`scaling` is of `row_weights`")

    def _weights_are_defined(self) -> None:
        if self.method != "ml" and "method" in FAMILIES[self.family].takes:
            raise ValueError("sampling weights make a pseudo-likelihood, which is not restricted: `method: ml`")
        if len(self.random) > 1:
            raise ValueError("sampling weights are of one grouping here: `random` names several")
        if self.degrees != "normal":
            raise ValueError("with sampling weights intervals are normal: leave `degrees` out")
        if self.residuals != "independent":
            raise ValueError("sampling weights and serially correlated residuals are not defined together")
        if self.precision:
            raise ValueError("`precision` divides the residual variance; with sampling weights name `row_weights`")
        if self.cluster in ("household_id", "none"):
            raise ValueError("scores are summed over `person_id`, `psu` or `area_code` (`cluster`)")
        if self.compare or self.intervals == "profile":
            raise ValueError("a pseudo-likelihood has no likelihood-ratio tests and profiles")


def _among(
    key: str, named: tuple[str, ...], fixed: set[str], what: str = "neither an exposure nor a covariate of the model"
) -> None:
    foreign = sorted(set(named) - fixed)
    if foreign:
        raise ValueError(f"`{key}` names `{foreign[0]}`, which is {what}")


def random_part(model: Any) -> Slopes:
    """Grouping → the terms whose slopes vary between its groups, of what a fit reads of a declaration."""
    random: Slopes = model.random
    return {PERSON: model.random_slopes, **random} if FAMILIES[model.family].splits else random
