"""Terms that are made of others: a step in one of them is a step in its products, powers and bends, too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from pipeline.models.inference import Term

NEAR = 1e-9
SPLIT = ("within", "between")
COURSE = {"time_squared": 2, "time_cubed": 3}
BEND = "time_after_event"
"""Terms of a growth model that are made of its time."""


@dataclass(frozen=True)
class Products:
    """``made``: the place of a product → the places of its factors. ``unknown``: names in products of other columns.

    A product of what is centred, say, is not one of the model's own columns, so that it cannot be formed again.
    ``bends``: the place of a time since an event → the place of the time, and when the event was.
    """

    made: dict[int, tuple[int, ...]]
    unknown: frozenset[str]
    bends: dict[int, tuple[int, float]]

    def formed(self, rows: np.ndarray) -> np.ndarray:
        """The rows with products of their factors as they are now."""
        for place, factors in self.made.items():
            rows[:, place] = rows[:, factors].prod(axis=1)
        for place, (time, event) in self.bends.items():
            rows[:, place] = np.maximum(rows[:, time] - event, 0.0)
        return rows


def products_of(matrix: np.ndarray, terms: Sequence[Term]) -> Products:
    """Which columns are the product of which others, by their names (``contact:age``, ``age^2``) and their values."""
    named: dict[str, list[int]] = {}
    for place, term in enumerate(terms):
        named.setdefault("wave" if term.component == "wave" else term.term, []).append(place)
    made: dict[int, tuple[int, ...]] = {}
    unknown: set[str] = set()
    bends: dict[int, tuple[int, float]] = {}
    for place, term in enumerate(terms):
        names = _factors(term.term)
        if term.component in SPLIT and len(names) > 1:  # a part of a product is not the product of parts
            unknown.update((term.term, *names))
        if term.component == "coefficient" and term.term == BEND and "time" in named:
            time, bend = named["time"][0], matrix[:, place]
            bends[place] = time, float((matrix[:, time] - bend)[bend > 0].mean())
        if term.component != "coefficient" or len(names) < 2:
            continue
        found = _matching(matrix, place, [named.get(name, []) for name in names])
        if found is None:
            unknown.update((term.term, *names))
        else:
            made[place] = found
    return Products(made, frozenset(unknown), bends)


def _factors(name: str) -> list[str]:
    """``a:b`` → a, b; ``a^2`` → a, a; the powers of a course likewise."""
    if name in COURSE:
        return ["time"] * COURSE[name]
    found: list[str] = []
    for part in name.split(":"):
        base, _, power = part.partition("^")
        found += [base] * (int(power) if power.isdigit() else 1)
    return found


def _matching(matrix: np.ndarray, place: int, choices: list[list[int]]) -> tuple[int, ...] | None:
    column = matrix[:, place]
    size = max(float(np.abs(column).max(initial=0.0)), 1e-300)
    for factors in product(*choices):
        if np.abs(matrix[:, factors].prod(axis=1) - column).max(initial=0.0) <= NEAR * size:
            return factors
    return None
