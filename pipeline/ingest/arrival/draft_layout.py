"""The draft of all waves of a file that serves several: its source, its names, and whose rows are whose."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

from pipeline.errors import CohesionError, one_line
from pipeline.ingest.arrival.draft_fieldwork import fieldwork_lines
from pipeline.ingest.arrival.draft_roles import person_column
from pipeline.ingest.arrival.layout import Long, Wide, about_arms, about_long, layout_of, rows_of_long
from pipeline.ingest.arrival.matching import Match
from pipeline.ingest.arrival.new_items import NO_ENTRIES, NewEntries, NewItems, new_entries, new_items, unread
from pipeline.ingest.arrival.opened import Opened, open_for_draft
from pipeline.ingest.arrival.panel_items import declared_in, item_lines, read_already, to_decide
from pipeline.ingest.arrival.stacked import stacked
from pipeline.ingest.arrival.weights import WEIGHTS
from pipeline.ingest.formats.deposit import Deposit
from pipeline.ingest.formats.numbers import answer_codes
from pipeline.specs.project import Study
from pipeline.specs.yaml_text import quoted

SOURCE = "panel"
SECOND = "further"
WEIGHTS_OPEN = "Columns that look like weights; they are no items. Name one under `columns: {weight: ...}` of its file:"


@dataclass(frozen=True)
class PanelDraft:
    """What study.yaml says in addition, the ``waves`` by name, the ``entries`` of items and scales.

    ``about``: lines of keys that it does not have; ``source``: its name and its keys, for the key ``sources``.
    """

    about: str
    source: tuple[str, dict[str, object]]
    waves: dict[str, str]
    entries: NewEntries
    proposed_items: int
    said: str
    undecided: tuple[str, ...] = ()
    undeclared: tuple[str, ...] = ()


def draft_panel(
    study: Study, arm: str, path: Path, *, add_items: bool = True, taken: Collection[str] = ()
) -> PanelDraft | None:
    """The draft of every wave of a file; None where the file looks like one wave's.

    Items that are declared are looked for among its columns. Those of other columns are added with ``add_items``, else
    comments of the first wave. No battery has a name of ``taken``. Where study.yaml says how variables are called in
    each wave, nothing is read as columns of several waves.
    """
    opened = open_for_draft(study, path)
    person = person_column(study, opened.deposit)
    layout = layout_of(opened.deposit, person, may_be_wide=not (study.about.names or study.about.unprefixed))
    if layout is None or (isinstance(layout, Wide) and _is_read_in_full(study, opened.deposit, layout)):
        return None
    waves_of = stacked(opened.deposit, layout) if isinstance(layout, Wide) else None
    deposit = waves_of.deposit if waves_of is not None else _without_waves(opened.deposit, layout)
    roles = _roles(study, deposit, person)
    own = {role: column for role, column in roles.items() if column is not None}
    declared = declared_in(study, deposit, own.values()) if study.items else {}
    read = {*own.values(), *read_already(declared)}
    bare = {name: name for name in deposit.frame.columns if name not in read}
    lasting = layout.unmarked if isinstance(layout, Wide) else ()
    new = new_items(deposit, bare, study.items, study.about.missing, waves_of, lasting)
    weights = [column for column, why in new.others.items() if why == WEIGHTS]
    if len(weights) == 1 and roles.get("weight") is None:
        roles["weight"] = weights.pop()
    entries = new_entries(study, new, path.name, taken) if add_items else NO_ENTRIES
    wave_items = new if add_items else NewItems((), new.others)
    source = next(name for name in _source_names() if name not in study.about.sources)
    marks = layout.marks if isinstance(layout, Wide) else list(layout.values)
    width = 2 if len(marks) < 100 else 3
    waves = {
        f"w{place:0{width}}": _wave(
            study, arm, (source, opened.deposit), layout, mark, wave_items, entries, roles, weights, path, declared,
            f"w{place:0{width}}",
        )
        for place, mark in enumerate(marks, start=1)
    }  # fmt: skip
    if not add_items:
        first = next(iter(waves))
        waves[first] += "".join(f"{line}\n" for line in unread(new))
    said = (
        f"{path.name} holds {len(marks)} waves, one in each row by `{layout.column}`; {about_long(layout)}, "
        f"declared by {rows_of_long(layout)} and so on"
        if isinstance(layout, Long)
        else f"{path.name} holds {len(marks)} waves, in columns of the form `{layout.pattern}`"
    )
    keys = {"file": path.name, "format": opened.record.name, **opened.way.keys}
    return PanelDraft(
        _about(opened, path, layout),
        (source, keys),
        waves,
        entries,
        len(new.items),
        one_line(said),
        to_decide(study, declared),
        tuple(key for key, match in declared.items() if match.is_its_name and not match.is_as_declared),
    )


def _source_names() -> Iterator[str]:
    yield SOURCE
    yield from (f"{SOURCE}_{number}" for number in count(2))


def refuse_another_wide_file(study: Study, arm: str, path: Path) -> None:
    """Raise ``CohesionError`` if a file holds several waves in columns, as a source of the study does."""
    if study.about.names is None:
        return
    opened = open_for_draft(study, path)
    layout = layout_of(opened.deposit, person_column(study, opened.deposit))
    if not isinstance(layout, Wide) or layout.pattern != study.about.names:
        return
    raise CohesionError(
        f"holds the waves {', '.join(layout.marks)}, in columns of the form `{layout.pattern}`, so that it is no wave",
        where=path.name,
        todo=f"Name it under `sources` of study.yaml, as `{_key(path)}: {{file: {path.name}, format: "
        f"{opened.record.name}}}`, and in each of these waves under `files`, as `{{arm: {arm}, file: {_key(path)}, "
        "present: {any_of: items}}`.",
    )


def _key(path: Path) -> str:
    """A name for the source."""
    return re.sub(r"[^a-z0-9]+", "_", path.stem.lower()).strip("_") if path.stem[:1].isalpha() else f"panel_{SECOND}"


def _is_read_in_full(study: Study, deposit: Deposit, layout: Wide) -> bool:
    """Whether more items are declared by names of columns as they are than by names without a wave's mark."""
    names = {item.variable or key for key, item in study.items.items()}
    marked = {column for own in layout.columns.values() for column in own.values()}
    bare = {name for own in layout.columns.values() for name in own}
    return len(names & marked & {*deposit.frame.columns}) > len(names & bare)


