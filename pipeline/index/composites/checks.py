"""What a frame of areas and the structure of an index must be, said in one sentence where they are not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter

import numpy as np
import polars as pl

from pipeline.errors import CohesionError
from pipeline.index.composites.kernels import Floats
from pipeline.options import OptionError

Structure = Mapping[str, Sequence[str]]
"""Aggregate → its members, indicators or other aggregates; one aggregate is a member of none: the index."""


def matrix(frame: pl.DataFrame, names: Sequence[str], area: str | None = "area") -> Floats:
    """Areas × indicators, NaN where missing. Raises CohesionError for what is absent, no number, or twice there."""
    _require_columns(frame, names)
    if area is not None and area in frame.columns:
        repeated = frame.height - frame[area].n_unique()
        if repeated or frame[area].null_count():
            raise CohesionError("an area must be named, and stand in one row", where=area, count=repeated or None)
    if not frame.height:
        raise CohesionError("the frame has no areas")
    values = values_of(frame, names)
    if np.isinf(values).any():
        raise CohesionError("infinite values", count=int(np.isinf(values).sum()), todo="Correct them.")
    return values


def values_of(frame: pl.DataFrame, names: Sequence[str]) -> Floats:
    """Rows × names, NaN where missing."""
    return np.asarray(frame.select(pl.col(name).cast(pl.Float64).fill_null(float("nan")) for name in names).to_numpy())


def _require_columns(frame: pl.DataFrame, names: Sequence[str]) -> None:
    """Raises CohesionError for no names, for one named twice, for one that the frame lacks, and for text."""
    if not names:
        raise CohesionError("no indicator is named")
    twice = sorted({name for name in names if list(names).count(name) > 1})
    if twice:
        raise CohesionError("an indicator is named twice", where=twice[0])
    absent = [name for name in names if name not in frame.columns]
    if absent:
        raise CohesionError("the frame has no such column", where=absent[0], todo=f"It has {', '.join(frame.columns)}.")
    texts = [name for name in names if not frame.schema[name].is_numeric()]
    if texts:
        raise CohesionError("an indicator must be a number", where=texts[0])


def ordered(structure: Structure) -> list[str]:
    """Aggregates, each after its members. Raises CohesionError for circles, for two parents, and for several tops."""
    parents: dict[str, str] = {}
    for parent, members in structure.items():
        if not members:
            raise CohesionError("an aggregate has no members", where=parent)
        for member in members:
            if member in parents:
                raise CohesionError(
                    f"is a member of `{parents[member]}` and of `{parent}`", where=member, todo="Keep one."
                )
            parents[member] = parent
    try:
        order = [name for name in TopologicalSorter(structure).static_order() if name in structure]
    except CycleError as error:
        raise CohesionError("the aggregates are members of one another in a circle", where=error.args[1][0]) from None
    tops = [name for name in structure if name not in parents]
    if len(tops) != 1:
        raise CohesionError(f"an index has one top, and this has {len(tops)}", where=", ".join(tops))
    return order


def leaves(structure: Structure) -> list[str]:
    """The indicators: members that are no aggregates, in the order of the structure."""
    return [name for members in structure.values() for name in members if name not in structure]


def levels(structure: Structure) -> dict[str, int]:
    """Name → level, as COINr counts: indicators 1, what is made of them 2, and so on upwards."""
    found = dict.fromkeys(leaves(structure), 1)
    for name in ordered(structure):
        found[name] = 1 + max(found[member] for member in structure[name])
    return found


def directed(names: Iterable[str], directions: Mapping[str, float]) -> Floats:
    """1 or -1 of each name, 1 where nothing is said. Raises CohesionError for another number or an unknown name."""
    known = list(names)
    strange = [name for name in directions if name not in known]
    if strange:
        raise CohesionError("a direction of what is no indicator", where=strange[0])
    wrong = [name for name, one in directions.items() if one not in (1, -1)]
    if wrong:
        raise CohesionError("a direction is 1 or -1", where=wrong[0])
    return np.array([float(directions.get(name, 1)) for name in known])


def is_number(value: object) -> bool:
    """Whether it is a finite number: text and None are none."""
    return isinstance(value, (int, float, np.number)) and bool(np.isfinite(value))


def one_of(name: str, value: str, choices: Iterable[str]) -> None:
    """Raises OptionError for an option that there is not."""
    there = list(choices)
    if value not in there:
        words = ", ".join(f'"{choice}"' for choice in there)
        raise OptionError(f"`{name}={value!r}` is not an option here", where=name, todo=f"There are: {words}.")


def columns(frame: pl.DataFrame, names: Sequence[str], values: Floats) -> pl.DataFrame:
    """The frame with these columns replaced or added; NaN becomes null."""
    made = [pl.Series(name, values[:, place]).fill_nan(None) for place, name in enumerate(names)]
    return frame.with_columns(made)
