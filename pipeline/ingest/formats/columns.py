"""Names of columns: which are there twice, which declared ones are absent, and letting only declared columns pass."""

from __future__ import annotations

import difflib
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import polars as pl

from pipeline.errors import DepositError, one_line
from pipeline.ingest.formats.request import Request
from pipeline.ingest.formats.table import Notice


@dataclass
class Chosen:
    """The declared columns of a file under their declared names, and what became of the others."""

    frame: pl.DataFrame
    undeclared: tuple[str, ...] = ()
    absent: dict[str, str | None] = field(default_factory=dict)
    renamed: dict[str, str] = field(default_factory=dict)
    notices: list[Notice] = field(default_factory=list)

    def name(self, found: str) -> str:
        """The name in ``frame`` of a column of the file."""
        return self.renamed.get(found, found)


def choose(frame: pl.DataFrame, declared: Sequence[str] | None, names: Sequence[str] | None = None) -> Chosen:
    """Only the declared columns, in the file's order; all of them if nothing is declared.

    ``names``: those of all columns of the file, where the frame does not hold them all.

    A name that differs in case alone is the declared column, with a notice. ``absent`` gives the nearest name found
    for each declared column that is not there.
    """
    if declared is None:
        return Chosen(frame)
    exact = set(frame.columns) & set(declared)
    by_case = _differing_in_case(frame.columns, set(declared) - exact)
    kept = [name for name in frame.columns if name in exact or name in by_case]
    undeclared = tuple(
        name for name in (frame.columns if names is None else names) if name not in exact and name not in by_case
    )
    present = exact | set(by_case.values())
    return Chosen(
        frame=frame.select(kept).rename(by_case),
        undeclared=undeclared,
        absent={name: nearest(name, undeclared) for name in dict.fromkeys(declared) if name not in present},
        renamed=by_case,
        notices=[
            Notice("renamed_in_case", f"column {found} is read as {name}: the names differ only in case", name)
            for found, name in by_case.items()
        ],
    )


def text_columns(names: Iterable[str], request: Request) -> tuple[str, ...]:
    """The columns whose text is not read as numbers: those declared as text, and those that are not looked at."""
    return (*request.text, *(name for name in names if not request.wants(name)))


def _differing_in_case(found: Iterable[str], wanted: set[str]) -> dict[str, str]:
    """Found name → declared name, where exactly one column of the file fits a declared name but for case."""
    candidates: dict[str, list[str]] = defaultdict(list)
    for name in found:
        candidates[name.lower()].append(name)
    return {candidates[name.lower()][0]: name for name in sorted(wanted) if len(candidates.get(name.lower(), ())) == 1}


def nearest(name: str, names: Iterable[str]) -> str | None:
    """The most similar of ``names``, if any is similar."""
    lower = {other.lower(): other for other in names}
    close = difflib.get_close_matches(name.lower(), lower, n=1, cutoff=0.6)
    return lower[close[0]] if close else None


def check_names(names: Sequence[str], where: str) -> list[Notice]:
    """Raise ``DepositError`` if a name is there twice; a notice for names that differ only in case."""
    twice = sorted(name for name, count in Counter(names).items() if count > 1)
    if twice:
        raise doubled(twice, where)
    in_case = Counter(name.lower() for name in names)
    return [
        Notice("names_differ_in_case", f"columns {', '.join(same)} differ only in case", same[0], len(same))
        for same in ([name for name in names if name.lower() == key] for key, count in in_case.items() if count > 1)
    ]


def doubled(names: Sequence[str], where: str) -> DepositError:
    return DepositError(
        f"duplicate column names: {some(names)}",
        where=where,
        count=len(names),
        todo="Ask for the file with one name per column.",
    )


def some(things: Sequence[object], most: int = 10) -> str:
    """The first few of a list, in words."""
    shown = one_line(", ".join(str(thing) for thing in things[:most]))
    return shown if len(things) <= most else f"{shown} and {len(things) - most:,} more"
