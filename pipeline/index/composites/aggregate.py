"""Indicators into aggregates, level by level, up to the index (COINr ``Aggregate``)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

import numpy as np
import polars as pl

from pipeline.door import public
from pipeline.errors import CohesionError
from pipeline.index.composites.checks import columns, leaves, levels, matrix, one_of, ordered
from pipeline.index.composites.kernels import Floats, averaged
from pipeline.index.composites.weights import checked
from pipeline.specs.index import ABOVE_ZERO

MEANS = ("arithmetic", "geometric", "harmonic", "copeland", "outranking")
T = TypeVar("T", str, float)


@public()
def aggregate(
    frame: pl.DataFrame,
    structure: Mapping[str, Sequence[str]],
    *,
    weights: Mapping[str, float] | None = None,
    method: str | Sequence[str] = "arithmetic",
    available: float | Sequence[float] = 0.0,
    area: str = "area",
) -> pl.DataFrame:
    """The frame with a column for every aggregate of ``structure`` (aggregate → its members), the index last.

    ``method``: arithmetic, geometric, harmonic, copeland, for all levels or one for each from the lowest;
    ``weights``: element → weight in its parent, 1 where nothing is said; members that an area lacks leave theirs to
    the others. ``available``: below this share of members there is no score, for all levels or for each. A Copeland
    score is the areas outranked less those outranked by (``outranking``: the sum of shares won, as COINr before
    1.1). Raises CohesionError for values that are not above zero in a geometric or harmonic mean, for weights
    that cancel out, and for a structure that is none.

    >>> frame = pl.DataFrame({"area": ["a", "b"], "x": [10.0, 40.0], "y": [30.0, None]})
    >>> aggregate(frame, {"index": ["x", "y"]}, weights={"x": 3})["index"].to_list()
    [15.0, 40.0]
    """
    order, level = ordered(structure), levels(structure)
    names = leaves(structure)
    values = dict(zip(names, matrix(frame, names, area).T, strict=True))
    weight = checked(structure, weights or {}, negative=True)
    steps = max(level.values()) - 1
    methods = _each_level(method, steps, "method")
    least = _each_level(available, steps, "available")
    for one in methods:
        one_of("method", one, MEANS)
    if any(not 0 <= one <= 1 for one in least):
        raise CohesionError("a share of members lies between 0 and 1", where="available")
    for parent in order:
        members = list(structure[parent])
        chosen = methods[level[parent] - 2]
        stacked = np.column_stack([values[name] for name in members])
        if chosen in ABOVE_ZERO:
            _require_positive(stacked, parent, chosen)
        shares = np.array([weight[name] for name in members])
        _require_sum(stacked, shares, parent)
        values[parent] = averaged(stacked, shares, chosen, least[level[parent] - 2])
    return columns(frame, order, np.column_stack([values[name] for name in order]))


def _each_level(value: T | Sequence[T], steps: int, what: str) -> list[T]:
    if isinstance(value, (str, int, float)):
        return [value] * steps
    given = list(value)
    if len(given) != steps:
        raise CohesionError(f"one for each of the {steps} levels above the indicators, or one for all", where=what)
    return given


def _require_sum(values: Floats, shares: Floats, parent: str) -> None:
    """Weights below zero, as opposed loadings are, may cancel out: a mean by them would be divided by rounding."""
    if (shares >= 0).all():
        return
    present = np.where(np.isnan(values), 0, shares)
    size = np.abs(present).sum(axis=1)
    lost = int(np.sum((size > 0) & (np.abs(present.sum(axis=1)) <= 1e-12 * size)))
    if lost:
        todo = "Turn the direction of an indicator, or choose other weights."
        raise CohesionError("the weights of its members cancel out", where=parent, count=lost, todo=todo)


def _require_positive(values: Floats, parent: str, method: str) -> None:
    low = int(np.sum(values <= 0))
    if low:
        raise CohesionError(
            f"a {method} mean has no meaning of values that are not above 0",
            where=parent, count=low, todo="Normalise onto bounds of 1 to 100.",
        )  # fmt: skip
