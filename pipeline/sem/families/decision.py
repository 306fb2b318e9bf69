"""By what rule a level of invariance is refused, and what a tested scale returns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from pipeline.sem.engine.comparison import Comparison
from pipeline.sem.engine.result import Result
from pipeline.sem.ordinal.result import OrdinalResult


@dataclass(frozen=True)
class Configural:
    """What the configural model has to reach before anything is compared: least CFI, most RMSEA and SRMR.

    ``None`` leaves a measure out. A model that does not describe the answers anywhere cannot measure alike everywhere.
    Defaults: the usual bounds of acceptable fit (Browne & Cudeck 1993 for RMSEA; Hu & Bentler 1999, Structural Equation
    Modeling 6, 1–55, for SRMR; Bentler 1990 for CFI). Without degrees of freedom there is nothing to test.
    """

    cfi: float | None = 0.90
    rmsea: float | None = 0.08
    srmr: float | None = 0.08

    def violated(self, fit: Mapping[str, float]) -> str | None:
        """The first bound that the fit violates, in words; None if it meets them all."""
        if not fit["df"] > 0:
            return None
        end = ".scaled" if "chisq.scaled" in fit else ""
        cfi, rmsea, srmr = fit["cfi" + end], fit["rmsea" + end], fit["srmr"]
        if self.cfi is not None and not cfi >= self.cfi:
            return f"CFI is {cfi:.3f}, below {self.cfi:.3f}: the configural model does not fit"
        if self.rmsea is not None and not rmsea <= self.rmsea:
            return f"RMSEA is {rmsea:.3f}, above {self.rmsea:.3f}: the configural model does not fit"
        if self.srmr is not None and not srmr <= self.srmr:
            return f"SRMR is {srmr:.3f}, above {self.srmr:.3f}: the configural model does not fit"
        return None


@dataclass(frozen=True)
class Criterion:
    """When a step up the ladder is refused: CFI falls or RMSEA rises by more, or the (scaled) Δχ² has a smaller p.

    ``None`` leaves a criterion out; those given are applied in order, and the first that is violated decides. Defaults:
    Chen (2007), Structural Equation Modeling 14, 464–504. ``configural``: what the first model has to reach; ``None``
    compares whatever it fits.
    """

    cfi_drop: float | None = 0.010
    rmsea_rise: float | None = 0.015
    p: float | None = None
    configural: Configural | None = Configural()

    def unfit(self, fit: Mapping[str, float]) -> str | None:
        """Why the configural model allows no comparison; None if it does."""
        return self.configural.violated(fit) if self.configural else None

    def violated(self, step: Comparison) -> str | None:
        """The first criterion that the step violates, in words; None if it passes."""
        if self.cfi_drop is not None and not -step.cfi <= self.cfi_drop:
            return f"CFI falls by {-step.cfi:.3f}, more than {self.cfi_drop:.3f}"
        if self.rmsea_rise is not None and not step.rmsea <= self.rmsea_rise:
            return f"RMSEA rises by {step.rmsea:.3f}, more than {self.rmsea_rise:.3f}"
        if self.p is not None and not step.p >= self.p:
            return f"chi-square difference has p = {step.p:.3g}, below {self.p:g}"
        return None


@dataclass(frozen=True)
class Invariance:
    """How far a scale is invariant, the models behind it, and what partial invariance would take."""

    table: pl.DataFrame
    level: str  # the highest level that holds: none, configural, metric, scalar, strict
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
        """Whether latent means may be compared once the freed items may differ."""
        return self.means_comparable or self.partial_level in ("scalar", "strict")
