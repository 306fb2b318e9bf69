"""Columns whose rows were moved against the ids: each person's answers stand a row or more above or below.

The same people's answers are compared with the wave before, in the order of the file: person by person, and with the
answers some rows further down and up. Neighbours in a file may resemble each other (a household, an area), but then
in both directions; where one direction fits and the other does not, rows were moved. That also finds files of which a
part was moved, and ids that were sorted without the answers by a row or two.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.harmonise.drift.finding import MANY, Finding
from pipeline.harmonise.drift.history import Beside
from pipeline.harmonise.drift.weights import usable_or_null
from pipeline.specs.sources import role_columns

MOST_ROWS = 3
"""Rows up or down that are tried."""
RELATED = 0.3
"""Columns that correlate so much with themselves are tried by a single row: a part of them may have been moved."""
APART = 0.15
"""By so much the correlation in one direction must exceed that in the other."""
SURE, ALONE = 3.5, 5.0
"""Standard errors by which a direction must fit, of several columns alike and of one alone."""
LISTED = 8

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class _Column:
    """Of the people in both waves: where they stand in the file, what they said before; and the file's column."""

    name: str
    places: NDArray[np.int64]
    before: Numbers
    now: Numbers

    def at(self, rows: int) -> tuple[float, int]:
        """Correlation of what people said before with what stands so many rows below them, and how many."""
        places = self.places + rows
        inside = (places >= 0) & (places < len(self.now))
        was, now = self.before[inside], self.now[places[inside]]
        both = ~(np.isnan(was) | np.isnan(now))
        was, now = was[both], now[both]
        if len(was) < MANY or np.ptp(was) == 0 or np.ptp(now) == 0:
            return 0.0, 0
        return float(np.corrcoef(was, now)[0, 1]), len(was)

    def moved_by(self) -> tuple[int, float] | None:
        """By how many rows the column was moved, and how many standard errors speak for it."""
        best: tuple[int, float] | None = None
        own, people = self.at(0)
        if people < MANY or own > 0.95:
            return None
        for rows in range(1, (MOST_ROWS if own < RELATED else 1) + 1):
            (down, n), (up, m) = self.at(rows), self.at(-rows)
            if min(n, m) < MANY:
                continue
            way, there, back = (rows, down, up) if down > up else (-rows, up, down)
            apart = _z(there) - _z(max(back, 0.0))
            sure = min(apart * math.sqrt((min(n, m) - 3) / 2) * math.sqrt(2), _z(there) * math.sqrt(min(n, m) - 3))
            if there - max(back, 0.0) >= APART and (best is None or sure > best[1]):
                best = (way, sure)
        return best if best and best[1] >= SURE else None


def moved_rows(beside: Beside) -> Iterator[Finding]:
    """One finding for the columns of a file that were moved by the same number of rows."""
    rows = beside.rows["row"]
    if len(rows) < MANY or rows.n_unique() < len(rows):
        return  # several files in one: no order
    found: dict[int, dict[str, float]] = {}
    columns = 0
    for key, column, earlier in _columns(beside):
        columns += 1
        moved = column.moved_by()
        if moved is not None and (earlier is None or _also(earlier, moved[0])):
            found.setdefault(moved[0], {})[key] = moved[1]
    for way, sure in found.items():
        if len(sure) > 1 or max(sure.values()) >= ALONE:
            yield _finding(beside, way, list(sure), columns)


def _also(earlier: _Column, rows: int) -> bool:
    """Whether the wave before the last agrees: else it was the last one that was moved."""
    there, back = earlier.at(rows), earlier.at(-rows)
    return there[1] < MANY or there[0] - max(back[0], 0.0) >= APART / 2


def _finding(beside: Beside, way: int, names: list[str], columns: int) -> Finding:
    listed = ", ".join(f"`{name}`" for name in names[:LISTED]) + (", …" if len(names) > LISTED else "")
    number = f"{abs(way)} {'row' if abs(way) == 1 else 'rows'}"
    whole = len(names) > 0.7 * columns
    return Finding(
        beside.file.arm, "person_id", "rows_moved", "blocks",
        f"{len(names):,} of {columns:,} columns fit what the same people said before if they are read {number} further "
        f"{'down' if way > 0 else 'up'}, in the whole file or in a part of it: {listed}. "
        + ("The ids were moved against the answers." if whole else "These columns were moved against the ids."),
        beside.file.file,
        "Ask for the file again: it was sorted, or cells were inserted or deleted, in some of its columns alone.",
        count=len(names), confidence=0.99,
    )  # fmt: skip


def _columns(beside: Beside) -> Iterator[tuple[str, _Column, _Column | None]]:
    """Each column with an order, beside the last wave that has it, and beside the one before that."""
    order = np.argsort(beside.rows["row"].to_numpy(), kind="stable")
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    for key, reading in beside.now.items():
        earlier = beside.earlier.get(key, [])
        if not earlier or reading.absent or reading.shared or not _has_order(beside, key):
            continue
        scored = _ranks if beside.study.items[key].kind == "number" else _as_they_are
        now = scored(reading.numbers)[order]
        made = []
        for wave, known in earlier[:2]:
            rows_before, rows_now = beside.pairs(wave)
            made.append(_Column(key, place[rows_now], scored(known.numbers)[rows_before], now))
        yield key, made[0], made[1] if len(made) > 1 else None
    yield from _weights(beside, order)


def _has_order(beside: Beside, key: str) -> bool:
    return beside.study.items[key].kind != "nominal" or len(beside.now[key].tally) == 2


def _weights(beside: Beside, order: NDArray[np.int64]) -> Iterator[tuple[str, _Column, _Column | None]]:
    name = role_columns(beside.study, beside.wave, beside.file).get("weight")
    if not name or name not in beside.rows.columns or not beside.weights_before:
        return
    now = _ranks(usable_or_null(beside.rows[name]).to_numpy())[order]
    people = beside.rows["person_id"].gather(order)
    made = []
    for _, known in beside.weights_before[:2]:
        both = people.to_frame().with_row_index("place").join(known, on="person_id", maintain_order="left")
        before = _ranks(both["weight"].to_numpy())
        made.append(_Column(name, both["place"].to_numpy().astype(np.int64), before, now))
    yield name, made[0], made[1] if len(made) > 1 else None


def _as_they_are(numbers: Numbers) -> Numbers:
    return numbers


def _ranks(numbers: Numbers) -> Numbers:
    """Ranks, so that no amount outweighs all others; NaN where there is no number."""
    return pl.Series(numbers, dtype=pl.Float64).fill_nan(None).rank("average").cast(pl.Float64).to_numpy()


def _z(correlation: float) -> float:
    """Fisher's z."""
    return math.atanh(max(-0.999, min(0.999, correlation)))
