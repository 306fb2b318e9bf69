"""Sampling units and households for people of a twin: as many as the study's, and as alike inside."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

Array = np.ndarray


def cluster_levels(clusters: Sequence[str], level: Array) -> Array:
    """Of each person the mean ``level`` of the others of the same cluster; NaN for who is alone or in none."""
    names, place = np.unique(np.asarray(clusters, dtype=object).astype(str), return_inverse=True)
    known = np.isfinite(level) & (np.asarray(clusters, dtype=object) != "")
    total = np.bincount(place[known], level[known], minlength=len(names))
    count = np.bincount(place[known], minlength=len(names))
    others = count[place] - known
    with np.errstate(invalid="ignore", divide="ignore"):
        found = (total[place] - np.where(known, level, 0.0)) / others
    return np.where(known & (others > 0), found, np.nan)


def assigned(strata: Sequence[str], level: Array, real_strata: Sequence[str], real: Sequence[str]) -> list[str]:
    """A cluster for each person: inside strata, people of like ``level`` together, in clusters of one size.

    ``strata`` and ``level`` of the twin's people; ``real_strata`` and ``real`` clusters of the study's. Numbered from
    one on; of real clusters nothing is kept but how many a stratum has.
    """
    found = [""] * len(strata)
    sizes = _sizes(real_strata, real)
    everywhere = [size for own in sizes.values() for size in own]
    mine, number = np.asarray(strata, dtype=object).astype(str), 0
    for stratum in sorted(set(mine.tolist())):
        people = np.nonzero(mine == stratum)[0]
        order = people[np.argsort(level[people], kind="stable")]
        own = sizes.get(stratum) or everywhere or [1]
        many = max(1, round(len(people) * len(own) / max(sum(own), 1)))
        cuts = np.linspace(0, len(order), many + 1).round().astype(int)
        for start, end in pairwise(cuts.tolist()):
            number += 1
            for person in order[start:end]:
                found[int(person)] = str(number)
    return found


def _sizes(strata: Sequence[str], clusters: Sequence[str]) -> dict[str, list[int]]:
    counts: dict[str, dict[str, int]] = {}
    for stratum, cluster in zip(strata, clusters, strict=True):
        if cluster:
            own = counts.setdefault(stratum, {})
            own[cluster] = own.get(cluster, 0) + 1
    return {stratum: sorted(own.values()) for stratum, own in counts.items()}


def households(level: Array, sizes: Sequence[int], random: np.random.Generator) -> Array:
    """A household number for each person, from zero on: people of like ``level`` together, of the given ``sizes``."""
    order = np.argsort(level, kind="stable")
    found = np.zeros(len(level), dtype=int)
    number, start = 0, 0
    shuffled = random.permutation(np.asarray(sizes or [1]))
    while start < len(order):
        size = int(shuffled[number % len(shuffled)])
        found[order[start : start + size]] = number
        number, start = number + 1, start + size
    return found
