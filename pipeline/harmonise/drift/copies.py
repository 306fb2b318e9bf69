"""Rows that repeat another person's answers, and columns that repeat another question's."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.harmonise.drift.distinct import distinct
from pipeline.harmonise.drift.finding import MANY, Finding
from pipeline.harmonise.drift.history import Beside
from pipeline.harmonise.drift.reading import Reading

FEWEST, BLOCKING = 5, 0.05
"""Copied rows from which they are reported, and the share of all rows from which they stop the wave."""
DEPENDENT = 0.6
"""Answers of one person depend on each other: so much counts of what they would say if they did not."""
MARGIN = 1.0
"""Logarithm by which a row of answers must be rarer than one pair of people in the file."""
ANSWERED = 0.5
"""Share of the items that both people must have answered."""
FEWEST_VALUES, ENTROPY = 3, 0.7
"""Values, and information, that a column must have before its equality with another says anything."""

Numbers = NDArray[np.float64]


def copied_rows(beside: Beside) -> Iterator[Finding]:
    """People of other ids whose answers to all items are those of somebody else: rows that were pasted twice."""
    columns = {key: reading for key, reading in beside.now.items() if not reading.absent and reading.varies}
    if len(columns) < 2 or beside.rows.height < MANY:
        return
    answers = np.column_stack([reading.numbers for reading in columns.values()])
    rare = _information(answers, _batteries(columns)) * DEPENDENT > 2 * math.log(len(answers)) + MARGIN
    rare &= (~np.isnan(answers)).mean(axis=1) >= ANSWERED
    if rare.sum() < FEWEST:
        return
    rows = pl.from_numpy(answers[rare])
    copies = rows.height - rows.n_unique()
    if copies < FEWEST:
        return
    yield Finding(
        beside.file.arm, "person_id", "copied_rows", "blocks" if copies >= BLOCKING * len(answers) else "warns",
        f"{copies:,} of {len(answers):,} rows have, to all of {len(columns):,} items, the answers of another row under "
        "another id.", beside.file.file,
        "Ask whether rows were pasted twice, or interviews made up: remove the copies, or accept them by a decision.",
        count=copies, confidence=0.99,
    )  # fmt: skip


def _batteries(columns: Mapping[str, Reading]) -> list[list[int]]:
    """Places of the items that are asked on the same codes: one answer to all of them says hardly more than one."""
    found: dict[object, list[int]] = {}
    for place, (key, reading) in enumerate(columns.items()):
        codes = tuple(sorted(reading.rule.codes)) if reading.rule.range is None else (key,)
        found.setdefault(codes, []).append(place)
    return list(found.values())


def _information(answers: Numbers, batteries: list[list[int]]) -> Numbers:
    """Per row how rare its answers are, in logarithms, each battery that is answered alike throughout as one item."""
    total = np.zeros(len(answers))
    for places in batteries:
        each = np.column_stack([_rarity(answers[:, place]) for place in places])
        one = answers[:, places]
        alike = np.fmax.reduce(one, axis=1) == np.fmin.reduce(one, axis=1)
        total += np.where(alike, each.max(axis=1), each.sum(axis=1))
    return total


def _rarity(column: Numbers) -> Numbers:
    """Per row minus the logarithm of the share of its answer; 0 where there is none."""
    rarity, given = np.zeros(len(column)), ~np.isnan(column)
    _, places = distinct(column[given])
    rarity[given] = -np.log(np.bincount(places) / len(column))[places]
    return rarity


def copied_columns(beside: Beside) -> Iterator[Finding]:
    """Items whose answers are, person by person, those to another item, as they were not before."""
    seen: dict[bytes, str] = {}  # by their hashes: columns that are alike, which are then compared
    for key, reading in beside.now.items():
        if reading.absent or reading.shared or not _says_enough(reading):
            continue
        raw = beside.rows[reading.rule.variable or ""]
        other = seen.setdefault(raw.hash().to_numpy().tobytes(), key)
        if other != key and raw.equals(beside.rows[beside.now[other].rule.variable or ""]):
            yield _copied(beside, key, other)


def _says_enough(reading: Reading) -> bool:
    counts = np.array(list(reading.tally.values()), dtype=float)
    if counts.sum() < MANY or len(counts) < FEWEST_VALUES:
        return False
    shares = counts / counts.sum()
    return float(-(shares * np.log(shares)).sum()) >= ENTROPY


def _copied(beside: Beside, key: str, other: str) -> Finding:
    differed = _differed(beside, key, other)
    was = "" if differed is None else f"; {differed:.0%} of the people answered them differently before"
    return Finding(
        beside.file.arm, key, "copied_column", "blocks" if differed else "warns",
        f"every row has the answer that it has to `{other}`{was}.", beside.where(key),
        f"Ask which of the two questions these are the answers to, and for the other column; until then declare "
        f"`not_asked: [{key}]` in this wave.",
        count=beside.now[key].valued_rows, confidence=0.99 if differed else 0.9,
    )  # fmt: skip


def _differed(beside: Beside, key: str, other: str) -> float | None:
    """The share of people who answered the two items differently in the last wave that asked both."""
    waves = dict(beside.earlier.get(other, []))
    for wave, reading in beside.earlier.get(key, []):
        if wave in waves:
            one, two = reading.numbers, waves[wave].numbers
            both = ~(np.isnan(one) | np.isnan(two))
            return float((one != two)[both].mean()) if both.any() else None
    return None
