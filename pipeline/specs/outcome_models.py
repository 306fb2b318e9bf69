"""Models of outcomes that are no plain number: what only their declarations have."""

from __future__ import annotations

from typing import Literal

from pydantic import model_validator

from pipeline.specs.base import Name
from pipeline.specs.report import Model


class OutcomeModel(Model):
    """reports/models/<key>.yaml of an ordered, unordered or counted outcome, of repeated answers (GEE), of quantiles.

    ``predict_at``: values of terms at which to predict, for everybody as they are otherwise. ``standardised``: each
    coefficient per standard deviation of its term, too.
    """

    link: Literal["logit", "probit"] = "logit"
    base_category: str | float | None = None
    exposure_time: Name | None = None
    offset: Name | None = None
    predict_at: dict[Name, tuple[float | str, ...]] = {}
    standardised: bool = False

    @model_validator(mode="after")
    def _predicts_at_terms_it_has(self) -> OutcomeModel:
        known = (*self.exposures, *self.covariates, *(("wave",) if self.wave_effects else ()))
        foreign = [name for name in self.predict_at if name not in known]
        if foreign:
            raise ValueError(f"`predict_at` names `{foreign[0]}`, which is no term of the model ({', '.join(known)})")
        empty = [name for name, values in self.predict_at.items() if not values]
        if empty:
            raise ValueError(f"`predict_at` has no value for `{empty[0]}`")
        if self.exposure_time and self.offset:
            raise ValueError("`offset` is the logarithm of `exposure_time`: name one of the two")
        return self

    @property
    def concepts(self) -> tuple[str, ...]:
        """Every score that the model reads from the panel."""
        added = [name for name in (self.exposure_time, self.offset) if name is not None]
        return tuple(dict.fromkeys((*super().concepts, *added)))
