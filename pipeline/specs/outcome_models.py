"""Models of outcomes that are no plain number: what only their declarations have."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from pipeline.specs.base import Name
from pipeline.specs.report import Model

ERRORS: dict[str, tuple[str, ...]] = {
    "gee": ("robust", "mancl_derouen", "kauermann_carroll", "morel", "jackknife", "deletion", "model"),
    "quantile_regression": ("kernel", "bootstrap"),
}
"""Family → its kinds of standard errors, the first by default."""


LINKS: dict[str, tuple[str, ...]] = {
    "ordered_logit": ("logit", "probit"),
    "design_ordered": ("logit", "probit"),
    "design_regression": ("linear", "logit", "probit", "poisson"),
}
"""Family → its links, the first by default."""


class OutcomeModel(Model):
    """reports/models/<key>.yaml of an ordered, unordered or counted outcome, of repeated answers (GEE), of quantiles.

    ``standardised``: each coefficient per standard deviation of its term, too.
    """

    link: Literal["linear", "logit", "probit", "poisson"] | None = None
    degrees: Literal["residual", "design", "normal"] = "residual"
    base_category: str | float | None = None
    exposure_time: Name | None = None
    offset: Name | None = None
    standardised: bool = False

    distribution: Literal["gaussian", "binomial", "poisson"] = "gaussian"
    correlation: Literal["independence", "exchangeable", "ar1", "unstructured"] = "exchangeable"
    errors: str | None = None
    quantiles: tuple[Annotated[float, Field(gt=0, lt=1)], ...] = (0.5,)
    draws: int = Field(default=500, ge=50)
    seed: int = 1

    @model_validator(mode="after")
    def _errors_of_its_family(self) -> OutcomeModel:
        known = ERRORS.get(self.family, ())
        if self.errors is not None and self.errors not in known:
            raise ValueError(f"`errors` of a `{self.family}` model are {', '.join(known)}, not `{self.errors}`")
        links = LINKS.get(self.family, ())
        if self.link is not None and self.link not in links:
            raise ValueError(f"`link` of a `{self.family}` model is {' or '.join(links)}, not `{self.link}`")
        if self.exposure_time and self.family == "design_regression" and self.link != "poisson":
            raise ValueError("`exposure_time` is the time that counts are over, `link: poisson`")
        if self.family == "gee" and self.cluster in ("none", "household_id"):
            raise ValueError("`cluster` of a `gee` model is the one column within which answers correlate")
        if self.offset and self.distribution == "gaussian" and self.family == "gee":
            raise ValueError("`offset` is for counts, `distribution: poisson`")
        if len(set(self.quantiles)) < len(self.quantiles):
            raise ValueError("`quantiles` names one twice")
        return self

    @model_validator(mode="after")
    def _names_one_offset(self) -> OutcomeModel:
        if self.exposure_time and self.offset:
            raise ValueError("`offset` is the logarithm of `exposure_time`: name one of the two")
        return self

    @property
    def concepts(self) -> tuple[str, ...]:
        """Every score that the model reads from the panel."""
        added = [name for name in (self.exposure_time, self.offset) if name is not None]
        return tuple(dict.fromkeys((*super().concepts, *added)))
