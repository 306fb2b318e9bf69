"""Number by number: the same, differs by how much, or cannot be compared."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from assets.bundles.kinds import UNCERTAIN, Kinds
from assets.bundles.numbers import Numbers
from pipeline.specs.tolerances import PRINTED, TOLERANCES, Tolerance

SAME, CLOSE, DIFFERS, INCOMPARABLE = "same", "same within tolerance", "differs", "cannot be compared"
Key = tuple[str, str, str]
SCALED = ("estimate", "conf_low", "conf_high")
"""Columns whose differences matter in units of the standard error."""


@dataclass(frozen=True)
class Compared:
    """One number of a bundle and what it is here. ``relative``: the difference as a share, where there is one."""

    table: str
    row: str
    column: str
    kind: str
    expected: str
    found: str
    verdict: str
    relative: float | None = None
    reason: str = ""

    @property
    def words(self) -> str:
        """The verdict as a person reads it: "differs by 0.012 (3.4%)"."""
        if self.verdict != DIFFERS or self.relative is None:
            return self.verdict
        by = _number(self.found)
        before = _number(self.expected)
        size = f"{by - before:.3g}" if by is not None and before is not None else ""
        return f"differs by {size} ({self.relative:.2g} of it)" if size else self.verdict


def compare(expected: Numbers, found: Numbers, kinds: Kinds) -> Iterator[Compared]:
    """Every number of either side, in the bundle's order; those that only one side has cannot be compared."""
    theirs, mine = expected.by_key, found.by_key
    for key, value in theirs.items():
        kind = found.kinds.get(key) or kinds.of(key[0], key[2])
        yield _one(key, value, mine.get(key), kind, theirs)
    for key, value in mine.items():
        if key not in theirs:
            kind = kinds.of(key[0], key[2])
            yield Compared(*key, kind, "", value, INCOMPARABLE, reason="the bundle does not have it")


def _one(key: Key, expected: str, found: str | None, kind: str, theirs: Mapping[Key, str]) -> Compared:
    if found is None:
        return Compared(*key, kind, expected, "", INCOMPARABLE, reason="it was not made here")
    if found == expected:
        return Compared(*key, kind, expected, found, SAME, 0.0)
    before, now = _number(expected), _number(found)
    if kind == PRINTED or before is None or now is None:
        return Compared(*key, kind, expected, found, DIFFERS)
    relative = abs(now - before) / _scale(key, before, now, theirs)
    close = relative <= _limit(TOLERANCES[kind], key[2])
    return Compared(*key, kind, expected, found, CLOSE if close else DIFFERS, relative)


def _limit(tolerance: Tolerance, column: str) -> float:
    return tolerance.uncertainty if column in UNCERTAIN else tolerance.relative


def _scale(key: Key, before: float, now: float, theirs: Mapping[Key, str]) -> float:
    """What a difference is a share of: the number, or its standard error if that is larger; a p-value is its own."""
    if key[2] == "p_value":
        return 1.0
    size = max(abs(before), abs(now))
    if key[2] in SCALED:
        size = max(size, _number(theirs.get((key[0], key[1], "std_error"), "")) or 0.0)
    elif key[2] == "statistic":
        size = max(size, 1.0)
    return size or 1.0


def _number(text: str) -> float | None:
    try:
        found = json.loads(text)
    except ValueError:
        return None
    is_number = isinstance(found, int | float) and not isinstance(found, bool) and math.isfinite(found)
    return float(found) if is_number else None
