"""Of whom a number is: populations as conditions on dimensions, and which of them lie inside others."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import Any

OR = "|"
"""Between the parts of a value that stands for several: ``asian|black``."""
CATEGORY = "category"
_SPAN = re.compile(r"\s*(\d+)\s*(?:-|\N{EN DASH}|to)\s*(\d+)\s*", re.IGNORECASE)
_FROM = re.compile(r"\s*(\d+)\s*(?:\+|and (?:over|older|above|more))\s*", re.IGNORECASE)
_BELOW = re.compile(r"\s*(?:under|below|less than)\s*(\d+)\s*", re.IGNORECASE)
_LAST = 10**6


@dataclass(frozen=True, order=True)
class Population:
    """Whom a number counts. ``where``: (dimension, value) pairs, ordered; ``release`` where data have changed since."""

    unit: str
    sample: str
    where: tuple[tuple[str, str], ...]
    release: str = ""

    def without(self, dimension: str) -> Population:
        kept = tuple(pair for pair in self.where if pair[0] != dimension)
        return Population(self.unit, self.sample, kept, self.release)

    def having(self, dimension: str, value: str) -> Population:
        kept = {**dict(self.where), dimension: value}
        return Population(self.unit, self.sample, tuple(sorted(kept.items())), self.release)

    @property
    def wider(self) -> Iterator[Population]:
        """The populations with fewer conditions, the nearest first."""
        for size in range(len(self.where) - 1, -1, -1):
            for kept in combinations(self.where, size):
                yield Population(self.unit, self.sample, kept, self.release)

    def __str__(self) -> str:
        where = ", ".join(f"{name} {value}" for name, value in self.where) or "everybody"
        return where + (f" ({self.sample})" if self.sample else "")


def population(row: Mapping[str, Any], names: Iterable[str]) -> Population:
    """Of whom a cell is: for a share, of whom it is a share."""
    where = {name: row[name] for name in names if row[name] is not None}
    if row["statistic"] == "count" and row[CATEGORY] is not None:
        where[CATEGORY] = row[CATEGORY]
    if row["outcome"] and (row["statistic"] != "count" or row[CATEGORY] is not None):
        where["outcome"] = row["outcome"]
    return Population(row["unit"], row["sample"], tuple(sorted(where.items())))


def parts(value: str) -> tuple[str, ...]:
    """The values that one value stands for."""
    return tuple(sorted(part.strip() for part in value.split(OR)))


def split_bands(values: Iterable[str]) -> dict[str, str]:
    """Band of numbers → the bands that it is made of, where two tables cut them differently: ``16 to 24|25 to 29``.

    Empty where not every value is a band, or no two overlap without being equal.
    """
    spans = {value: span(value) for value in set(values)}
    known = [found for found in spans.values() if found is not None]
    if len(known) < len(spans) or not _overlapping(known):
        return {}
    cuts = sorted({low for low, _ in known} | {high + 1 for _, high in known})
    pieces = list(pairwise(cuts))
    return {
        value: OR.join(f"{low} to {high - 1}" for low, high in pieces if own[0] <= low and high - 1 <= own[1])
        for value, own in spans.items()
        if own is not None
    }


def span(value: str) -> tuple[int, int] | None:
    """The whole numbers that a label such as ``16-24``, ``75 and over`` or ``under 16`` stands for."""
    between, open_end, below = _SPAN.fullmatch(value), _FROM.fullmatch(value), _BELOW.fullmatch(value)
    if between:
        return int(between[1]), int(between[2])
    if open_end:
        return int(open_end[1]), _LAST
    return (0, int(below[1]) - 1) if below else None


def _overlapping(spans: list[tuple[int, int]]) -> bool:
    return any(a != b and a[0] <= b[1] and b[0] <= a[1] for a, b in combinations(spans, 2))
