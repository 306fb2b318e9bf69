"""What is declared of dynamic panel models: how terms relate to errors, and which lags are instruments."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from pipeline.specs.base import Name
from pipeline.specs.report import Model

FEWEST_WAVES = 3
"""A difference on the difference before it, and one wave more to instrument it."""


class DynamicModel(Model):
    """reports/models/<key>.yaml of a dynamic family, or of one with instruments from within the panel.

    ``outcome_lags``: how many waves back the outcome acts on itself; ``lags``: term → waves back besides its own.
    ``predetermined`` terms may answer to earlier errors, ``endogenous`` ones to those of their own wave too (in a
    Hausman–Taylor model: to people's lasting level). ``instruments``: concepts outside the model.
    ``instrument_lags``: term → [first, last]; last may be null.
    """

    outcome_lags: int = Field(default=1, ge=1, le=4)
    lags: dict[Name, int] = {}
    predetermined: tuple[Name, ...] = ()
    endogenous: tuple[Name, ...] = ()
    instruments: tuple[Name, ...] = ()
    instrument_lags: dict[Name, tuple[int, int | None]] = {}
    collapse: bool = False
    steps: Literal["one", "two"] = "two"
    robust: bool = True
    transformation: Literal["difference", "deviations"] = "difference"
    level_instruments: bool = True
    method: Literal["hausman_taylor", "amemiya_macurdy"] = "hausman_taylor"

    @model_validator(mode="after")
    def _names_terms_of_its_own(self) -> DynamicModel:
        terms = {*self.exposures, *self.covariates}
        for key in ("lags", "predetermined", "endogenous"):
            unknown = sorted(set(getattr(self, key)) - terms)
            if unknown:
                raise ValueError(f"`{key}` names `{unknown[0]}`, which is none of the `exposures` or `covariates`")
        both = sorted(set(self.predetermined) & set(self.endogenous))
        if both:
            raise ValueError(f"`{both[0]}` is `predetermined` and `endogenous`: choose one")
        inside = sorted(set(self.instruments) & {*terms, self.outcome})
        if inside:
            raise ValueError(f"`instruments` are outside the model; `{inside[0]}` is in it")
        return self

    @model_validator(mode="after")
    def _lags_exist(self) -> DynamicModel:
        if any(count < 1 for count in self.lags.values()):
            raise ValueError("`lags` are waves back: 1 or more")
        for name, (first, last) in self.instrument_lags.items():
            if name not in {self.outcome, *self.predetermined, *self.endogenous}:
                raise ValueError(
                    f"`instrument_lags` names `{name}`, which is neither the outcome nor `predetermined` or "
                    "`endogenous`: other terms are their own instruments"
                )
            if first < 1 or (last is not None and last < first):
                raise ValueError(f"`instrument_lags` of `{name}` run from the first to the last, from 1")
            if first < 2 and name not in self.predetermined:
                raise ValueError(f"`{name}` answers to errors of its own wave: its instruments begin at lag 2")
        return self

    @property
    def fewest_waves(self) -> int:
        """How many waves the model needs."""
        dynamic = self.family in ("difference_gmm", "system_gmm")
        return max(FEWEST_WAVES, self.outcome_lags + 2, *(lag + 2 for lag in self.lags.values())) if dynamic else 2

    @property
    def concepts(self) -> tuple[str, ...]:
        """Every score that the model reads from the panel."""
        return tuple(dict.fromkeys((*super().concepts, *self.instruments)))
