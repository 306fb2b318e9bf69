"""weights.yaml: weight sets, each for the waves that an analysis reads; and one row of targets.csv."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from pipeline.specs.base import Assumable, Declaration, Name, Range, Text, WaveName

DELIVERED = "design_weight"
"""What the weight as delivered is called wherever a weight is named; no weight set has this name."""


class Response(Declaration):
    """How a weight compensates for non-response.

    ``propensity`` divides by the modelled probability of response, ``classes`` by the response rate in classes of it.
    ``source`` is the earlier wave whose answers predict (``latest``: each person's last), by default the set's first.
    Numbers enter as they are; those in ``categorical`` as categories, against the one that ``reference`` names.
    """

    method: Literal["none", "propensity", "classes"] = "propensity"
    predictors: tuple[Name, ...] = ()
    categorical: tuple[Name, ...] = ()
    reference: dict[Name, Text] = {}
    source: WaveName | Literal["latest"] | None = None
    classes: int = Field(default=5, ge=2)
    smallest_class: int = Field(default=20, ge=1)

    @model_validator(mode="after")
    def _predicts_from_something(self) -> Response:
        if self.method != "none" and not self.predictors:
            raise ValueError(f"`method: {self.method}` needs `predictors`; without any, give `method: none`")
        stray = sorted({*self.categorical, *self.reference} - set(self.predictors))
        if stray:
            raise ValueError(f"{', '.join(f'`{name}`' for name in stray)} is not among the `predictors`")
        return self


class Margins(Declaration):
    """Which margins of targets.csv the weights meet, and how.

    ``wave`` is the wave of the targets, by default the one the weights start from. ``bounds`` limit the ratio of
    the calibrated weight to the one before. ``unanswered: keep`` leaves those without an answer to a margin their share
    of the weight; ``error`` refuses them.
    """

    variables: tuple[Name, ...] = Field(min_length=1)
    wave: WaveName | None = None
    method: Literal["rake", "post_stratify", "linear", "raking", "logit"] = "rake"
    bounds: Range | None = None
    unanswered: Literal["keep", "error"] = "keep"

    @model_validator(mode="after")
    def _method_and_bounds_agree(self) -> Margins:
        if self.method == "post_stratify" and len(self.variables) > 1:
            raise ValueError("`method: post_stratify` takes one variable; use `rake`, or cross them in the data")
        if self.method in ("rake", "post_stratify") and self.bounds is not None:
            raise ValueError(f"`method: {self.method}` takes no `bounds`; use `raking`, `linear` or `logit`")
        if self.method == "logit" and self.bounds is None:
            raise ValueError("`method: logit` needs `bounds`: the lowest and highest ratio to the weight before")
        if self.bounds is not None and not 0 <= self.bounds[0] < 1 < self.bounds[1]:
            raise ValueError("`bounds` must enclose 1 and not be negative")
        return self


class Trim(Declaration):
    """The smallest and largest weight, in multiples of the mean; the margins are met again inside them."""

    lower: float = Field(default=0.0, ge=0, lt=1)
    upper: float | None = Field(default=None, gt=1)


class ReplicatePlan(Declaration):
    """Replicates of the design in each of which response model, margins and trimming are done again.

    ``number`` and ``seed`` are those of the bootstrap; the jackknives and ``brr`` have as many as the design gives.
    """

    kind: Literal["bootstrap", "jk1", "jkn", "brr"] = "bootstrap"
    number: int = Field(default=200, ge=2, le=5000)
    seed: int | None = None
    fay: float = Field(default=0.0, ge=0, lt=1)

    @model_validator(mode="after")
    def _random_kinds_have_a_seed(self) -> ReplicatePlan:
        if self.kind == "bootstrap" and self.seed is None:
            raise ValueError("a bootstrap needs a `seed`: the same build gives the same numbers")
        return self


class WaveWeight(Declaration):
    """The weight as delivered with one wave, such as the longitudinal weight of the last wave of the set."""

    wave: WaveName


class WeightSet(Assumable):
    """One entry of weights.yaml: the weight of those who answered a set of waves, from base to final.

    ``who: all`` weights those who answered every one of ``waves``, ``any`` those who answered at least one. ``arms``
    are weighted each by itself, by default all that have these waves. ``base`` is the delivered weight of the wave that
    the set starts from, that of another ``wave``, or ``none``.
    """

    label: Text
    waves: tuple[WaveName, ...] = Field(min_length=1)
    who: Literal["all", "any"] = "all"
    arms: tuple[Name, ...] = ()
    base: Literal["design_weight", "none"] | WaveWeight = "design_weight"
    response: Response = Response(method="none")
    margins: Margins | None = None
    trim: Trim | None = None
    replicates: ReplicatePlan | None = None

    @property
    def origin(self) -> str:
        """The wave whose answers and base weights the set starts from, or ``latest``."""
        return self.response.source or self.waves[0]

    @property
    def base_wave(self) -> str | None:
        """The wave whose delivered weight is the base, where it is named."""
        return self.base.wave if isinstance(self.base, WaveWeight) else None

    @model_validator(mode="after")
    def _later_weights_are_adjusted(self) -> WeightSet:
        if self.base_wave is not None and self._models_response:
            raise ValueError(
                f"the weight of `{self.base_wave}` is adjusted for those who left before: with `base: {{wave: …}}` "
                "declare `response: {method: none}`, or start from the delivered weight of the first wave"
            )
        return self

    @model_validator(mode="after")
    def _starts_before_it_ends(self) -> WeightSet:
        if list(self.waves) != sorted(set(self.waves)):
            raise ValueError("`waves` are listed in order, each once")
        if self.origin != "latest" and self.origin > self.waves[0]:
            raise ValueError(f"the predictors' wave `{self.origin}` is after the first of `waves`")
        if self.who == "all" and len(self.waves) == 1 and self.origin == self.waves[0] and self._models_response:
            raise ValueError("everyone asked has answered this one wave: name an earlier `source`, or `method: none`")
        if self.origin == "latest" and self.margins is not None and self.margins.wave is None:
            raise ValueError("with `source: latest` the `margins` name their `wave`")
        return self

    @property
    def _models_response(self) -> bool:
        return self.response.method != "none"


class Target(Declaration):
    """One row of targets.csv: the share of the population in one category. An empty wave or arm stands for all."""

    wave: WaveName | None = None
    arm: Name | None = None
    variable: Name
    category: str = Field(min_length=1)
    share: float = Field(ge=0, le=1)
    source: str = Field(min_length=1)


def arms_of(weights: WeightSet, calendar: dict[str, tuple[str, ...]]) -> list[str]:
    """The arms that a set weights: those named, or all whose calendar has its waves."""
    needed = {*weights.waves, *([] if weights.origin == "latest" else [weights.origin])}
    fits = [arm for arm, waves in calendar.items() if needed <= set(waves)]
    return [arm for arm in fits if not weights.arms or arm in weights.arms]
