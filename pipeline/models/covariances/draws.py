"""Draws of the wild bootstrap: one number for each cluster, with mean zero and variance one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

Distribution = Literal["rademacher", "webb"]
LARGEST = 8_000_000
"""Numbers drawn at once."""


@dataclass(frozen=True)
class Values:
    """The equally likely values of a distribution, and its name in a sentence."""

    label: str
    values: np.ndarray


DISTRIBUTIONS: dict[str, Values] = {
    "rademacher": Values("Rademacher weights", np.array([-1.0, 1.0])),
    "webb": Values(
        "Webb’s six-point weights",
        np.array([-np.sqrt(1.5), -1.0, -np.sqrt(0.5), np.sqrt(0.5), 1.0, np.sqrt(1.5)]),
    ),
}


def how_many(distribution: str, n_clusters: int) -> int:
    """How many draws there are: values to the power of clusters."""
    return int(len(DISTRIBUTIONS[distribution].values) ** n_clusters)


def drawn(distribution: str, n_clusters: int, draws: int, seed: int, *, enumerated: bool) -> Iterator[np.ndarray]:
    """Draws (clusters × so many at once): every one that there is, or ``draws`` at random."""
    values = DISTRIBUTIONS[distribution].values
    at_once = max(LARGEST // n_clusters, 1)
    if enumerated:
        total, base = how_many(distribution, n_clusters), len(values)
        powers = base ** np.arange(n_clusters)
        for start in range(0, total, at_once):
            places = np.arange(start, min(start + at_once, total))
            yield values[(places[None, :] // powers[:, None]) % base]
        return
    generator = np.random.default_rng(seed)
    for start in range(0, draws, at_once):
        number = min(at_once, draws - start)
        yield values[generator.integers(0, len(values), (number, n_clusters), dtype=np.int8)].T
