"""Models of covariances and means over waves: cross-lagged, growth, measurement, invariance, reliability."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from pipeline.specs.base import Asking, Declaration, Name
from pipeline.specs.expressions import references
from pipeline.specs.families import FAMILIES
from pipeline.specs.family_keys import check_keys, is_family
from pipeline.specs.yardstick import Yardstick

Intercept = Literal["free", "bounded", "zero"]
NOT_OF_ORDERED = (
    "group", "covariates", "time_varying", "derived", "bootstrap", "bollen_stine", "score_tests", "ladder",
    "imputation",
)  # fmt: skip
"""Keys that models of the course of ordered answers do not take."""


class ConfiguralRule(Declaration):
    """What the configural model has to reach before anything is compared; ``null`` leaves a measure out.

    Defaults: the usual bounds of acceptable fit (Bentler 1990; Browne & Cudeck 1993; Hu & Bentler 1999).
    """

    cfi: float | None = Field(default=0.90, gt=0, le=1)
    rmsea: float | None = Field(default=0.08, gt=0)
    srmr: float | None = Field(default=0.08, gt=0)


class InvarianceCriterion(Declaration):
    """When a step up the ladder is refused; applied in this order, the first that is violated decides.

    ``configural``: what the first model has to reach before anything is compared; ``null`` compares whatever it fits.

    Defaults: Chen (2007), Structural Equation Modeling 14, 464-504. ``p``: of the (scaled) difference in chi-square.
    """

    cfi_drop: float | None = Field(default=0.010, gt=0)
    rmsea_rise: float | None = Field(default=0.015, gt=0)
    p: float | None = Field(default=None, gt=0, lt=1)
    configural: ConfiguralRule | None = ConfiguralRule()

    @model_validator(mode="after")
    def _decides_by_something(self) -> InvarianceCriterion:
        if self.cfi_drop is None and self.rmsea_rise is None and self.p is None:
            raise ValueError("a criterion names at least one of `cfi_drop`, `rmsea_rise`, `p`")
        return self


class Bootstrapped(Declaration):
    """Intervals by fitting the model again to ``draws`` of persons drawn with replacement."""

    draws: int = Field(default=1000, ge=100)
    seed: int = 1
    interval: Literal["percentile", "bca"] = "percentile"


class ModelBootstrap(Declaration):
    """The test of exact fit against ``draws`` of persons from answers in which the model holds."""

    draws: int = Field(default=1000, ge=100)
    seed: int = 1


class StructuralModel(Asking):
    """reports/models/<key>.yaml of a structural family: a question about covariances and means over waves.

    ``constructs``: concepts that move each other (``riclpm``, ``clpm``), that grow (``growth``), or whose items are
    analysed (``cfa``, ``invariance``, ``reliability``). ``times``: the spacing of the waves, from the fieldwork dates
    in ``time_unit`` or as numbers. ``indicators``: each construct by the items of its scale, not by its score.
    ``ordinal``: answers are only ordered (``riclpm`` and ``growth``: one question a construct, or with ``indicators``
    the items of its scale), with thresholds equal over waves; ``parameterisation``: what has a variance of one at the
    first wave, the response (``delta``) or what is left of it (``theta``). ``derived``: name → expression of the
    table's parameters, ``component[outcome, term]`` (with the wave, where a parameter has one). ``bollen_stine``:
    the test of exact fit without assuming normal answers. ``score_tests``: what releasing each equality would change.
    """

    family: Annotated[str, AfterValidator(is_family)]
    constructs: tuple[Name, ...] = Field(min_length=1)
    lags: Literal["free", "equal"] = "free"
    residuals: Literal["free", "equal"] = "free"
    means: Literal["free", "equal"] = "free"
    estimator: Literal["ML", "MLR"] = "MLR"
    missing: Literal["fiml", "listwise", "pairwise"] = "fiml"
    cluster: Literal["psu", "area_code"] | None = None
    group_equal: tuple[Literal["lags", "residuals", "means", "between"], ...] = ()
    times: Literal["fieldwork"] | tuple[float, ...] = "fieldwork"
    time_unit: Literal["month", "year"] = "year"
    time_varying: tuple[Name, ...] = ()
    random_intercepts: Intercept | dict[Name, Intercept] = "free"
    indicators: bool = False
    ladder: bool = True
    shape: Literal["intercept", "linear", "quadratic", "piecewise"] = "linear"
    event: dt.date | float | None = None
    over: Literal["waves", "group"] = "waves"
    criterion: InvarianceCriterion = InvarianceCriterion()
    partial: bool = True
    ordinal: bool = False
    parameterisation: Literal["delta", "theta"] = "delta"
    yardstick: Yardstick | None = None
    coupling: bool = True
    constant_change: bool = True
    derived: dict[Name, str] = {}
    bootstrap: Bootstrapped | None = None
    bollen_stine: ModelBootstrap | None = None
    score_tests: bool = False
    imputation: Name | None = None

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
        self._check_ordinal()
        if self.estimator == "ML" and (self.cluster or self.weights):
            raise ValueError("`cluster` and `weights` need robust standard errors: `estimator: MLR`")
        if self.group_equal and self.group is None:
            raise ValueError("`group_equal` needs the `group` over which parts are equal")
        if self.times != "fieldwork" and list(self.times) != sorted(set(self.times)):
            raise ValueError("`times` rise from wave to wave")
        if self.times != "fieldwork" and self.waves and len(self.times) != len(self.waves):
            raise ValueError(f"`times` has {len(self.times)} numbers for {len(self.waves)} `waves`")
        return self

    @model_validator(mode="after")
    def _derives_from_its_own_parameters(self) -> StructuralModel:
        components = FAMILIES[self.family].components
        for component, within in references(self.derived):
            if component not in components or len(within) not in (2, 3):
                raise ValueError(
                    f"`derived` refers to `{component}`; write one of this family's components with outcome and term, "
                    f"as in `{components[0]}[{self.constructs[0]}, {self.constructs[-1]}]`"
                )
            if within[0] not in self.constructs:
                raise ValueError(f"`derived` names `{within[0]}`, which is none of the `constructs`")
        if self.derived and self.group:
            raise ValueError("`derived` is of one group of people: leave `group` out")
        if self.imputation and (self.indicators or self.ordinal):
            raise ValueError("`imputation` completes scores: a model of items (`indicators`) cannot read it")
        if self.bootstrap and self.imputation:
            raise ValueError("`bootstrap` and `imputation` exclude each other: pooled standard errors are not drawn")
        if self.bollen_stine and self.imputation:
            raise ValueError("`bollen_stine` and `imputation` exclude each other: pooled tests are not drawn")
        return self

    def _check_ordinal(self) -> None:
        """Ordered answers have an estimator and a treatment of missing answers of their own."""
        given = self.model_fields_set
        if not self.ordinal and self.parameterisation == "theta":
            raise ValueError("`parameterisation: theta` is for `ordinal: true`")
        if not self.ordinal and self.missing == "pairwise":
            raise ValueError("`missing: pairwise` is for `ordinal: true`; other models have `fiml` or `listwise`")
        if self.ordinal and "estimator" in given:
            raise ValueError("`ordinal: true` is estimated by WLSMV: it takes no `estimator`")
        if self.ordinal and "missing" in given and self.missing == "fiml":
            raise ValueError("`ordinal: true` has no `missing: fiml`; use `pairwise` (the default) or `listwise`")
        if self.ordinal and "partial" in given and self.partial:
            raise ValueError("`ordinal: true` has no partial steps: leave `partial` out")
        if self.ordinal and not FAMILIES[self.family].reads_items:
            self._check_ordered_course()

    def _check_ordered_course(self) -> None:
        """What models of courses of ordered answers do not have."""
        foreign = [name for name in NOT_OF_ORDERED if name in self.model_fields_set and getattr(self, name)]
        if self.family == "growth" and self.residuals == "equal":
            foreign.append("residuals")
        if foreign:
            named = ", ".join(f"`{name}`" for name in foreign)
            raise ValueError(f"a `{self.family}` model with `ordinal: true` has no {named}: leave {named} out")
        kinds = self.random_intercepts
        if "bounded" in ([kinds] if isinstance(kinds, str) else kinds.values()):
            raise ValueError("with `ordinal: true`, `random_intercepts` are `free` or `zero`")

    @model_validator(mode="after")
    def _names_its_constructs(self) -> StructuralModel:
        if isinstance(self.random_intercepts, dict):
            unknown = sorted(set(self.random_intercepts) - set(self.constructs))
            if unknown:
                raise ValueError(f"`random_intercepts` names {', '.join(unknown)}, which is none of the `constructs`")
        return self

    @property
    def reads_items(self) -> bool:
        """Whether it reads answers to single items, and not only scores."""
        return self.indicators or FAMILIES[self.family].reads_items

    @property
    def concepts(self) -> tuple[str, ...]:
        """Every score or scale that the model reads."""
        return tuple(dict.fromkeys((*self.constructs, *self.covariates, *self.time_varying)))
