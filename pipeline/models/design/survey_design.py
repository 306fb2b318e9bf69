"""A survey design: weights, strata and primary sampling units, and the variance it gives by Taylor linearisation.

The variance of an estimate is that of the total of its influence values z over the design (Binder 1983; Lumley 2010,
chapter 2): Σ_h (1 − n_h/N_h) n_h/(n_h−1) Σ_i (z_hi − z̄_h)², over strata h and their sampled units i, z_hi the unit's
total. Where units were sampled within sampled units, their variance within each is added, times the sampled share of
first-stage units (Särndal, Swensson & Wretman 1992, result 4.3.1). It is what R's ``survey::svyrecvar`` computes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal, get_args

import numpy as np
import polars as pl

from pipeline.errors import ModelError
from pipeline.models.columns import codes, require

LonelyPsu = Literal["certainty", "adjust", "remove", "average", "fail"]
Subset = Literal["answered", "domain"]

WHOLE = 1e-7
"""A stratum of which no larger share is left out was taken whole, and varies no more (survey's ``onestrat``)."""

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
    ``subunit`` is the code of the second-stage unit, ``fpc_second`` how many of those the row's first-stage unit has.
    ``margins`` (rows × k) are the columns whose totals the weights were calibrated to, ``base`` the weights before it.
    """

    weights: np.ndarray
    stratum: np.ndarray
    unit: np.ndarray
    fpc: np.ndarray | None = None
    lonely_psu: LonelyPsu = "certainty"
    subunit: np.ndarray | None = None
    fpc_second: np.ndarray | None = None
    margins: np.ndarray | None = None
    base: np.ndarray | None = None

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
        return np.asarray(stratum[self.sampled_units])

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
        """The rows in the mask, or at the places, as a design of their own."""

        def taken(values: np.ndarray | None) -> np.ndarray | None:
            return None if values is None else values[rows]

        return replace(
            self,
            weights=self.weights[rows],
            stratum=self.stratum[rows],
            unit=self.unit[rows],
            fpc=taken(self.fpc),
            subunit=taken(self.subunit),
            fpc_second=taken(self.fpc_second),
            margins=taken(self.margins),
            base=taken(self.base),
        )

    def covariance(self, influence: np.ndarray, inside: np.ndarray | None = None) -> np.ndarray:
        """The covariance (p × p) of the totals of ``influence`` (rows × p); rows outside a domain hold zeros.

        ``inside`` marks the rows of the domain: the rule "average" counts the strata that it reaches, as R does.
        Raises ModelError under the rule "fail" where a stratum has one unit.
        """
        influence = self._off_margins(influence)
        covariance = stage_covariance(influence, self.stratum, self.unit, self.fpc, self.lonely_psu, inside=inside)
        if self.subunit is None or self.fpc is None:  # with replacement, the first stage holds all of the variance
            return covariance
        size = np.bincount(self.stratum_of_unit)
        sampled = size[self.stratum] / self.fpc
        second = stage_covariance(
            influence, self.unit, self.subunit, self.fpc_second, self.lonely_psu, factor=sampled, inside=inside
        )
        return np.asarray(covariance + second)

    def _off_margins(self, influence: np.ndarray) -> np.ndarray:
        """What of the influence the margins do not explain: calibration leaves no variance in what they do.

        Deville & Särndal (1992), section 2: residuals of the regression on the margins, with the base weights.
        """
        if self.margins is None:
            return influence
        weights = np.where(self.weights > 0, self.weights, 1.0)[:, None]
        values = influence / weights
        root = np.sqrt(np.ones(len(values)) if self.base is None else self.base)[:, None]
        slopes = np.linalg.lstsq(self.margins * root, values * root, rcond=None)[0]
        return np.asarray((values - self.margins @ slopes) * weights)

    def described(self) -> str:
        """How a standard error from this design is made, in words."""
        words = described(self.stratum_sizes, self.lonely_psu)
        if self.subunit is not None and self.fpc is not None:
            words += f", {len(np.unique(self.subunit)):,} units at the second stage"
        if self.margins is not None:
            words += ", residuals of the margins"
        return words


def described(stratum_sizes: np.ndarray, lonely_psu: LonelyPsu) -> str:
    """A design of one stage in words; ``stratum_sizes``: how many units each stratum has."""
    words = "design-based, Taylor linearisation: "
    words += f"{int((stratum_sizes > 0).sum()):,} strata, {int(stratum_sizes.sum()):,} sampling units"
    if lonely := int((stratum_sizes == 1).sum()):
        words += f", {lonely} lonely ({lonely_psu}: {LONELY_IN_WORDS[lonely_psu]})"
    return words


def stage_covariance(
    influence: np.ndarray,
    stratum: np.ndarray,
    unit: np.ndarray,
    fpc: np.ndarray | None,
    rule: LonelyPsu,
    *,
    factor: np.ndarray | None = None,
    inside: np.ndarray | None = None,
) -> np.ndarray:
    """Σ_h factor_h (1 − n_h/N_h) n_h/(n_h−1) Σ_i (z_hi − z̄_h)(z_hi − z̄_h)′ over units within strata.

    Raises ModelError for a population count below the sample's, and under "fail" for a stratum with one unit.
    """
    n_codes, n_strata = int(unit.max(initial=-1)) + 1, int(stratum.max(initial=-1)) + 1
    sampled = np.bincount(unit, minlength=n_codes) > 0
    totals = np.column_stack([np.bincount(unit, column, n_codes) for column in influence.T])[sampled]
    home = np.zeros(n_codes, dtype=np.int64)
    home[unit] = stratum
    home = home[sampled]
    size = np.bincount(home, minlength=n_strata)
    sums = np.column_stack([np.bincount(home, column, n_strata) for column in totals.T])
    means = sums / np.maximum(size, 1)[:, None]
    left = _share_not_sampled(size, stratum, fpc)
    lonely = lonely_strata(size, left, rule)
    if rule == "adjust":
        means[lonely] = 0.0
    scale = np.where(size == 1, 1.0, size / np.maximum(size - 1, 1)) * left
    if factor is not None:
        by_stratum = np.zeros(n_strata)
        by_stratum[stratum] = factor
        scale = scale * by_stratum
    deviations = totals - means[home]
    covariance = (deviations * scale[home][:, None]).T @ deviations
    if rule == "average":
        reached = size > 0 if inside is None else np.bincount(stratum[inside], minlength=n_strata) > 0
        covariance *= reached.sum() / max((reached & ~lonely).sum(), 1)
    return np.asarray(covariance)


def lonely_strata(size: np.ndarray, left: np.ndarray, rule: LonelyPsu) -> np.ndarray:
    """Which strata have one sampling unit and are not sampled whole. Raises ModelError for any under "fail"."""
    lonely = np.asarray((size == 1) & (left > WHOLE))
    if rule == "fail" and lonely.any():
        raise ModelError(
            "strata with one sampling unit, whose variance cannot be estimated",
            count=int(lonely.sum()),
            todo="Declare a `lonely_psu` rule, or merge strata.",
        )
    return lonely


def _share_not_sampled(size: np.ndarray, stratum: np.ndarray, fpc: np.ndarray | None) -> np.ndarray:
    if fpc is None:
        return np.ones(len(size))
    population = np.zeros(len(size))
    population[stratum] = fpc
    if np.any(population < size):
        raise ModelError("a stratum's population count is smaller than its sample", where="fpc")
    return np.where(size > 0, 1 - size / np.maximum(population, 1), 1.0)


def design_of(
    frame: pl.DataFrame,
    *,
    weight: str | None = None,
    strata: str | None = None,
    psu: str | None = None,
    fpc: str | None = None,
    lonely_psu: LonelyPsu = "certainty",
    ssu: str | None = None,
    fpc_second: str | None = None,
    calibrated_on: Sequence[str] = (),
    calibrated_totals: Sequence[str] = (),
    base_weight: str | None = None,
) -> Design:
    """The design of a sample: units are nested in strata (survey's ``nest = TRUE``); without ``psu`` each row is one.

    ``ssu`` names the units sampled within ``psu``, and ``fpc_second`` how many there are (R: ``ids = ~psu + ssu``).
    ``calibrated_on`` are the categorical columns whose margins the weights meet, ``calibrated_totals`` those with
    numbers whose totals they meet; ``base_weight`` is the weight before, as R's ``postStratify`` and ``calibrate``
    take it, or None: R's ``rake`` counts each row once.

    Raises ModelError for absent columns, a missing or negative weight, a missing stratum, unit or population count.
    """
    if lonely_psu not in get_args(LonelyPsu):
        raise ModelError(f"`{lonely_psu}` is no rule for lonely sampling units", todo=f"Use {get_args(LonelyPsu)}.")
    named = [name for name in (weight, strata, psu, fpc, ssu, fpc_second, base_weight) if name is not None]
    named += [*calibrated_on, *calibrated_totals]
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
    within = None if ssu is None else codes(frame[ssu])
    if within is not None:
        within = np.unique(unit * (within.max(initial=0) + 1) + within, return_inverse=True)[1]
    seconds = None if fpc_second is None else frame[fpc_second].cast(pl.Float64).to_numpy()
    margins = _calibrated_columns(frame, calibrated_on, calibrated_totals)
    base = None if base_weight is None else frame[base_weight].cast(pl.Float64).to_numpy()
    return Design(weights, stratum, unit, counts, lonely_psu, within, seconds, margins, base)


def _calibrated_columns(frame: pl.DataFrame, margins: Sequence[str], totals: Sequence[str]) -> np.ndarray | None:
    """A constant, one column per category of each of ``margins``, and the numbers of ``totals``; None without any."""
    if not margins and not totals:
        return None
    dummies = [np.eye(frame[name].n_unique())[codes(frame[name])] for name in margins]
    numbers = [frame[name].cast(pl.Float64).to_numpy() for name in totals]
    return np.column_stack([np.ones(frame.height), *dummies, *numbers])
