"""Power and the fewest people for an effect: two groups, before and after, with a comparison; in areas; of shares.

Means: the noncentral t distribution, as R's ``power.t.test``. Shares: the normal approximation of ``power.prop.test``.
Areas: the difference of two groups of areas on their degrees of freedom (Donner and Klar 2000), with the correlations
over time of a panel in areas (Teerenstra and others 2012).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from pipeline.door import public
from pipeline.index.programmes.errors import refused

PowerDesign = Literal["two_groups", "before_after", "with_comparison"]
Sides = Literal[1, 2]
MOST = 10_000_000
"""People of whom no study asks more."""


@dataclass(frozen=True)
class Plan:
    """What a study asks: its design, how alike answers are, and its error rates."""

    design: str
    correlation: float
    areas: int | None
    icc: float
    area_correlation: float
    size_variation: float
    alpha: float
    sides: int
    strict: bool


@public()
def power_of(
    effect: float,
    n: float,
    *,
    design: PowerDesign = "two_groups",
    correlation: float = 0.5,
    areas: int | None = None,
    icc: float = 0.02,
    area_correlation: float = 0.8,
    size_variation: float = 0.0,
    shares: tuple[float, float] | None = None,
    alpha: float = 0.05,
    sides: Sides = 2,
    strict: bool = False,
) -> float:
    """The chance to find an effect, from 0 to 1.

    ``effect``: in standard deviations of the outcome. ``n``: people of each group, or with ``areas`` (of each group)
    people of each area. ``two_groups``: those with and without the programme, asked once. ``before_after``: one group
    asked twice, ``correlation`` between its answers. ``with_comparison``: two groups asked twice, the difference of
    their changes. ``icc``: the share of the variance that is between areas; ``area_correlation``: of an area's mean
    before and after; ``size_variation``: the coefficient of variation of the areas' numbers of people. ``shares``: of a
    yes or no in two groups, in place of ``effect`` (which is then ignored). ``strict`` counts findings in the wrong
    direction, too, as R's ``strict=TRUE``.

    R: ``power.t.test``, ``power.prop.test``. Raises CohesionError for numbers that cannot be.

    >>> from pipeline.index import power_of
    >>> round(power_of(0.2, 394), 3)
    0.801
    """
    plan = _plan(design, correlation, areas, icc, area_correlation, size_variation, alpha, sides, strict)
    _require_n(n, plan)
    if shares is not None:
        return _of_shares(_shares(shares, plan), n, plan)
    _require_effect(effect)
    return _of_means(abs(effect), n, plan)


@public()
def minimum_n(
    effect: float,
    power: float = 0.8,
    *,
    design: PowerDesign = "two_groups",
    correlation: float = 0.5,
    areas: int | None = None,
    icc: float = 0.02,
    area_correlation: float = 0.8,
    size_variation: float = 0.0,
    shares: tuple[float, float] | None = None,
    alpha: float = 0.05,
    sides: Sides = 2,
    strict: bool = False,
    whole: bool = True,
) -> float:
    """The fewest people of each group (with ``areas`` of each area) for the power; arguments as of ``power_of``.

    ``whole``: rounded up to people; else the number at which the power is met exactly, as R gives it. Raises
    CohesionError where no number of people is enough, since areas are too few.

    >>> from pipeline.index import minimum_n
    >>> minimum_n(0.2)
    394.0
    """
    plan = _plan(design, correlation, areas, icc, area_correlation, size_variation, alpha, sides, strict)
    if not 0 < power < 1 or power <= alpha:
        raise refused(f"`power={power!r}` is no power", where="power", todo=f"Give a share above alpha={alpha:g}.")
    if shares is not None:
        pair = _shares(shares, plan)
        if pair[0] == pair[1]:
            raise refused("the two shares are the same: there is nothing to find", where="shares")
        found = _solved(lambda n: _of_shares(pair, n, plan), power, plan)
    else:
        _require_effect(effect)
        if effect == 0:
            raise refused("no number of people finds an effect of zero", where="effect")
        found = _solved(lambda n: _of_means(abs(effect), n, plan), power, plan)
    return float(math.ceil(found - 1e-9)) if whole else found


@public()
def smallest_effect(
    n: float,
    power: float = 0.8,
    *,
    design: PowerDesign = "two_groups",
    correlation: float = 0.5,
    areas: int | None = None,
    icc: float = 0.02,
    area_correlation: float = 0.8,
    size_variation: float = 0.0,
    alpha: float = 0.05,
    sides: Sides = 2,
) -> float:
    """The smallest effect that so many people find with this power, in standard deviations; as of ``power_of``.

    >>> from pipeline.index import smallest_effect
    >>> round(smallest_effect(394), 3)
    0.2
    """
    from scipy.optimize import brentq

    plan = _plan(design, correlation, areas, icc, area_correlation, size_variation, alpha, sides, False)
    _require_n(n, plan)
    if not 0 < power < 1 or power <= alpha:
        raise refused(f"`power={power!r}` is no power", where="power", todo=f"Give a share above alpha={alpha:g}.")
    high = 1.0
    while _of_means(high, n, plan) < power:
        high *= 2
        if high > 1e6:
            raise refused("no effect is found by so few people", where="n", todo="Add people, or areas.")
    return float(brentq(lambda effect: _of_means(effect, n, plan) - power, 0.0, high, xtol=1e-13, rtol=1e-13))


def design_effect(n: float, icc: float, size_variation: float = 0.0) -> float:
    """How much asking ``n`` people of each area widens variances: 1 + ((cv² + 1) n - 1) ICC (Eldridge et al. 2006)."""
    return 1 + ((size_variation**2 + 1) * n - 1) * icc


def _plan(
    design: str,
    correlation: float,
    areas: int | None,
    icc: float,
    area_correlation: float,
    size_variation: float,
    alpha: float,
    sides: int,
    strict: bool,
) -> Plan:
    for name, value in (("correlation", correlation), ("area_correlation", area_correlation)):
        if not -1 < value < 1 and not (name == "area_correlation" and value == 1):
            raise refused(f"`{name}={value!r}` is no correlation below one", where=name)
    if not 0 <= icc < 1:
        raise refused(f"`icc={icc!r}` is no share below one", where="icc")
    if not 0 < alpha < 1:
        raise refused(f"`alpha={alpha!r}` is no error rate", where="alpha", todo="Give alpha=0.05.")
    if not (math.isfinite(size_variation) and size_variation >= 0):
        raise refused(f"`size_variation={size_variation!r}` is no coefficient of variation", where="size_variation")
    if areas is not None and (areas != int(areas) or areas < 2):
        raise refused(f"`areas={areas!r}`: each group needs two areas or more", where="areas")
    return Plan(design, correlation, areas, icc, area_correlation, size_variation, alpha, sides, strict)


def _require_n(n: float, plan: Plan) -> None:
    least = 1 if plan.areas else 2
    if not (math.isfinite(n) and n >= least):
        raise refused(f"`n={n!r}` is no number of people", where="n", todo=f"Give {least} or more.")


def _require_effect(effect: float) -> None:
    if not math.isfinite(effect):
        raise refused(f"`effect={effect!r}` is no effect", where="effect", todo="Give it in standard deviations.")


def _shares(shares: tuple[float, float], plan: Plan) -> tuple[float, float]:
    if len(shares) != 2 or not all(0 < one < 1 for one in shares):
        raise refused(f"`shares={shares!r}` are no two shares between 0 and 1", where="shares")
    if plan.design != "two_groups":
        raise refused(
            "power for shares is that of two groups asked once",
            where="shares",
            todo='Leave `design` as "two_groups", or give an effect in standard deviations.',
        )
    return shares


def _spread(n: float, plan: Plan) -> tuple[float, float]:
    """The variance of the estimate at an outcome variance of one, and its degrees of freedom."""
    groups = 1 if plan.design == "before_after" else 2
    twice = plan.design != "two_groups"
    if plan.areas is None:
        return groups * (2 * (1 - plan.correlation) if twice else 1.0) / n, groups * (n - 1)
    size = plan.areas * n
    widened = design_effect(n, plan.icc, plan.size_variation)
    if twice:
        # what is alike within an area and within a person cancels as far as it stays (Teerenstra and others 2012)
        stays = (n * plan.icc * plan.area_correlation + (1 - plan.icc) * plan.correlation) / (1 + (n - 1) * plan.icc)
        widened *= 2 * (1 - stays)
    return groups * widened / size, groups * (plan.areas - 1)


def _of_means(effect: float, n: float, plan: Plan) -> float:
    from scipy.stats import t

    variance, df = _spread(n, plan)
    if df <= 0:
        return 0.0
    limit = float(t.isf(plan.alpha / plan.sides, df))
    shift = effect / math.sqrt(variance)
    wrong_way = _beyond(limit, df, -shift) if plan.strict and plan.sides == 2 else 0.0
    return _beyond(limit, df, shift) + wrong_way


def _beyond(limit: float, df: float, shift: float) -> float:
    """The chance that noncentral t is above a limit; far from it, where the distribution is not computed, 0 or 1."""
    from scipy.stats import nct

    found = float(nct.sf(limit, df, shift))
    return found if math.isfinite(found) else float(shift > limit)


def _of_shares(shares: tuple[float, float], n: float, plan: Plan) -> float:
    from scipy.special import ndtr, ndtri

    p, q = shares
    if plan.areas is not None:
        n = plan.areas * n / design_effect(n, plan.icc, plan.size_variation)
    limit = float(-ndtri(plan.alpha / plan.sides)) * math.sqrt((p + q) * (1 - (p + q) / 2))
    own = math.sqrt(p * (1 - p) + q * (1 - q))
    found = math.sqrt(n) * abs(p - q)
    power = float(ndtr((found - limit) / own))
    if plan.strict and plan.sides == 2:
        power += float(ndtr((-found - limit) / own))
    return power


def _solved(power_at: Callable[[float], float], power: float, plan: Plan) -> float:
    from scipy.optimize import brentq

    low = 1.0 if plan.areas else 2.0
    if power_at(low) >= power:
        return low
    high = low * 2
    while power_at(high) < power:
        high *= 2
        if high > MOST:
            raise refused(
                "no number of people in each area gives this power",
                where="areas" if plan.areas else "effect",
                todo="Add areas: what people of an area share does not average out by asking more of them."
                if plan.areas
                else "The effect is too small.",
            )
    return float(brentq(lambda n: power_at(n) - power, low, high, xtol=1e-12, rtol=1e-14))
