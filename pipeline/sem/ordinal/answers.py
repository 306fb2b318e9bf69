"""Ordered answers as codes 0, 1, …, alike for an item wherever it is asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from pipeline.errors import ModelError

MOST = 20


def answer_levels(y: np.ndarray, items: Sequence[str], alike: Sequence[Sequence[str]] = ()) -> dict[str, np.ndarray]:
    """Each item's different answers in order (``y``: persons × items, NaN for none); items that are ``alike`` share
    theirs.

    Raises ModelError for an item with fewer than two answers, or more than 20 (not an ordered item).
    """
    values = {item: np.unique(y[:, k][~np.isnan(y[:, k])]) for k, item in enumerate(items)}
    for together in alike:
        union = np.unique(np.concatenate([values[item] for item in together]))
        values |= dict.fromkeys(together, union)
    for item, found in values.items():
        if not 2 <= len(found) <= MOST:
            raise ModelError(
                f"{len(found)} different answers: an ordered item has 2 to {MOST}", where=item, count=len(y),
                todo="Treat it as continuous, or leave it out.",
            )  # fmt: skip
    return values


def ordered_codes(y: np.ndarray, items: Sequence[str], values: Mapping[str, np.ndarray]) -> np.ndarray:
    """Persons × items of codes 0, 1, …, in order of the answers' values; −1 for no answer."""
    codes = np.column_stack([np.searchsorted(values[item], y[:, k]) for k, item in enumerate(items)])
    return np.where(np.isnan(y), -1, codes)
