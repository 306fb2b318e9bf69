"""Models of covariances and means over waves: cross-lagged, growth, measurement, invariance, reliability."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from pipeline.specs.base import Asking, Declaration, Name
from pipeline.specs.families import FAMILIES
from pipeline.specs.family_keys import check_keys, is_family


class InvarianceCriterion(Declaration):
    """When a step up the ladder is refused; applied in this order, the first that is violated decides.

    Defaults: Chen (2007), Structural Equation Modeling 14, 464-504. ``p``: of the (scaled) difference in chi-square.
    """

    cfi_drop: float | None = Field(default=0.010, gt=0)
    rmsea_rise: float | None = Field(default=0.015, gt=0)
    p: float | None = Field(default=None, gt=0, lt=1)

    @model_validator(mode="after")
    def _decides_by_something(self) -> InvarianceCriterion:
        if self.cfi_drop is None and self.rmsea_rise is None and self.p is None:
            raise ValueError("a criterion names at least one of `cfi_drop`, `rmsea_rise`, `p`")
        return self


class StructuralModel(Asking):
    """reports/models/<key>.yaml of a structural family: a question about covariances and means over waves.

    ``constructs``: concepts that move each other (``riclpm``, ``clpm``), that grow (``growth``), or whose items are
    analysed (``cfa``, ``invariance``, ``reliability``). ``times``: the spacing of the waves, from the fieldwork dates
    in ``time_unit`` or as numbers. ``indicators``: each construct by the items of its scale, not by its score.
    """

    family: Annotated[str, AfterValidator(is_family)]
    constructs: tuple[Name, ...] = Field(min_length=1)
    lags: Literal["free", "equal"] = "free"
    residuals: Literal["free", "equal"] = "free"
    means: Literal["free", "equal"] = "free"
    estimator: Literal["ML", "MLR"] = "MLR"
    missing: Literal["fiml", "listwise"] = "fiml"
    cluster: Literal["psu", "area_code"] | None = None
    group_equal: tuple[Literal["lags", "residuals", "means", "between"], ...] = ()
    times: Literal["fieldwork"] | tuple[float, ...] = "fieldwork"
    time_unit: Literal["month", "year"] = "year"
    time_varying: tuple[Name, ...] = ()
    indicators: bool = False
    ladder: bool = True
    shape: Literal["intercept", "linear", "quadratic", "piecewise"] = "linear"
    event: dt.date | float | None = None
    over: Literal["waves", "group"] = "waves"
    criterion: InvarianceCriterion = InvarianceCriterion()
    partial: bool = True
    ordinal: bool = False

    @model_validator(mode="after")
    def _has_what_its_family_takes(self) -> StructuralModel:
        check_keys(self)
        fewest = FAMILIES[self.family].fewest_constructs
        if len(self.constructs) < fewest:
            raise ValueError(f"a `{self.family}` model has {'two' if fewest == 2 else fewest} or more `constructs`")
        if (self.shape == "piecewise") != (self.event is not None):
            raise ValueError("a growth model of the shape `piecewise` names its `event`, and only that shape does")
        if self.family == "invariance" and (self.over == "group") != (self.group is not None):
            raise ValueError("an `invariance` model `over: group` names its `group`, and one over waves has none")
        return self

    @model_validator(mode="after")
    def _can_be_estimated_so(self) -> StructuralModel:
        if self.estimator == "ML" and (self.cluster or self.weights):
            raise ValueError("`cluster` and `weights` need robust standard errors: `estimator: MLR`")
        if self.group_equal and self.group is None:
            raise ValueError("`group_equal` needs the `group` over which parts are equal")
        if self.ordinal and (self.cluster or self.weights):
            raise ValueError("`ordinal: true` takes no `cluster` or `weights`")
        if self.times != "fieldwork" and list(self.times) != sorted(set(self.times)):
            raise ValueError("`times` rise from wave to wave")
        if self.times != "fieldwork" and self.waves and len(self.times) != len(self.waves):
            raise ValueError(f"`times` has {len(self.times)} numbers for {len(self.waves)} `waves`")
        return self

    @property
    def reads_items(self) -> bool:
        """Whether it reads answers to single items, and not only scores."""
        return self.indicators or FAMILIES[self.family].reads_items

    @property
    def concepts(self) -> tuple[str, ...]:
        """Every score or scale that the model reads."""
        return tuple(dict.fromkeys((*self.constructs, *self.covariates, *self.time_varying)))
