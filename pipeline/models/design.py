"""A survey design: weights, strata and primary sampling units, and the variance it gives by Taylor linearisation.

The variance of an estimate is that of the total of its influence values z over the design (Binder 1983; Lumley 2010,
chapter 2): Σ_h (1 − n_h/N_h) n_h/(n_h−1) Σ_i (z_hi − z̄_h)², over strata h and their sampled units i, z_hi the unit's
total. It is what R's ``survey::svyrecvar`` computes at the first stage.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal, get_args

import numpy as np
import polars as pl

from pipeline.errors import ModelError
from pipeline.models.regression_data import codes, require

LonelyPsu = Literal["certainty", "adjust", "remove", "average", "fail"]
Subset = Literal["answered", "domain"]

LONELY_IN_WORDS = {
    "certainty": "no variance within",
    "remove": "left out of the variance",
    "adjust": "centred on the whole sample",
    "average": "the average of other strata",
    "fail": "refused",
}


@dataclass(frozen=True)
class Design:
    """One row of each array per row of the sample: weight, stratum code, code of the unit within its stratum.

    ``fpc`` holds the number of units in the row's stratum in the population, or is None for sampling with replacement.
    """

    weights: np.ndarray
    stratum: np.ndarray
    unit: np.ndarray
    fpc: np.ndarray | None = None
    lonely_psu: LonelyPsu = "certainty"

    @property
    def n_rows(self) -> int:
        return len(self.weights)

    @cached_property
    def sampled_units(self) -> np.ndarray:
        """Which of the unit codes occur."""
        return np.bincount(self.unit) > 0

    @cached_property
    def stratum_of_unit(self) -> np.ndarray:
        """The stratum code of each unit that occurs."""
        stratum = np.zeros(len(self.sampled_units), dtype=np.int64)
        stratum[self.unit] = self.stratum
        return stratum[self.sampled_units]

    @cached_property
    def stratum_sizes(self) -> np.ndarray:
        """How many units each stratum code has."""
        return np.bincount(self.stratum_of_unit)

    @property
    def n_strata(self) -> int:
        return int((self.stratum_sizes > 0).sum())

    @property
    def n_units(self) -> int:
        return len(self.stratum_of_unit)

    @property
    def df(self) -> int:
        """Design degrees of freedom: units less strata (survey's ``degf``)."""
        return self.n_units - self.n_strata

    def subset(self, rows: np.ndarray) -> Design:
        """The rows in the mask as a design of their own."""
        fpc = None if self.fpc is None else self.fpc[rows]
        return replace(self, weights=self.weights[rows], stratum=self.stratum[rows], unit=self.unit[rows], fpc=fpc)

    def covariance(self, influence: np.ndarray) -> np.ndarray:
        """The covariance (p × p) of the totals of ``influence`` (rows × p); rows outside a domain hold zeros.

        Raises ModelError under the rule "fail" where a stratum has one unit.
        """
        n_codes = len(self.sampled_units)
        totals = np.column_stack([np.bincount(self.unit, column, n_codes) for column in influence.T])
        totals, stratum, size = totals[self.sampled_units], self.stratum_of_unit, self.stratum_sizes
        means = np.column_stack([np.bincount(stratum, column) for column in totals.T]) / np.maximum(size, 1)[:, None]
        lonely = size == 1
        if self.lonely_psu == "fail" and lonely.any():
            raise ModelError(
                "strata with one sampling unit, whose variance cannot be seen",
                count=int(lonely.sum()),
                todo="Declare a `lonely_psu` rule, or merge strata.",
            )
        if self.lonely_psu == "adjust":
            means[lonely] = 0.0
        scale = np.where(lonely, 1.0, size / np.maximum(size - 1, 1)) * self._share_not_sampled(size)
        deviations = totals - means[stratum]
        covariance = (deviations * scale[stratum][:, None]).T @ deviations
        if self.lonely_psu == "average":
            covariance *= (size > 0).sum() / max((size > 1).sum(), 1)
        return covariance

    def _share_not_sampled(self, size: np.ndarray) -> np.ndarray:
        if self.fpc is None:
            return np.ones(len(size))
        population = np.zeros(len(size))
        population[self.stratum] = self.fpc
        if np.any(population < size):
            raise ModelError("a stratum's population count is smaller than its sample", where="fpc")
        return np.where(size > 0, 1 - size / np.maximum(population, 1), 1.0)

    def described(self) -> str:
        """How a standard error from this design is made, in words."""
        lonely = int((self.stratum_sizes == 1).sum())
        words = f"design-based, Taylor linearisation: {self.n_strata:,} strata, {self.n_units:,} sampling units"
        if lonely:
            words += f", {lonely} lonely ({self.lonely_psu}: {LONELY_IN_WORDS[self.lonely_psu]})"
        return words


def design_of(
    frame: pl.DataFrame,
    *,
    weight: str | None = None,
    strata: str | None = None,
    psu: str | None = None,
    fpc: str | None = None,
    lonely_psu: LonelyPsu = "certainty",
) -> Design:
    """The design of a sample: units are nested in strata (survey's ``nest = TRUE``); without ``psu`` each row is one.

    Raises ModelError for absent columns, a missing or negative weight, a missing stratum, unit or population count.
    """
    if lonely_psu not in get_args(LonelyPsu):
        raise ModelError(f"`{lonely_psu}` is no rule for lonely sampling units", todo=f"Use {get_args(LonelyPsu)}.")
    named = [name for name in (weight, strata, psu, fpc) if name is not None]
    require(frame, named)
    for name in named:
        missing = frame[name].null_count()
        if missing:
            raise ModelError("rows without a value for the design", where=name, count=missing, todo="Leave them out.")
    weights = np.ones(frame.height) if weight is None else frame[weight].cast(pl.Float64).to_numpy()
    if np.any(weights < 0):
        raise ModelError("weights below zero", where=str(weight), count=int((weights < 0).sum()))
    stratum = np.zeros(frame.height, dtype=np.int64) if strata is None else codes(frame[strata])
    unit = np.arange(frame.height) if psu is None else codes(frame[psu])
    if strata is not None and psu is not None:
        unit = np.unique(stratum * (unit.max(initial=0) + 1) + unit, return_inverse=True)[1]
    counts = None if fpc is None else frame[fpc].cast(pl.Float64).to_numpy()
    return Design(weights, stratum, unit, counts, lonely_psu)
