"""Questions that share their answers and a stem, put together as batteries."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from pipeline.ingest.items.keys import free_key
from pipeline.ingest.items.question import Question
from pipeline.ingest.items.stems import FEWEST, below_stem, by_stem, common_stem, grouped

_NUMBERED = re.compile(r"([^\W\d]+?)_?\d+[a-z]?", re.IGNORECASE)

Entry = tuple[str, Question]
"""The key of an item, and its question."""


@dataclass(frozen=True)
class Grid:
    """A battery: its key, its stem, and its rows in their order."""

    key: str
    stem: str
    rows: tuple[Entry, ...]


def arranged(entries: Sequence[Entry], bare: Mapping[str, str], taken: Collection[str] = ()) -> list[Grid | Entry]:
    """The entries in their order, those of a battery together at the place of its first.

    A battery is what the source says is a grid; else at least three questions on the same answers whose names have one
    stem; or which follow each other, with one stem in their labels, or with numbers behind the same letters as names.
    Labels of several stems are several batteries, whatever the names.
    ``bare``: key → name without a wave's mark.
    """
    grids: dict[str, Grid] = {}
    for grid in _found(entries, bare, {*taken, *(key for key, _ in entries)}):
        grids |= {key: grid for key, _ in grid.rows}
    placed: list[Grid | Entry] = []
    for key, question in entries:
        found = grids.get(key)
        if found is None:
            placed.append((key, question))
        elif found.rows[0][0] == key:
            placed.append(found)
    return placed


def _found(entries: Sequence[Entry], bare: Mapping[str, str], taken: Collection[str]) -> Iterator[Grid]:
    left = dict(entries)
    used = set(taken)
    for name, keys in [*_stated(left), *_by_names(left, bare), *_by_labels(left), *_numbered(left, bare)]:
        found = [same for same in _alike([(key, left[key]) for key in keys if key in left]) if _is_grid(same)]
        for same in found:
            own = name if len(found) == 1 else ""
            key = free_key(own or f"{same[0][0]}_to_{same[-1][0]}", used)
            used.add(key)
            yield _grid(key, same)
            for member, _ in same:
                del left[member]


def _is_grid(same: Sequence[Entry]) -> bool:
    return len(same) >= (2 if same[0][1].group else FEWEST)


def _alike(entries: Sequence[Entry]) -> Iterator[list[Entry]]:
    """The entries on the same answers; of these, unless the source says what a grid is, those under one stem."""
    for same in _on_the_same_answers(entries):
        if same[0][1].group:
            yield same
        else:
            parts = by_stem([question.wording for _, question in same])
            yield from ([same[place] for place in part] for part in parts)


def _stated(left: Mapping[str, Question]) -> list[tuple[str, list[str]]]:
    """The grids that the source names."""
    groups: dict[str, list[str]] = {}
    for key, question in left.items():
        if question.group:
            groups.setdefault(question.group, []).append(key)
    return list(groups.items())


def _by_names(left: Mapping[str, Question], bare: Mapping[str, str]) -> list[tuple[str, list[str]]]:
    names = {bare.get(key, key): key for key, question in left.items() if not question.group}
    return [(stem, [names[name] for name in members]) for stem, members in grouped(names).items()]


def _by_labels(left: Mapping[str, Question]) -> list[tuple[str, list[str]]]:
    """Runs of questions on the same answers whose labels begin with one stem."""
    runs = [[key for key, _ in run] for _, run in groupby(left.items(), key=lambda entry: _answers(entry[1]))]
    return [("", part) for run in runs for part in _split(run, left)]


def _numbered(left: Mapping[str, Question], bare: Mapping[str, str]) -> list[tuple[str, list[str]]]:
    """Runs of questions on the same codes whose names are the same letters with a number: X1, X2, X3."""

    def run_of(entry: Entry) -> tuple[object, ...]:
        letters = _NUMBERED.fullmatch(bare.get(entry[0], entry[0]))
        return (letters[1].casefold() if letters and entry[1].codes else entry[0], _answers(entry[1]))

    return [("", [key for key, _ in run]) for _, run in groupby(left.items(), key=run_of)]


def _split(run: Sequence[str], left: Mapping[str, Question]) -> Iterator[list[str]]:
    """The parts of a run that share a stem, each as long as can be."""
    part: list[str] = []
    for key in run:
        if len(part) < 2 or common_stem([left[one].wording for one in [*part, key]]):
            part.append(key)
        else:
            yield part
            part = [part[-1], key] if not common_stem([left[one].wording for one in part]) else [key]
    if len(part) >= FEWEST and common_stem([left[one].wording for one in part]):
        yield part


def _answers(question: Question) -> tuple[object, ...]:
    """What the rows of a battery share."""
    return (
        question.kind,
        tuple(question.codes.items()),
        tuple(question.missing.items()),
        question.bounds,
        tuple(question.value_labels.items()),
        question.routing,
        question.source,
        question.assumed,
        question.group,
        question.is_lasting,
    )


def _on_the_same_answers(entries: Sequence[Entry]) -> list[list[Entry]]:
    found: dict[tuple[object, ...], list[Entry]] = {}
    for key, question in entries:
        found.setdefault(_answers(question), []).append((key, question))
    return list(found.values())


def _grid(key: str, entries: Sequence[Entry]) -> Grid:
    """The battery, with the stem that the source states or that the wordings share."""
    stems = {question.stem for _, question in entries}
    if len(stems) == 1 and "" not in stems:
        return Grid(key, stems.pop(), tuple(entries))
    wordings = [question.wording for _, question in entries]
    stem = common_stem(wordings)
    rows = [(name, replace(question, stem=stem, text=below_stem(question.wording, stem))) for name, question in entries]
    return Grid(key, stem, tuple(rows))
