"""What moved between two builds: findings by their row, sentences by their place. Aggregates and words alone."""

from __future__ import annotations

import difflib
import io
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from assets.provenance.rows import rows_of

if TYPE_CHECKING:
    import polars as pl

ROW = ("outcome", "component", "term", "wave", "group")
"""What distinguishes the estimates of one model, and the findings of one table."""


@dataclass(frozen=True)
class Moved:
    """One estimate that differs. ``model``: whose, or the table of other findings: ``areas/my_study``.

    ``old`` and ``new``: its numbers; ``None`` where there was or is no such row.
    ``errors``: the difference in standard errors of the old estimate, if it has one.
    """

    model: str
    row: tuple[str, ...]
    old: Mapping[str, Any] | None
    new: Mapping[str, Any] | None

    @property
    def what(self) -> str:
        """``outcome · term (component), wave, group``, without what says the same twice."""
        outcome, component, term, wave, group = self.row
        parts = [outcome, *([term] if term not in (outcome, component) else []), component]
        return ", ".join([" · ".join(dict.fromkeys(filter(None, parts))), *filter(None, (wave, group))])

    @property
    def estimates(self) -> tuple[float | None, float | None]:
        return tuple(None if row is None else row["estimate"] for row in (self.old, self.new))  # type: ignore[return-value]

    @property
    def difference(self) -> float | None:
        old, new = self.estimates
        return None if old is None or new is None else new - old

    @property
    def errors(self) -> float | None:
        error = self.old["std_error"] if self.old is not None else None
        return None if not error or self.difference is None else self.difference / error

    @property
    def has_moved(self) -> bool:
        """Whether the estimate itself is another; else only its error, its interval or its numbers of people are."""
        return self.estimates[0] != self.estimates[1] or (self.old is None) != (self.new is None)

    @property
    def size(self) -> float:
        """By which the largest moves come first: what came, went or is withheld now before all."""
        return math.inf if self.difference is None else abs(self.errors or self.difference)


def moved(key: str, old: bytes | None, new: bytes | None) -> list[Moved]:
    """The findings of one table (``estimates/MODEL``, ``areas/STUDY``) that differ, the largest difference first."""
    before, after = (_rows(key, content) for content in (old, new))
    name = key.removeprefix("estimates/")
    found = [
        Moved(name, place[: len(ROW)], before.get(place), after.get(place))
        for place in dict.fromkeys((*before, *after))
        if before.get(place) != after.get(place)
    ]
    return sorted(found, key=lambda each: -each.size)


def _rows(key: str, content: bytes | None) -> dict[tuple[str, ...], dict[str, Any]]:
    """Row → its numbers and its note; NaN counts as missing, so that it is equal to itself."""
    found: dict[tuple[str, ...], dict[str, Any]] = {}
    again: dict[tuple[str, ...], int] = {}
    for place, numbers in rows_of(key, _table(content)) if content is not None else ():
        again[place] = again.get(place, -1) + 1
        found[(*place, str(again[place]))] = {name: _number(value) for name, value in numbers.items()}
    return found


def _number(value: Any) -> Any:
    return None if value is None or (isinstance(value, float) and math.isnan(value)) else value


def _table(content: bytes) -> pl.DataFrame:
    import polars as pl

    return pl.read_parquet(io.BytesIO(content))


@dataclass(frozen=True)
class Said:
    """A sentence, title or row of a table that reads otherwise. Empty texts: there was or is no such passage."""

    paper: str
    part: str
    section: str
    kind: str
    old: str
    new: str
    sources: tuple[str, ...] = ()


def said(old: bytes | None, new: bytes | None) -> list[Said]:
    """What a paper says otherwise, in its order."""
    before, after = ([] if each is None else list(_table(each).iter_rows(named=True)) for each in (old, new))
    found: list[Said] = []
    for part in dict.fromkeys(row["part"] for row in (*before, *after)):
        found += _in_part([row for row in before if row["part"] == part], [row for row in after if row["part"] == part])
    return found


def _in_part(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> Iterator[Said]:
    """Passages that took the place of others are paired in their order."""
    old, new = ([row["text"] for row in rows] for rows in (before, after))
    for kind, a, b, c, d in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            continue
        gone, come = before[a:b], after[c:d]
        for number in range(max(len(gone), len(come))):
            yield _said(gone[number] if number < len(gone) else None, come[number] if number < len(come) else None)


def _said(old: dict[str, Any] | None, new: dict[str, Any] | None) -> Said:
    row = new or old or {}
    sources = tuple(dict.fromkeys(_words(old, "sources") + _words(new, "sources")))
    return Said(
        row["paper"],
        row["part"],
        row["section"],
        row["kind"],
        old["text"] if old else "",
        new["text"] if new else "",
        sources,
    )


def _words(row: dict[str, Any] | None, name: str) -> list[str]:
    return row[name].split() if row is not None else []


def numbers_in(content: bytes | None) -> Iterator[tuple[tuple[str, ...], str]]:
    """Each estimate that a paper's numbers are made of, with the number: ``my_paper:12``."""
    frame = _table(content) if content is not None else None
    if frame is None or "rows" not in frame.columns:
        return
    for row in frame.iter_rows(named=True):
        for result in json.loads(row["rows"]):
            yield tuple(result), f"{row['paper']}:{row['number'].removeprefix('number-')}"
