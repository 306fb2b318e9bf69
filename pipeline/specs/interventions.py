"""Declarations of interventions and events: who was treated from when, and where a series was interrupted."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from pipeline.specs.base import Name
from pipeline.specs.families import FAMILIES
from pipeline.specs.report import Model

Wave = Annotated[str, BeforeValidator(lambda value: str(value) if isinstance(value, (int, float)) else value)]
"""A wave (``w03``), or with ``calendar: months`` a month (``2020-06``)."""

LEVELS = ("household_id", "psu", "area_code")
"""Columns that errors may be clustered by."""
MONTH = r"^\d{4}-\d{2}$"


class Intervention(Model):
    """reports/models/<key>.yaml of a difference in differences, an event study and their kin.

    Who is treated from when: ``start`` by the values of ``by``, or one wave for those whose 0/1 score ``treated`` is
    one, or the name of a score that holds it; or ``treated`` alone, a 0/1 score that switches on, or with ``reaches`` a
    score that first reaches that level in a wave of each person's own. ``by``: the level at which the treatment was
    given; errors are clustered by it unless ``cluster`` says otherwise. ``unit``: whose
    effects are absorbed. ``calendar: months`` compares the months in which each arm's wave was in the field, where arms
    have calendars of their own.
    """

    start: Wave | dict[str, Wave] | None = None
    treated: Name | None = None
    reaches: float | None = None
    by: Name | None = None
    unit: Name = "person_id"
    design: Literal["panel", "cross_sections"] = "panel"
    calendar: Literal["waves", "months"] = "waves"
    anticipation: float = Field(default=0, ge=0)
    estimator: Literal["sun_abraham", "two_way", "group_time", "imputation"] = "sun_abraham"
    control: Literal["never", "not_yet"] = "never"
    adjustment: Literal["doubly_robust", "regression", "weighting"] = "doubly_robust"
    base: Literal["varying", "universal"] = "varying"
    omitted: float | None = Field(default=None, lt=0)
    most_leads: float | None = Field(default=None, ge=1)
    most_lags: float | None = Field(default=None, ge=1)
    bends: tuple[Annotated[float, Field(ge=0, allow_inf_nan=False)], ...] = ()
    randomisation: bool | None = None
    draws: int = Field(default=9_999, ge=199, le=1_000_000)
    seed: int = 1

    @model_validator(mode="before")
    @classmethod
    def _clusters_where_it_was_given(cls, data: Any) -> Any:
        if not isinstance(data, dict) or "cluster" in data or data.get("by") not in LEVELS:
            return data
        family = FAMILIES.get(str(data.get("family")))
        return {**data, "cluster": data["by"]} if family is not None and "cluster" in family.takes else data

    @model_validator(mode="after")
    def _says_who_is_treated(self) -> Intervention:
        if self.start is None and self.treated is None:
            raise ValueError(
                "nothing says who is treated from when: give `start`, or `treated` (a 0/1 that switches on)"
            )
        if self.reaches is not None and (self.treated is None or self.start is not None):
            raise ValueError(
                "`reaches` is the level of the score that `treated` names, and says when: leave `start` out"
            )
        if isinstance(self.start, dict):
            if not self.start:
                raise ValueError("`start` names nobody who is treated")
            if self.by is None:
                raise ValueError("`start` is given by group: name the column of the groups in `by`")
            if self.treated is not None:
                raise ValueError("`start` says who is treated: leave `treated` out")
        if self.design == "cross_sections" and self.unit == "person_id":
            raise ValueError("in `cross_sections` people are seen once: `unit` is the area that is seen again")
        return self

    @model_validator(mode="after")
    def _takes_what_its_estimator_takes(self) -> Intervention:
        given = self.model_fields_set
        if "estimator" in FAMILIES[self.family].keys and self.estimator != "group_time":
            of_group_time = sorted(given & {"control", "adjustment", "draws", "seed"})
            if of_group_time:
                raise ValueError(f"`estimator: {self.estimator}` takes no `{of_group_time[0]}`: `group_time` does")
        if self.estimator == "imputation" and self.bends:
            raise ValueError("`estimator: imputation` has no bounds: leave `bends` out")
        if self.estimator in ("group_time", "imputation") and "omitted" in given:
            raise ValueError(f"`estimator: {self.estimator}` takes no `omitted`")
        if self.estimator == "group_time" and given & {"most_leads", "most_lags"}:
            raise ValueError("`estimator: group_time` takes no `most_leads` and `most_lags`: it shows every wave")
        return self

    @property
    def concepts(self) -> tuple[str, ...]:
        """Every score that the model reads from the panel."""
        return tuple(dict.fromkeys((*super().concepts, *filter(None, [self.treated]))))


class Interruption(Model):
    """reports/models/<key>.yaml of an interrupted time series.

    ``interruptions``: name → the first wave (or month) after it. ``series``: ``panel`` absorbs persons' own levels and
    clusters by them, ``means`` is one (weighted) mean a wave.
    """

    interruptions: dict[Name, Wave] = {}
    series: Literal["panel", "means"] = "panel"
    calendar: Literal["waves", "months"] = "waves"
    slope: bool = True
    errors: Literal["hac", "ar1", "classical", "hc1"] = "hac"
    error_lags: int | None = Field(default=None, ge=0)
    distribution: Literal["gaussian", "quasi_poisson"] = "gaussian"

    @model_validator(mode="after")
    def _is_interrupted(self) -> Interruption:
        if self.distribution == "quasi_poisson" and self.series == "panel":
            raise ValueError("`quasi_poisson` is for a series of means or counts: say `series: means`")
        if self.series == "panel" and self.model_fields_set & {"errors", "error_lags"}:
            raise ValueError("a `panel` clusters by person: `errors` and `error_lags` are for `series: means`")
        return self
