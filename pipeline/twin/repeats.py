"""Columns of codes without an order from wave to wave: as many people give the same code again as did in the study."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

import numpy as np
import polars as pl

from pipeline.twin.margins import Array, Codes
from pipeline.twin.study import Learnt

FEWEST_PAIRS = 50
"""Of fewer people who answered both waves nothing is learnt."""


def with_repeats(
    learnt: Learnt, made: Mapping[str, pl.DataFrame], random: np.random.Generator
) -> dict[str, pl.DataFrame]:
    """The invented waves, more of whose nominal answers are those of the wave before, where the study's are.

    A correlation of ordered scores carries little of that: who is of a religion mostly stays of it.
    """
    found = dict(made)
    for before, after in pairwise(learnt.people.waves):
        for column in sorted(learnt.columns.nominal - learnt.lasting):
            margin = learnt.margins.get((after, column))
            if isinstance(margin, Codes) and (before, column) in learnt.margins:
                found[after] = _repeated(learnt, (before, after), column, margin, found, random)
    return found


def _repeated(
    learnt: Learnt, waves: tuple[str, str], column: str, margin: Codes, made: Mapping[str, pl.DataFrame],
    random: np.random.Generator,
) -> pl.DataFrame:  # fmt: skip
    before, after = waves
    frame = made[after]
    wanted = _share_of_repeats(learnt, waves, column)
    earlier = dict(made[before].select("person_id", column).iter_rows())
    missing = learnt.missing(column) | {None}
    then = [earlier.get(person) for person in frame["person_id"]]
    now = frame[column].to_list()
    both = np.array([old not in missing and new not in missing for old, new in zip(then, now, strict=True)], dtype=bool)
    same = both & np.array([old == new for old, new in zip(then, now, strict=True)], dtype=bool)
    share = float(same.sum()) / max(int(both.sum()), 1)
    if wanted is None or wanted <= share:
        return frame
    free = np.nonzero(both & ~same & np.array([old in margin.codes for old in then], dtype=bool))[0]
    many = min(len(free), round((wanted - share) * float(both.sum())))
    for place in random.permutation(free)[:many]:
        now[int(place)] = then[int(place)]
    return frame.with_columns(pl.Series(column, now, dtype=pl.String))


def _share_of_repeats(learnt: Learnt, waves: tuple[str, str], column: str) -> float | None:
    """Of the study's people who answered both waves, how many gave the same code; None for too few people."""
    cells = [np.asarray(learnt.people.cells[wave][column], dtype=object) for wave in waves]
    missing = learnt.missing(column)
    known: Array = np.array([not {old, new} & missing for old, new in zip(*cells, strict=True)], dtype=bool)
    return float(np.mean((cells[0] == cells[1])[known])) if known.sum() >= FEWEST_PAIRS else None