def _without_waves(deposit: Deposit, layout: Long | Wide) -> Deposit:
    """A long file without the column that says the wave of each row."""
    return replace(deposit, frame=deposit.frame.drop(layout.column)) if isinstance(layout, Long) else deposit


def _roles(study: Study, deposit: Deposit, person: str | None) -> dict[str, str | None]:
    """Role → its column by the name that study.yaml gives it; None where the file has no such column."""
    found: dict[str, str | None] = {
        role: name if name in deposit.frame.columns else None for role, name in study.about.columns.named().items()
    }
    return {**found, "person_id": person}


def _about(opened: Opened, path: Path, layout: Long | Wide) -> str:
    """The lines of study.yaml besides the source: what should be known, and how the columns of waves are called."""
    lines = ["", *(f"# {one_line(line)}" for line in about_arms(opened.deposit))]
    lines += [f"# Drafted from {one_line(path.name)}; what is not confirmed is not loaded."]
    if isinstance(layout, Wide):
        lines += [f"names: {quoted(layout.pattern)}", f"unprefixed: [{', '.join(map(quoted, layout.unmarked))}]"]
    return "\n".join(lines) + "\n"


def _wave(
    study: Study,
    arm: str,
    source: tuple[str, Deposit],
    layout: Long | Wide,
    mark: str,
    new: NewItems,
    entries: NewEntries,
    roles: dict[str, str | None],
    weights: list[str],
    path: Path,
    declared: Mapping[str, Match],
    wave: str,
) -> str:
    """The declaration of one wave of a ``source``. ``declared``: the columns of items that are; ``weights``: columns
    that look like weights; none is taken yet.
    """
    name, deposit = source
    if isinstance(layout, Long):
        kept = (answer_codes(deposit.frame[layout.column]) == mark).fill_null(False)
        own = replace(deposit, frame=deposit.frame.filter(kept))
        takes = f"rows: {{{quoted(layout.column)}: {quoted(mark)}}}"
        there = {column for column in own.frame.columns if own.frame[column].null_count() < own.frame.height}
    else:
        own = replace(deposit, frame=deposit.frame.select(*layout.columns[mark].values(), *layout.unmarked))
        takes = "present: {any_of: items}  # an answer to any item of this wave; else say `column` and `codes`"
        there = {*layout.columns[mark], *layout.unmarked}
        roles = {role: column if column in there else None for role, column in roles.items()}
        weights = [column for column in weights if column in there]
    unasked = [item.key for item in new.items if item.column not in there]
    lines = [
        f"# Drafted from {path.name}. Nothing here is confirmed: read every line, then run `cohesion wave accept`.",
        f"title: Wave {mark}",
        *([f"number: {mark}"] if mark.isdigit() else [f"mark: {quoted(mark)}"]),
        *fieldwork_lines(study, {role: name for role, name in roles.items() if name}, path, own),
        "files:",
        f"  - arm: {arm}",
        f"    file: {name}",
        f"    {takes}",
        *_columns(study, roles),
        *([f"# {WEIGHTS_OPEN} {', '.join(weights)}"] if weights else []),
        *item_lines(study, wave, declared, there, unasked, entries.batteries),
    ]
    return "\n".join(map(one_line, lines)) + "\n"


def _columns(study: Study, roles: dict[str, str | None]) -> Iterator[str]:
    """The lines ``columns``: the id, if it is called otherwise than in study.yaml, and roles that no column has."""
    declared = study.about.columns.named()
    own = {role: name for role, name in roles.items() if name is not None and declared.get(role) != name}
    absent = [role for role, name in roles.items() if name is None and role != "person_id" and role in declared]
    if own or absent:
        yield "    columns:"
        yield from (f"      {role}: {quoted(name)}" for role, name in own.items())
        yield from (f"      {role}: none  # the file has no column `{declared[role]}`" for role in absent)
