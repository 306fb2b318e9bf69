"""The recipe of a weight set: which steps lead from base weight to panel weight, and with what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import polars as pl

from pipeline.weights.distances import Method
from pipeline.weights.margins import Unanswered


@dataclass(frozen=True)
class Recipe:
    """How a weight set is made. ``predictors`` of response; population ``targets``; limits in multiples of the mean.

    ``response="propensity"`` divides by the modelled chance, ``"classes"`` by the response rate in ``classes`` quantile
    classes of it, ``"none"`` leaves the base weight. ``method`` meets the targets: ``"rake"``, ``"post_stratify"``, or
    calibration (``"linear"``, ``"raking"``, ``"logit"``) with ``bounds`` on the ratio to the response weight.
    """

    response: Literal["propensity", "classes", "none"] = "propensity"
    predictors: tuple[str, ...] = ()
    reference: Mapping[str, str] = field(default_factory=dict)
    classes: int = 5
    smallest_class: int = 20
    targets: pl.DataFrame | None = None
    unanswered: Unanswered = "keep"
    method: Literal["rake", "post_stratify"] | Method = "rake"
    bounds: tuple[float, float] | None = None
    lower: float = 0.0
    upper: float = np.inf

    @property
    def has_limits(self) -> bool:
        """Whether weights are trimmed."""
        return self.lower > 0 or np.isfinite(self.upper)
