"""Change among the same people: answers turned round, and distributions that moved more than answers usually do.

Attrition cannot explain what is found here: only people who answered both waves are compared. With hundreds of items
some move far by chance; each is tested against a change of the usual size, and the p-values are adjusted for all items
of the wave (Holm 1979).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from pipeline.harmonise.drift.distinct import distinct
from pipeline.harmonise.drift.finding import MANY, Finding
from pipeline.specs.rounding import decimal

USUAL_MEAN = 0.35
"""Change of the mean among the same people, in standard deviations, that waves may show without a finding."""
USUAL_SHARES = 0.2
"""Share of the same people by which the distribution may move between answers without a finding."""
ALPHA = 0.01
"""Chance of any false finding of this kind in a wave whose items all move by the usual amount."""


@dataclass(frozen=True)
class Moved:
    """One item's change among the same people, and how improbable it is if only the usual change is there."""

    finding: Finding
    p_value: float


Values = NDArray[np.float64]
Pair = tuple[Values, Values]
"""The values before and now of the people who have both."""


def moved(arm: str, key: str, kind: str, pair: Pair, where: str) -> Moved | None:
    """How far an item moved: the mean of ordered answers and amounts, the shares of categories."""
    was, now = pair
    if len(was) < MANY:
        return None
    if kind != "nominal":
        by_mean = _mean(arm, key, was, now, where)
        if kind == "number" or (by_mean is not None and by_mean.p_value < ALPHA):
            return by_mean
    return _shares(arm, key, was, now, where)


def _mean(arm: str, key: str, was: Values, now: Values, where: str) -> Moved | None:
    """One-sided test that the standardised mean change is beyond ``USUAL_MEAN`` (a minimum-effect z-test, paired)."""
    spread = math.sqrt((was.var() + now.var()) / 2)
    if not spread:
        return None
    change = float(now.mean() - was.mean()) / spread
    std_error = float((now - was).std(ddof=1)) / spread / math.sqrt(len(now))
    ends = f"from {decimal(float(was.mean()))} to {decimal(float(now.mean()))}"
    what = (
        f"the same people's mean moved by {'+' * (change > 0)}{decimal(change)} standard deviations, {ends} "
        f"(standard error {decimal(std_error)})."
    )
    todo = (
        "Attrition cannot explain it: the same people are compared. Look for an event between the waves, "
        "or for a new wording, coding or routing."
    )
    return _as_moved(arm, key, what, todo, where, len(now), abs(change) - USUAL_MEAN, std_error)


def _shares(arm: str, key: str, was: Values, now: Values, where: str) -> Moved | None:
    """The same for half the summed changes of the shares, which is a mean of differences once their signs are known."""
    categories, codes = distinct(np.concatenate([was, now]))
    first, second = codes[: len(was)], codes[len(was) :]
    changes = (np.bincount(second, minlength=len(categories)) - np.bincount(first, minlength=len(categories))) / len(
        was
    )
    signs = np.sign(changes)
    distance = float(np.abs(changes).sum() / 2)
    std_error = float(((signs[second] - signs[first]) / 2).std(ddof=1)) / math.sqrt(len(was))
    what = f"{distance:.0%} of the same people's answers are in other categories than in the wave before (net)."
    todo = "Look for a change of routing, of who is asked about what, of the options offered, or of coding."
    return _as_moved(arm, key, what, todo, where, len(now), distance - USUAL_SHARES, std_error)


def _as_moved(
    arm: str, key: str, what: str, todo: str, where: str, count: int, beyond: float, std_error: float
) -> Moved:
    z = beyond / std_error if std_error else math.copysign(math.inf, beyond)
    p_value = 1 - NormalDist().cdf(z) if math.isfinite(z) else float(z < 0)
    return Moved(Finding(arm, key, "distribution", "warns", what, where, todo, count=count), p_value)


def beyond_the_usual(candidates: Sequence[Moved]) -> Iterator[Finding]:
    """The items of a wave that moved more than usual: step-down over all that were compared (Holm 1979)."""
    ordered = sorted(candidates, key=lambda one: one.p_value)
    for rank, one in enumerate(ordered):
        adjusted = min(1.0, one.p_value * (len(ordered) - rank))
        if adjusted > ALPHA:
            return
        yield Finding(**{**vars(one.finding), "confidence": round(min(0.99, 1 - adjusted), 2)})


def upper_bound(correlation: float, people: int, z: float) -> float:
    """The upper confidence bound of a correlation (Fisher's z)."""
    return math.tanh(math.atanh(max(-0.999, min(0.999, correlation))) + z / math.sqrt(people - 3))


def correlation(pair: Pair) -> float | None:
    """Pearson's, or nothing for fewer than ``MANY`` people or a constant."""
    was, now = pair
    if len(was) < MANY or (was == was[0]).all() or (now == now[0]).all():
        return None
    first, second = was - was.mean(), now - now.mean()
    return float(first @ second / math.sqrt(float(first @ first) * float(second @ second)))


def against_earlier(correlations: Iterable[tuple[float, int] | None], z: float) -> tuple[float, int] | None:
    """Correlation with the last of the earlier waves and people in both, if negative beyond chance with each.

    Against one alone it may be that one which was turned round.
    """
    last: tuple[float, int] | None = None
    for found in correlations:
        if found is None:
            continue
        if upper_bound(*found, z) >= 0:
            return None
        last = last or found
    return last


def kappa(pair: Pair) -> tuple[float, float, float, int] | None:
    """Cohen's kappa, its standard error, the share that agrees, and people; nothing for too few or one category.

    The standard error is the simple one, from the share that agrees alone (Cohen 1960, equation 7).
    """
    was, now = pair
    categories, codes = distinct(np.concatenate([was, now]))
    if len(was) < MANY or len(categories) < 2:
        return None
    first = np.bincount(codes[: len(was)], minlength=len(categories)) / len(was)
    second = np.bincount(codes[len(was) :], minlength=len(categories)) / len(was)
    agree, by_chance = float((was == now).mean()), float(first @ second)
    if by_chance >= 1:
        return None
    std_error = math.sqrt(agree * (1 - agree) / len(was)) / (1 - by_chance)
    return (agree - by_chance) / (1 - by_chance), std_error, agree, len(was)
