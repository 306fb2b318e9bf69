"""One column of answers, from codes to normal scores and back; codes and amounts of few people are merged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy.special import ndtri

Array = np.ndarray
FEW_VALUES = 60
"""A column of numbers with at most so many different values is treated as ordered codes."""
MOST_PLACES = 6
ORDER = 20
"""So many Hermite polynomials describe a column cut at thresholds."""


class Margin(Protocol):
    """The distribution of a column. ``hermite``: its first coefficients, by which correlations are carried over."""

    hermite: Array

    def scores(self, values: Sequence[str]) -> Array:
        """The normal score of each value."""
        ...

    def drawn(self, scores: Array, random: np.random.Generator) -> list[str]:
        """Values for normal scores, as often as in the column that was learnt."""
        ...


@dataclass(frozen=True)
class Codes:
    """Ordered categories. ``of``: code → its place after merging; ``codes``: what each place is drawn as."""

    of: dict[str, int]
    codes: tuple[str, ...]
    shares: Array
    hermite: Array
    centres: Array

    def scores(self, values: Sequence[str]) -> Array:
        return self.centres[[self.of[value] for value in values]]

    def places(self, scores: Array) -> Array:
        """The category of each score: each as often as it was, by rank."""
        ranks = (np.argsort(np.argsort(scores, kind="stable"), kind="stable") + 0.5) / max(len(scores), 1)
        return np.minimum(np.searchsorted(np.cumsum(self.shares), ranks), len(self.shares) - 1)

    def drawn(self, scores: Array, random: np.random.Generator) -> list[str]:
        del random
        return [self.codes[place] for place in self.places(scores)]


def merged(order: Sequence[str], counts: Mapping[str, int], smallest: int) -> tuple[tuple[str, ...], ...]:
    """Codes in their order, those of fewer than ``smallest`` people together with the rarer of their neighbours."""
    groups = [([code], counts[code]) for code in order if counts[code]]
    while len(groups) > 1 and min(count for _, count in groups) < smallest:
        place = min(range(len(groups)), key=lambda at: groups[at][1])
        beside = [at for at in (place - 1, place + 1) if 0 <= at < len(groups)]
        other = min(beside, key=lambda at: groups[at][1])
        low, high = sorted((place, other))
        groups[low : high + 1] = [(groups[low][0] + groups[high][0], groups[low][1] + groups[high][1])]
    return tuple(tuple(codes) for codes, _ in groups)


def codes_of(
    values: Sequence[str], groups: Sequence[Sequence[str]], pooled: Mapping[str, int] | None = None, smallest: int = 1
) -> Codes:
    """The margin of codes in ``groups`` (``merged``), each drawn as its commonest code in ``values``.

    A group that fewer than ``smallest`` have here gets the share that it has in ``pooled``, the counts of all waves.
    """
    counts = Counter(values)
    own = [group for group in groups if any(counts[code] for code in group)]
    many = [float(sum(counts[code] for code in group)) for group in own]
    total = float(sum((pooled or counts).values()))
    for at, group in enumerate(own):
        if many[at] < smallest and pooled is not None:
            many[at] = max(1.0, sum(pooled[code] for code in group) / total * len(values))
    shares = np.array(many) / max(sum(many), 1e-12)
    hermite, centres = _of_thresholds(shares)
    named = tuple(max(group, key=lambda code: counts[code]) for group in own)
    of = {code: place for place, group in enumerate(own) for code in group}
    return Codes(of, named, shares, hermite, centres)


def _of_thresholds(shares: Array) -> tuple[Array, Array]:
    """Hermite coefficients of a normal variable cut into categories, put on unit variance; and the score of each."""
    cuts = ndtri(np.clip(np.cumsum(shares)[:-1], 1e-12, 1 - 1e-12))
    edges = np.concatenate([[-np.inf], cuts, [np.inf]])
    density = np.where(np.isfinite(edges), np.exp(-(np.where(np.isfinite(edges), edges, 0.0) ** 2) / 2), 0.0)
    density /= np.sqrt(2 * np.pi)
    centres = (density[:-1] - density[1:]) / np.maximum(shares, 1e-12)
    finite = np.where(np.isfinite(edges), edges, 0.0)
    found = np.zeros(ORDER)
    before, now, factorial = np.zeros_like(finite), np.ones_like(finite), 1.0
    for n in range(1, ORDER + 1):
        factorial *= n
        at = now * density  # He_{n-1} times the density, zero at infinity
        found[n - 1] = float(np.sum(centres * (at[:-1] - at[1:]))) / np.sqrt(factorial)
        before, now = now, finite * now - (n - 1) * before
    spread = np.sqrt(np.sum(shares * centres**2))  # all of it: the coefficients left out have a share, too
    return (found / spread if spread > 0 else found), centres


@dataclass(frozen=True)
class Amounts:
    """Numbers: ``low`` and ``high`` of the interval that stands for each in order, and how many decimals they have."""

    known: Array
    low: Array
    high: Array
    places: int
    hermite: Array

    def scores(self, values: Sequence[str]) -> Array:
        numbers = np.array([float(value) for value in values])
        left, right = np.searchsorted(self.known, numbers, "left"), np.searchsorted(self.known, numbers, "right")
        return np.asarray(ndtri((left + right) / 2 / (len(self.known) + 1e-9) * 0.999 + 0.0005))

    def drawn(self, scores: Array, random: np.random.Generator) -> list[str]:
        ranks = (np.argsort(np.argsort(scores, kind="stable"), kind="stable") + 0.5) / max(len(scores), 1)
        slots = np.minimum((ranks * len(self.known)).astype(int), len(self.known) - 1)
        numbers = self.low[slots] + random.random(len(slots)) * (self.high[slots] - self.low[slots])
        return [_written(number, self.places) for number in numbers]


def amounts_of(values: Sequence[str], smallest: int) -> Amounts:
    """The margin of numbers: one that ``smallest`` people have is kept; others are drawn between those beside them.

    The lowest and the highest of each interval of ``smallest`` people are left out of what is drawn.
    """
    places = min(MOST_PLACES, max((len(value.partition(".")[2]) for value in values), default=0))
    known = np.sort(np.array([float(value) for value in values]))
    numbers, counts = np.unique(known, return_counts=True)
    common = set(numbers[counts >= smallest].tolist())
    low, high = known.copy(), known.copy()
    rare = np.array([at for at, number in enumerate(known.tolist()) if number not in common], dtype=int)
    bins = np.array_split(rare, max(1, len(rare) // smallest)) if len(rare) else []
    for own in bins:
        inner = known[own][1:-1] if len(own) > 4 else np.full(1, np.median(known[own]))
        low[own], high[own] = inner.min(), inner.max()
    hermite = np.zeros(ORDER)
    hermite[0] = 1.0
    return Amounts(known, low, high, places, hermite)


def _written(number: float, places: int) -> str:
    text = f"{number:.{places}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("-0", "") else text


def is_amount(values: Sequence[str]) -> bool:
    """Whether numbers are so many different ones that they are no codes."""
    return len(set(values)) > FEW_VALUES
