"""A draft written among a study's declarations; the template's examples make room for it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

from pipeline.errors import CohesionError, DepositError, one_line
from pipeline.files import write_bytes
from pipeline.ingest.arrival.confirm import add_wave
from pipeline.ingest.arrival.draft import Draft, draft
from pipeline.ingest.arrival.draft_joins import joined_already, of_several_waves, people_beside
from pipeline.ingest.arrival.draft_layout import PanelDraft, draft_panel, refuse_another_wide_file
from pipeline.ingest.arrival.draft_place import Place, own_part
from pipeline.ingest.arrival.draft_row import write_row
from pipeline.ingest.arrival.neighbours import files_beside
from pipeline.ingest.arrival.new_items import NewEntries
from pipeline.ingest.arrival.opened import Opened, open_for_draft, open_undeclared
from pipeline.ingest.arrival.source_edit import add_lines, add_source
from pipeline.ingest.arrival.study_missing import write_missing
from pipeline.ingest.arrival.template import EXAMPLES, example_files, is_the_templates
from pipeline.ingest.formats.columns import some
from pipeline.specs.project import Study
from pipeline.specs.strict_yaml import read
from pipeline.specs.wave_files import TABLE

_ITEMS = """# Drafted from {file}: one entry per column that nobody had declared. Compare wording, codes and
# missing codes with the questionnaire; then delete `assumed` and `reason`. Delete entries that nobody needs.
"""
_SCALES = """# Batteries found in {file}. Which items are scored together is a decision: take away the # of
# those that are scales.
"""


def _panel(
    study: Study, arm: str, file: Path, opened: Opened, *, in_table: bool, add_items: bool, taken: Collection[str]
) -> PanelDraft | None:
    """The draft of all waves of a study's first file, with its items or without; None for a file that is one wave's."""
    if study.items:
        refuse_another_wide_file(study, arm, file, opened)
    if study.waves or in_table:
        return None
    return draft_panel(study, arm, file, opened, add_items=add_items, taken=taken)


def write_draft(study: Study, place: Place, wave: str, arm: str, file: Path, *, add_items: bool) -> Iterator[str]:
    """Write the draft of a wave, and the entries for new items; in words, what was written and what is to be decided.

    A study without an item of its own gets its items from the file. Raises ``CohesionError`` if the wave is declared.
    """
    target = place.folder / "waves" / f"{wave}.yaml"
    own = own_part(study, place, file)
    in_table = (place.folder / TABLE).is_file()
    is_example = is_the_templates(target, place.template / "waves" / target.name)
    if wave in own.waves or (target.exists() and wave not in study.waves and not is_example):
        where = f"{place.folder.name}/{TABLE}, {wave}" if in_table else f"{place.folder.name}/waves/{target.name}"
        raise CohesionError("is declared already", where=where, todo="Edit it, or name another wave.")
    _refuse_what_is_joined(own, file)
    is_first = not own.items
    taken = () if is_first else entries_of(place.folder)
    add_items = add_items or is_first
    opened = open_for_draft(own, file)
    several = _panel(own, arm, file, opened, in_table=in_table, add_items=add_items, taken=taken)
    if several is not None:
        yield from _write_panel(place, own, arm, file, several, is_first)
        return
    made = draft(own, wave, arm, file, place.folder / "waves", add_items=add_items, taken=taken, opened=opened)
    yield from map(one_line, made.about_rows)
    if in_table:
        yield from write_row(place.folder, wave, made.wave, is_undecided=bool(made.undecided))
    else:
        yield from _write_wave(target, made)
    if made.entries.items:
        yield from _write_items(place, own, file, made.entries, made.proposed_items, is_first)
    yield from _to_decide(made)


def _to_decide(made: Draft | PanelDraft) -> Iterator[str]:
    """What a person has to read and to decide before the drafted waves are built."""
    if made.proposed_items and not made.entries.items:
        number = f"{made.proposed_items:,} {'column is' if made.proposed_items == 1 else 'columns are'}"
        yield (
            f"{number} read by no item. What only this wave asks is declared by entries of items.yaml: copy those that "
            "you want from the comments of the wave's file; or delete that file, and draft again with --items."
        )
    if made.undeclared:
        yield (
            f"Answers that are not declared, in {some(made.undeclared, 5)}: correct `codes`, `missing` or `range` in "
            "items.yaml, or decide when the build asks."
        )
    not_asked = made.not_asked if isinstance(made, Draft) else 0
    if not_asked:
        number = "1 item is" if not_asked == 1 else f"{not_asked:,} items are"
        yield f"{number} declared as not asked: read `not_asked`."
    if made.undecided:
        items = f"{len(made.undecided):,} items are" if len(made.undecided) > 1 else "1 item is"
        yield f"{items} perhaps there under another name: decide under `variables` of the wave's file."


def _write_wave(target: Path, made: Draft) -> Iterator[str]:
    write_bytes(target, made.wave.encode())
    yield f"Drafted {target.stem} in {target.parent.parent.name}/waves/{target.name}."
    if made.joins:
        yield f"Proposed to join {some(made.joins, 5)}: read `join` there, with the counts of keys."


def _refuse_what_is_joined(study: Study, file: Path) -> None:
    """Raises ``DepositError`` for a file of households, areas or lasting facts: people's files are drafted."""
    if said := joined_already(study, file.name):
        raise DepositError(said, where=file.name, todo="Nothing is to be drafted: it is read with that file.")
    if not files_beside(file):
        return
    opened = open_undeclared(file, has_footers=True)
    person = study.about.columns.person_id or "id"
    if beside := people_beside(study, file, opened, person):
        people, key = beside
        rows = opened.deposit.frame.height
        raise DepositError(
            f"has no people (`{person}`): it has one row for each `{key}`, {rows:,} in all, and {people} has both",
            where=file.name,
            todo=f"Draft the wave from {people}; the draft proposes to join this file.",
        )
    if waves := of_several_waves(file, opened, person):
        raise DepositError(
            f"has one row for each `{person}` and a column for each of several waves, whose people are in "
            f"{some(waves, 3)}",
            where=file.name,
            todo="Draft each wave from its file of people; the draft proposes to join this file.",
        )


