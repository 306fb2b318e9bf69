"""The files that a drafted wave joins: of households, of areas, of lasting facts, by a key whose rows are counted."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.ingest.arrival.draft_names import Names
from pipeline.ingest.arrival.neighbours import Key, files_beside, in_a_series, keys_of, opened_beside, with_columns_of
from pipeline.ingest.arrival.opened import Opened, open_undeclared
from pipeline.ingest.formats.columns import some
from pipeline.ingest.formats.deposit import Deposit
from pipeline.specs.base import canonical_code
from pipeline.specs.project import Study
from pipeline.specs.yaml_text import quoted

_OF_ALL_WAVES = re.compile(r"(^|_)(x?wave|cross|master|lasting|fixed|constant|enduring|static|stable)", re.IGNORECASE)
"""What files of lasting facts, one row per person for all waves, are often called."""
_MARKED = (re.compile(r"(?P<mark>[a-z]{1,2})_(?P<name>.+)"), re.compile(r"(?P<name>.+?)_?[wt]?(?P<mark>\d{1,2})"))


@dataclass(frozen=True)
class Joining:
    """A file that may be joined: its key, and the columns that it adds.

    ``is_proposed``: whether the join is a line of the draft; other joins are comments. ``by_wave``: names that the file
    has in a column for each of several waves, which no item is drafted from. ``shared``: columns that both files have.
    """

    file: str
    opened: Opened
    key: Key
    relation: str
    is_proposed: bool
    adds: tuple[str, ...]
    by_wave: tuple[str, ...] = ()
    shared: tuple[str, ...] = ()
    source: str | None = None


@dataclass(frozen=True)
class Joins:
    """The deposit with the columns of the proposed joins, and all joins in the order of their files' names."""

    deposit: Deposit
    found: tuple[Joining, ...] = ()
    lasting: frozenset[str] = field(default_factory=frozenset)
    """Columns of files that have one row per person: what they hold is one fact for all waves."""


def joins_of(study: Study, path: Path, deposit: Deposit, person: str | None) -> Joins:
    """Whatever lies beside a file of people and adds columns to its rows; ``person`` is its column of ids."""
    if person is None or deposit.frame[person].is_duplicated().any():
        return Joins(deposit)
    missing = [canonical_code(code) for code in study.about.missing]
    parts = {file.file for wave in study.waves.values() for file in wave.files}
    made, found, lasting = deposit, [], set()
    for other in files_beside(path):
        if other.name in parts:
            continue
        beside = opened_beside(other, deposit.frame.columns)
        keys = [] if beside is None else list(keys_of(deposit.frame, beside.deposit.frame, missing))
        if not keys:
            continue
        key = max(keys, key=lambda one: (one.column == person, one.distinct))
        joining = _joining(study, other, key, person, made)
        found.append(joining)
        if joining.is_proposed:
            made = with_columns_of(made, joining.opened.deposit, key.column, joining.adds)
            lasting |= set(joining.adds) if key.column == person else set()
    return Joins(made, tuple(found), frozenset(lasting))


def _joining(study: Study, path: Path, key: Key, person: str, deposit: Deposit) -> Joining:
    opened = open_undeclared(path)
    columns = [name for name in opened.deposit.frame.columns if name != key.column]
    is_of_people = key.column == person
    by_wave = _by_wave(columns) if is_of_people else {}
    shared = tuple(name for name in columns if name in deposit.frame.columns)
    source = next((name for name, one in study.about.sources.items() if one.file == path.name), None)
    was_joined = any(in_a_series(path.name, name) or path.name == name for name in _joined_before(study))
    return Joining(
        file=path.name,
        opened=opened,
        key=key,
        relation="one_to_one" if is_of_people else "many_to_one",
        is_proposed=not is_of_people or source is not None or was_joined or bool(_OF_ALL_WAVES.search(path.stem)),
        adds=tuple(name for name in columns if name not in by_wave and name not in shared),
        by_wave=tuple(dict.fromkeys(by_wave.values())),
        shared=shared,
        source=source,
    )


def _joined_before(study: Study) -> set[str]:
    return {one.file for wave in study.waves.values() for file in wave.files for one in file.join}


