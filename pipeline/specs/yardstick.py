"""What an effect is measured by in words: a gap between groups, a change, a standard deviation, a category."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from pipeline.specs.base import Declaration, Name, WaveName


class Measured(Declaration):
    """A row of estimates: of ``model``, or else of the model that has the yardstick."""

    model: Name | None = None
    term: str | None = None
    component: str | None = None
    outcome: Name | None = None
    wave: WaveName | None = None
    group: str | None = None


class Yardstick(Declaration):
    """A size in the outcome's units that readers know, with its ``words``: "the gap between town and country".

    It is a result (``of``), one result ``less`` another, a standard deviation of the outcome within people or between
    them (``sd``: of what a random-intercept model leaves), or a number (``value``: one answer category).
    """

    words: str = Field(min_length=3)
    of: Measured | None = None
    less: Measured | None = None
    sd: Literal["within", "between"] | None = None
    value: float | None = Field(default=None, gt=0)

    @model_validator(mode="after")
    def _is_one_size(self) -> Yardstick:
        if sum(given is not None for given in (self.of, self.sd, self.value)) != 1:
            raise ValueError("a `yardstick` has one of `of`, `sd` and `value`")
        if self.less is not None and self.of is None:
            raise ValueError("`less` is what is taken from `of`")
        return self
