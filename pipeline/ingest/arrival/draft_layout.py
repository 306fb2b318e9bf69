"""The draft of all waves of a file that serves several: its source, its names, and whose rows are whose."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path

from pipeline.errors import CohesionError, one_line
from pipeline.ingest.arrival.draft_names import layout_shown
from pipeline.ingest.arrival.draft_roles import person_column
from pipeline.ingest.arrival.layout import Long, Wide, about_arms, about_long, layout_of, rows_of_long
from pipeline.ingest.arrival.new_items import NO_ENTRIES, NewEntries, new_entries, new_items, unread
from pipeline.ingest.arrival.opened import Opened
from pipeline.ingest.arrival.panel_items import declared_in, read_already, to_decide
from pipeline.ingest.arrival.panel_wave import Panel, wave_text
from pipeline.ingest.arrival.stacked import stacked
from pipeline.ingest.arrival.weights import WEIGHTS
from pipeline.ingest.formats.deposit import Deposit
from pipeline.ingest.items.keys import free_key
from pipeline.specs.project import Study
from pipeline.specs.yaml_text import quoted

SOURCE = "panel"
"""What the source of a first file is called, if no other is."""


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
    study: Study, arm: str, path: Path, opened: Opened, *, add_items: bool = True, taken: Collection[str] = ()
) -> PanelDraft | None:
    """The draft of every wave of a file as it was ``opened``; None where it looks like one wave's.

    Items that are declared are looked for among its columns. Those of other columns are added with ``add_items``, else
    comments of the first wave. No battery has a name of ``taken``. Where study.yaml says how variables are called in
    each wave, nothing is read as columns of several waves.
    """
    person = person_column(study, opened.deposit)
    layout = layout_shown(study, opened.deposit, person)
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
    panel = Panel(
        study=study,
        arm=arm,
        path=path,
        source=free_key(SOURCE, study.about.sources),
        deposit=opened.deposit,
        layout=layout,
        roles=roles,
        declared=declared,
        new=new.items if add_items else (),
        batteries=entries.batteries,
        weights=weights,
    )
    width = 2 if len(layout.marks) < 100 else 3
    named = {f"w{place:0{width}}": mark for place, mark in enumerate(layout.marks, start=1)}
    waves = {wave: wave_text(panel, wave, mark) for wave, mark in named.items()}
    if not add_items:
        first = next(iter(waves))
        waves[first] += "".join(f"{line}\n" for line in unread(new))
    keys = {"file": path.name, "format": opened.record.name, **opened.way.keys}
    return PanelDraft(
        _about(opened, path, layout),
        (panel.source, keys),
        waves,
        entries,
        len(new.items),
        one_line(_in_words(path, layout)),
        to_decide(study, declared),
        tuple(key for key, match in declared.items() if match.is_its_name and not match.is_as_declared),
    )


def _in_words(path: Path, layout: Long | Wide) -> str:
    """How many waves a file holds, and where."""
    holds = f"{path.name} holds {len(layout.marks)} waves"
    if isinstance(layout, Wide):
        return f"{holds}, in columns of the form `{layout.pattern}`"
    declared = f"declared by {rows_of_long(layout)} and so on"
    return f"{holds}, one in each row by `{layout.column}`; {about_long(layout)}, {declared}"


def refuse_another_wide_file(study: Study, arm: str, path: Path, opened: Opened) -> None:
    """Raise ``CohesionError`` if a file holds several waves in columns, as a source of the study does."""
    if study.about.names is None:
        return
    layout = layout_of(opened.deposit, person_column(study, opened.deposit))
    if not isinstance(layout, Wide) or layout.pattern != study.about.names:
        return
    key = free_key(path.stem if path.stem[:1].isalpha() else SOURCE, study.about.sources)
    raise CohesionError(
        f"holds the waves {', '.join(layout.marks)}, in columns of the form `{layout.pattern}`, so that it is no wave",
        where=path.name,
        todo=f"Name it under `sources` of study.yaml, as `{key}: {{file: {path.name}, format: "
        f"{opened.record.name}}}`, and in each of these waves under `files`, as `{{arm: {arm}, file: {key}, "
        "present: {any_of: items}}`.",
    )


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