def _write_panel(place: Place, study: Study, arm: str, file: Path, made: PanelDraft, is_first: bool) -> Iterator[str]:
    """Write the draft of every wave of a file that serves several, and its source."""
    yield f"{made.said}."
    about = place.folder / "study.yaml"
    add_source(about, *made.source)
    add_lines(about, made.about.splitlines())
    yield f"Wrote its source into {place.folder.name}/study.yaml: read `sources`, `names` and `unprefixed` there."
    for wave, text in made.waves.items():
        write_bytes(place.folder / "waves" / f"{wave}.yaml", text.encode())
        add_wave(about, arm, wave)
    yield f"Drafted {', '.join(made.waves)} in {place.folder.name}/waves."
    if made.entries.items:
        yield from _write_items(place, study, file, made.entries, made.proposed_items, is_first)
    yield from _to_decide(made)


def entries_of(folder: Path) -> list[str]:
    """The names of entries in a study's items.yaml, batteries among them."""
    data = read(folder / "items.yaml", "items.yaml").data
    return [*data] if isinstance(data, dict) else []


def write_entries(place: Place, text: str, is_first: bool) -> Iterator[str]:
    """Add entries to items.yaml; the first take the place of the template's examples."""
    items = place.folder / "items.yaml"
    before = "" if is_first else items.read_text(encoding="utf-8").rstrip() + "\n\n"
    write_bytes(items, f"{before}{text}\n".encode())
    gone = [path.name for path in example_files(place.folder, place.template)] if is_first else []
    for name in gone:
        (place.folder / name).unlink()
    if gone:
        yield f"Took away the template's examples: {', '.join(gone)}."


def _write_items(place: Place, study: Study, file: Path, made: NewEntries, count: int, is_first: bool) -> Iterator[str]:
    shared = list(write_missing(place.folder, study, made.missing))
    told = write_entries(place, f"{_ITEMS.format(file=one_line(file.name))}{made.items}", is_first)
    yield f"Wrote {count:,} entries into {place.folder.name}/items.yaml, each marked as assumed."
    yield from told
    yield from shared
    yield from write_scales(place, file, made.scales)


def write_scales(place: Place, file: Path, text: str) -> Iterator[str]:
    """Add proposed scales, which are comments, to scales.yaml."""
    scales = place.folder / EXAMPLES[0]
    if text:
        before = scales.read_text(encoding="utf-8").rstrip() + "\n\n" if scales.exists() else ""
        write_bytes(scales, f"{before}{_SCALES.format(file=one_line(file.name))}{text}\n".encode())
        yield f"Proposed scales for the batteries, as comments, in {place.folder.name}/{scales.name}."
