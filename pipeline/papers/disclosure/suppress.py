"""Which cells of a table of counts have to go: those of few people, and as few others as keep these from being found.

A greedy search: while the attacker narrows a suppressed cell, the smallest cell that stands in a sum with it goes as
well; at the end each that went for others' sake comes back if nothing is found without it. Totals go last.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import polars as pl

from pipeline.papers.disclosure.attack import Narrowed, narrowed
from pipeline.papers.disclosure.frame import cells as normalised
from pipeline.papers.disclosure.frame import dimensions
from pipeline.papers.disclosure.populations import Population, population
from pipeline.papers.disclosure.system import SLACK, system_of
from pipeline.specs.disclosure import SMALLEST

ROW = "row of the cell"


def suppressed(cells: pl.DataFrame, smallest: int = SMALLEST, others: pl.DataFrame | None = None) -> pl.DataFrame:
    """The cells with ``value`` and ``n`` null where they may not be printed, and why in ``mark`` (primary, secondary).

    ``cells``: counts with all their numbers. ``others``: what is printed elsewhere about the same people.
    """
    frame = normalised(cells).with_row_index(ROW)
    counted = pl.col("statistic") == "count"
    small = counted & (pl.col("n") < smallest) & ~pl.col("structural") & pl.col("value").is_not_null()
    primary = _with_others(frame, set(frame.filter(small)[ROW]))
    secondary = _secondary(frame, primary, smallest, others)
    gone = [*primary, *secondary]
    hidden = pl.col(ROW).is_in(gone)
    return frame.with_columns(
        value=pl.when(hidden).then(None).otherwise(pl.col("value")),
        n=pl.when(hidden).then(None).otherwise(pl.col("n")),
        mark=pl.when(pl.col(ROW).is_in(list(primary)))
        .then(pl.lit("primary"))
        .when(hidden)
        .then(pl.lit("secondary"))
        .otherwise(pl.lit("")),
    ).drop(ROW)


def _secondary(frame: pl.DataFrame, primary: set[int], smallest: int, others: pl.DataFrame | None) -> set[int]:
    gone: set[int] = set()
    order: list[int] = []
    while True:
        found = _found(frame, primary | gone, smallest, others)
        more = _next(frame, found, primary | gone)
        if not found or more is None:
            break
        gone |= _with_others(frame, {more}) - primary
        order.append(more)
    for row in order:
        fewer = gone - _with_others(frame, {row})
        if not _found(frame, primary | fewer, smallest, others):
            gone = fewer
    return gone


def _with_others(frame: pl.DataFrame, rows: set[int]) -> set[int]:
    """These rows, and those that are printed in one text with them."""
    texts = frame.filter(pl.col(ROW).is_in(list(rows)) & pl.col("together").is_not_null())["together"]
    return rows | set(frame.filter(pl.col("together").is_in(texts.unique().to_list()))[ROW])


def _found(frame: pl.DataFrame, gone: Iterable[int], smallest: int, others: pl.DataFrame | None) -> list[Narrowed]:
    """What the attacker finds with these rows suppressed."""
    shown = _shown(frame, gone)
    return narrowed(shown if others is None else pl.concat([shown, normalised(others)], how="diagonal"), None, smallest)


def _shown(frame: pl.DataFrame, gone: Iterable[int]) -> pl.DataFrame:
    hidden = pl.col(ROW).is_in(list(gone))
    kept = (pl.when(hidden).then(None).otherwise(pl.col(name)).alias(name) for name in ("value", "n"))
    return frame.with_columns(kept).drop(ROW)


def _lonely(cells: pl.DataFrame) -> Counter[Population]:
    """Printed population → in how many sums with just one unknown part it stands."""
    system = system_of(cells)
    found: Counter[Population] = Counter()
    for row in system.rows:
        unknown = [of for of, _ in row.terms if system.high[of] - system.low[of] > SLACK]
        if row.low == row.high and len(unknown) == 1 and unknown[0] in system.suppressed:
            found.update(of for of, _ in row.terms if of is not unknown[0])
    return found


def _next(frame: pl.DataFrame, found: list[Narrowed], gone: set[int]) -> int | None:
    """The next cell to go: one of a sum in which only one other is unknown, of several such sums if there is one.

    Without such a sum, the smallest that shares all dimensions but one with a cell that was found. Totals go last.
    """
    names = dimensions(frame.drop(ROW))
    left = frame.filter(~pl.col(ROW).is_in(list(gone)) & pl.col("value").is_not_null() & ~pl.col("fixed"))
    rows = [(row["n"] or 0.0, row[ROW], population(row, names)) for row in left.iter_rows(named=True)]
    lonely = _lonely(_shown(frame, gone))
    scored = [(-len(of.where), -lonely[of], n, row) for n, row, of in rows if lonely.get(of)]
    if scored:
        return int(min(scored)[3])
    for near in (_is_sibling, _is_kin):
        for leak in found:
            close = [(n, row) for n, row, of in rows if near(of, leak.of)]
            if close:
                return int(min(close)[1])
    return None


def _is_sibling(of: Population, other: Population) -> bool:
    """Whether both are parts of one whole."""
    if of.unit != other.unit or of.sample != other.sample or len(of.where) != len(other.where):
        return False
    return len(set(of.where) ^ set(other.where)) == 2 and {k for k, _ in of.where} == {k for k, _ in other.where}


def _is_kin(of: Population, other: Population) -> bool:
    """Whether one is part of the other."""
    a, b = set(of.where), set(other.where)
    return of.unit == other.unit and of.sample == other.sample and (a <= b or b <= a)
