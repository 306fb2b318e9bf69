"""Parallel Lives: who lives with whom in each wave. People move house and household, within their area."""

from __future__ import annotations

import numpy as np

Array = np.ndarray

SIZES = (0.30, 0.36, 0.17, 0.17)
"""How many households hold one adult, two, three, four."""
LEAVING = 0.12
"""From one wave to the next so many people leave their household, for one of their own."""
_FIRST_ID = 68_000_000


def households(cell: Array, waves: int, rng: np.random.Generator) -> Array:
    """People × waves: the number of the household, from 0, of people who may live together where ``cell`` is the same.

    Numbers are lasting; the files count households anew in each wave (``household_ids``).
    """
    order = rng.permutation(len(cell))
    order = order[np.argsort(cell[order], kind="stable")]
    last = np.cumsum(rng.choice(len(SIZES), size=len(cell), p=SIZES) + 1)
    drawn = np.searchsorted(last, np.arange(len(cell)), side="right")
    other_cell = np.concatenate([[0], np.cumsum(np.diff(cell[order]) != 0)])
    home = np.empty(len(cell), dtype=int)
    home[order] = np.unique(np.column_stack([other_cell, drawn]), axis=0, return_inverse=True)[1].ravel()
    found = [home]
    for _ in range(waves - 1):
        leaves = rng.random(len(cell)) < LEAVING
        found.append(np.where(leaves, found[-1].max() + 1 + np.cumsum(leaves), found[-1]))
    return np.column_stack(found)


def household_ids(home: Array, rng: np.random.Generator) -> Array:
    """People × waves: ids as the files have them, other ones in each wave."""
    ids = np.empty(home.shape)
    for wave in range(home.shape[1]):
        names, place = np.unique(home[:, wave], return_inverse=True)
        ids[:, wave] = (rng.permutation(len(names)) * 4 + _FIRST_ID + wave * 1_000_000)[place.ravel()]
    return ids