def _by_wave(columns: Collection[str]) -> dict[str, str]:
    """Column → its name without the wave, of names that are there for several waves (``a_ivfio``, ``b_ivfio``)."""
    found: dict[str, str] = {}
    for form in _MARKED:
        named = {column: match["name"] for column in columns if (match := form.fullmatch(column))}
        counted = Counter(named.values())
        found |= {column: name for column, name in named.items() if counted[name] > 1 and column not in found}
    return found


def join_lines(joins: Joins, names: Names, used: Collection[str]) -> Iterator[str]:
    """The lines ``join`` of a part, each with its evidence. ``used``: the columns that something is read from."""
    proposed = [one for one in joins.found if one.is_proposed and names.declared(one.key.column) is not None]
    if proposed:
        yield "    join:"
    for one in joins.found:
        is_line = one in proposed
        yield from (f"      # {line}" for line in _evidence(one, is_line))
        key = names.declared(one.key.column) or one.key.column
        way = {"file": one.source} if one.source else _way(one.opened, one.file)
        said = way | {"on": key}
        taken = [column for column in one.adds if column in used]
        take = f", take: [{', '.join(map(quoted, taken))}]" if one.shared and taken else ""
        entry = ", ".join(f"{name}: {quoted(value)}" for name, value in said.items()) + f", relation: {one.relation}"
        yield f"      {'' if is_line else '# '}- {{{entry}{take}}}"


def _way(opened: Opened, name: str) -> dict[str, object]:
    return {"file": name, "format": opened.record.name, **opened.way.keys}


def _evidence(one: Joining, is_line: bool) -> Iterator[str]:
    """Why a join is proposed, in counts."""
    key = one.key
    rows = f"once in each of its {key.joined_rows:,} rows"
    yield f"{one.file}: `{key.column}` is there {rows}; {key.matched:,} of {key.rows:,} rows here find theirs."
    if not is_line:
        yield "It has one row per person as well: take away the # if it describes the people of this wave."
    if one.by_wave:
        yield (
            f"It has a column for each wave of {some(one.by_wave, 3)}. If one is the outcome of the interview, declare "
            "`outcomes` in study.yaml (data/studies/README.md)."
        )
    if one.shared:
        yield f"Both files have {some(one.shared, 3)}: read from this one, unless `take` says otherwise."


def joined_already(study: Study, name: str) -> str | None:
    """In words, where a file is joined as it is declared; None where it is not."""
    for wave, declared in study.waves.items():
        for part in declared.files:
            for one in part.join:
                if one.file == name:
                    return f"is joined to {part.file} in {wave}, by `{', '.join(one.on)}`"
    return None


def people_beside(study: Study, path: Path, opened: Opened, person: str) -> tuple[str, str] | None:
    """The file of people that joins this one and the key of that, where this one has a row per household or area.

    ``person``: what the column of people is called.
    """
    columns = opened.deposit.frame.columns
    missing = [canonical_code(code) for code in study.about.missing]
    if person in columns:
        return None
    for other in files_beside(path):
        beside = opened_beside(other, (*columns, person))
        if beside is None or person not in beside.deposit.frame.columns:
            continue
        found = [
            key.column
            for key in keys_of(beside.deposit.frame, opened.deposit.frame, missing)
            if beside.deposit.frame[key.column].is_duplicated().any()
        ]
        if found:
            return other.name, found[0]
    return None


def of_several_waves(path: Path, opened: Opened, person: str) -> list[str]:
    """The files of waves whose people a file with a column for each wave holds; empty where it is no such file."""
    columns = opened.deposit.frame.columns
    by_wave = _by_wave(columns)
    if person not in columns or not by_wave or not opened.deposit.frame[person].is_unique().all():
        return []
    marks = {column[: len(column) - len(name)] for column, name in by_wave.items() if column.endswith(name)} - {""}
    found = []
    for other in files_beside(path):
        beside = opened_beside(other, columns)
        if beside is None or person not in beside.deposit.frame.columns:
            continue
        names = [*beside.deposit.frame.columns, *beside.deposit.undeclared]
        bears = max((sum(name.startswith(mark) for name in names) for mark in marks), default=0)
        is_of_people = beside.deposit.frame[person].is_unique().all()
        if is_of_people and bears * 2 > len(names):
            found.append(other.name)
    return found if len(found) > 1 else []
