"""By what rule a level of invariance is refused, and what a tested scale returns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from pipeline.sem.engine.comparison import Comparison
from pipeline.sem.engine.result import Result
from pipeline.sem.ordinal.result import OrdinalResult


@dataclass(frozen=True)
class Criterion:
    """When a step up the ladder is refused: CFI falls or RMSEA rises by more, or the (scaled) Δχ² has a smaller p.

    ``None`` leaves a criterion out; those given are applied in order, and the first that is violated decides. Defaults:
    Chen (2007), Structural Equation Modeling 14, 464–504.
    """

    cfi_drop: float | None = 0.010
    rmsea_rise: float | None = 0.015
    p: float | None = None

    def violated(self, step: Comparison) -> str | None:
        """The first criterion that the step violates, in words; None if it passes."""
        if self.cfi_drop is not None and -step.cfi > self.cfi_drop:
            return f"CFI falls by {-step.cfi:.3f}, more than {self.cfi_drop:.3f}"
        if self.rmsea_rise is not None and step.rmsea > self.rmsea_rise:
            return f"RMSEA rises by {step.rmsea:.3f}, more than {self.rmsea_rise:.3f}"
        if self.p is not None and not step.p >= self.p:
            return f"chi-square difference has p = {step.p:.3g}, below {self.p:g}"
        return None


@dataclass(frozen=True)
class Invariance:
    """How far a scale is invariant, the models behind it, and what partial invariance would take."""

    table: pl.DataFrame
    level: str  # the highest level held: none, configural, metric, scalar, strict
    models: Mapping[str, Result | OrdinalResult]
    freed: tuple[str, ...] = ()
    partial: Result | None = None
    partial_level: str | None = None
    trend: pl.DataFrame = field(default_factory=pl.DataFrame)

    @property
    def means_comparable(self) -> bool:
        """Whether means may be compared: scalar invariance holds for every item."""
        return self.level in ("scalar", "strict")

    @property
    def means_partially_comparable(self) -> bool:
        """Whether latent means may be compared once the freed items are let differ."""
        return self.means_comparable or self.partial_level in ("scalar", "strict")
