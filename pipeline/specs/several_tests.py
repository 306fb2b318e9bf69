"""A family of tests: results of several models, whose p-values are corrected for how many there are."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from pipeline.specs.base import Name
from pipeline.specs.report import Model, Result

Method = Literal["holm", "bonferroni", "benjamini_hochberg"]


RATIO_TODO = "Name the `coefficient`, with the effect on its scale (the logarithm of the ratio)."


def ratio_refused(component: str) -> str:
    """Why a ratio has no smallest effect."""
    return f"a smallest effect is a distance from zero, and `{component}` is a ratio, whose null effect is one"


class Tested(Result):
    """One result of a model."""

    model: Name


class Corrections(Model):
    """``tests`` taken together, each corrected by each of the ``methods``."""

    tests: tuple[Tested, ...] = Field(min_length=2)
    methods: tuple[Method, ...] = Field(default=("holm",), min_length=1)

    @model_validator(mode="after")
    def _each_test_once(self) -> Corrections:
        if len({tested.model_dump_json() for tested in self.tests}) < len(self.tests):
            raise ValueError("a test stands twice among `tests`")
        if len(set(self.methods)) < len(self.methods):
            raise ValueError("a method stands twice among `methods`")
        return self
