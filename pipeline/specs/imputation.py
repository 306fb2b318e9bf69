"""imputation.yaml: which gaps of a study are filled, and how. One named set serves every model."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from pipeline.specs.base import Assumable, Declaration, Name, Range, WaveName

Method = Literal["pmm", "lrd", "norm", "logit", "category"]
"""Matching on predicted values; local residual draws; a normal regression; a yes or no; a category."""


class Gap(Declaration):
    """How the gaps of one measure are filled, in every wave. ``bounds`` are for ``norm`` and ``lrd``, ``donors``
    for ``pmm`` and ``lrd``.

    ``predictors`` are measures and lasting facts, each in all waves; left out, everything in the set predicts.
    """

    method: Method = "pmm"
    bounds: Range | None = None
    donors: int = Field(default=5, ge=1)
    predictors: tuple[Name, ...] | None = None

    @model_validator(mode="after")
    def _bounds_are_of_a_regression(self) -> Gap:
        if self.bounds is not None and self.method not in ("norm", "lrd"):
            raise ValueError(
                f"`bounds` are for `method: norm` and `lrd`; `{self.method}` only gives answers that occur"
            )
        return self


class Who(Declaration):
    """Whose gaps are filled: people who answered all of ``present_in``, and at least so many waves."""

    present_in: tuple[WaveName, ...] = ()
    at_least: int = Field(default=1, ge=1)


class ImputationSet(Assumable):
    """One set of imputations: ``measures`` by wave and ``lasting`` facts of a person, filled from each other.

    ``passive`` names measures that are scales: their items are imputed, the scale is computed from them. ``waves``
    left out are all of the arm's. A wave that somebody missed is filled in after they joined, unless
    ``missed_waves: false``: then only unanswered questions are.
    """

    label: str = ""
    measures: dict[Name, Gap] = Field(min_length=1)
    lasting: dict[Name, Gap] = {}
    passive: tuple[Name, ...] = ()
    arms: tuple[Name, ...] = ()
    waves: tuple[WaveName, ...] = ()
    who: Who = Who()
    missed_waves: bool = True
    imputations: int = Field(default=20, ge=2)
    iterations: int = Field(default=10, ge=1)
    seed: int = Field(ge=0)

    @model_validator(mode="after")
    def _predictors_take_part(self) -> ImputationSet:
        members = {*self.measures, *self.lasting}
        for name, gap in {**self.measures, **self.lasting}.items():
            strangers = [other for other in gap.predictors or () if other not in members]
            if strangers:
                raise ValueError(f"`{strangers[0]}` predicts `{name}`, but is not in the set: add it to `measures`")
        twice = sorted(set(self.measures) & set(self.lasting))
        if twice:
            raise ValueError(f"`{twice[0]}` is a measure and a lasting fact: keep one")
        unknown = [name for name in self.passive if name not in self.measures]
        if unknown:
            raise ValueError(f"`{unknown[0]}` is passive, but not one of the `measures`")
        return self
