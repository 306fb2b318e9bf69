"""The draft of a wave's declaration, from its file: what is proposed, how sure that is, and on what evidence."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from pipeline.errors import one_line
from pipeline.ingest.arrival.date_parts import date_parts
from pipeline.ingest.arrival.draft_fieldwork import date_columns, date_format_lines, fieldwork_lines
from pipeline.ingest.arrival.draft_joins import Joins, join_lines, joins_of
from pipeline.ingest.arrival.draft_names import Names, names_of
from pipeline.ingest.arrival.draft_roles import (
    guessed_roles,
    named_like_roles,
    of_paradata,
    person_column,
    role_lines,
    roles_in,
)
from pipeline.ingest.arrival.draft_variables import absent_items, columns_with_the_codes, undecided, variable_lines
from pipeline.ingest.arrival.expected import expected
from pipeline.ingest.arrival.layout import about_arms, about_long, long_layout, rows_of_long
from pipeline.ingest.arrival.marks import Mark, own_mark
from pipeline.ingest.arrival.matching import Match, matches
from pipeline.ingest.arrival.new_items import NO_ENTRIES, NewEntries, NewItems, new_entries, new_items, unread
from pipeline.ingest.arrival.opened import Opened, about_format, about_tests, open_for_draft
from pipeline.ingest.arrival.weights import WEIGHTS
from pipeline.ingest.formats.deposit import Deposit
from pipeline.specs.project import Study
from pipeline.specs.yaml_text import quoted


@dataclass(frozen=True)
class Draft:
    """``wave``: its declaration as YAML text. ``entries``: those for columns that nobody declared, if they were asked
    for. ``undecided``: items that need a decision before the wave is built;
    ``undeclared``: those with answers that are not among their codes, or outside their range. ``about_rows``: that the
    file holds several waves in its rows."""

    wave: str
    entries: NewEntries
    undecided: tuple[str, ...] = ()
    undeclared: tuple[str, ...] = ()
    proposed_items: int = 0
    joins: tuple[str, ...] = ()
    about_rows: tuple[str, ...] = ()
    not_asked: int = 0


def draft_wave(study: Study, wave: str, arm: str, path: Path, folder: Path | None = None) -> str:
    """A wave's declaration as YAML text; see ``draft``."""
    return draft(study, wave, arm, path, folder).wave


def draft(
    study: Study,
    wave: str,
    arm: str,
    path: Path,
    folder: Path | None = None,
    *,
    add_items: bool = False,
    taken: Collection[str] = (),
    opened: Opened | None = None,
) -> Draft:
    """A wave's declaration, every proposal with its confidence and evidence in a comment.

    A variable of the expected name is a line; one of another name a comment, until a person decides. ``folder`` holds
    the declarations of earlier waves: what was only proposed there stays as unsure as it was. With ``add_items``
    columns that nobody declared become items; otherwise their entries are comments of the wave. No battery has a name
    of ``taken``. ``opened``: the file as it was read already.

    Raises ``DepositError`` if the file cannot be read in any way that a declaration could describe.
    """
    opened = opened or open_for_draft(study, path)
    called = names_of(study, wave, opened.deposit.frame.columns)
    joins = joins_of(study, path, opened.deposit, person_column(study, opened.deposit))
    deposit, columns = joins.deposit, joins.deposit.frame.columns
    want = expected(study, wave, arm, columns, folder, called.around)
    names = {item: want.name(item, columns) for item in want.own}
    found = matches({key: study.items[key] for key in names}, names, deposit, list(study.about.missing))
    mark = called.around or (want.mark if study.items else own_mark(opened.deposit.frame.columns))
    want = replace(want, mark=mark)
    roles = roles_in(want, deposit, called)
    guesses = guessed_roles(want, roles, deposit)
    keys = {one.key.column for one in joins.found}
    parts = date_parts(deposit)
    read_elsewhere = named_like_roles(want, roles, called, deposit)
    read_elsewhere |= dict.fromkeys(parts.columns if parts is not None else (), "they say when interviews were")
    new = _new(study, joins, called, mark, found, {*roles.values(), *of_paradata(guesses), *keys, *read_elsewhere})
    new = replace(new, others={**new.others, **read_elsewhere})
    weights = [column for column, why in new.others.items() if why == WEIGHTS]
    drafted = {item.key: item.column for item in new.items if add_items}
    files = {column: one.file for one in joins.found if one.is_proposed for column in one.adds}
    entries = new_entries(study, new, path.name, taken, files) if add_items else NO_ENTRIES
    open_to = {} if add_items else columns_with_the_codes(study, names, found, new)
    used = {*roles.values(), *drafted.values(), *(match.variable for match in found.values() if match.is_its_name)}
    return Draft(
        _text(
            [
                *_head(study, opened, path, mark, wave, called),
                f"title: Wave {int(wave[1:])}",
                *called.lines,
                *fieldwork_lines(study, roles, path, deposit),
                *["files:", f"  - arm: {arm}", f"    file: {quoted(path.name)}", f"    format: {opened.record.name}"],
                *(f"    {key}: {quoted(value)}" for key, value in opened.way.keys.items()),
                *date_format_lines(study, roles, deposit),
                *join_lines(joins, called, used),
                *role_lines(want, roles, guesses, called, study.about.columns.named(), weights),
                *variable_lines(
                    want,
                    names,
                    found,
                    _to_name(called, new, drafted),
                    _as_named(study, called, names, found),
                    {key: study.items[key].battery for key in names},
                    unread=open_to,
                ),
                *_left(deposit, new, add_items),
            ]
        ),
        entries=entries,
        undecided=(*undecided(want, names, found), *open_to),
        not_asked=len(list(absent_items(want, names, found, open_to))),
        undeclared=tuple(item for item, match in found.items() if match.is_its_name and not match.is_as_declared),
        proposed_items=len(new.items),
        joins=tuple(one.file for one in joins.found if one.is_proposed),
        about_rows=tuple(_about_rows(study, opened.deposit)),
    )


def _to_name(called: Names, new: NewItems, drafted: Mapping[str, str]) -> dict[str, str]:
    """Drafted item → its column, where the pattern of study.yaml does not say so."""
    variables = {item.key: item.variable for item in new.items}
    return {key: column for key, column in drafted.items() if not called.is_as_expected(variables[key], column)}


def _as_named(study: Study, called: Names, names: Mapping[str, str], found: Mapping[str, Match]) -> list[str]:
    """The items whose variable has the name that the pattern of study.yaml gives it."""
    return [
        key
        for key in names
        if key in found and called.is_as_expected(study.items[key].variable or key, found[key].variable)
    ]


def _new(
    study: Study, joins: Joins, called: Names, mark: Mark, found: Mapping[str, Match], roles: set[str]
) -> NewItems:
    """Proposals for the columns that hold neither an item nor a role, nor dates; lasting facts marked as such."""
    deposit = joins.deposit
    used = roles | {match.variable for match in found.values() if match.is_its_name}
    bare = {column: mark.without(column) for column in deposit.frame.columns if column not in used}
    lasting = [column for column in joins.lasting if called.around is None or called.around.without(column) == column]
    return new_items(deposit, bare, study.items, study.about.missing, lasting=lasting)


def _head(study: Study, opened: Opened, path: Path, mark: Mark, wave: str, called: Names) -> list[str]:
    """What whoever checks the draft should know first."""
    frame = opened.deposit.frame
    lines = [f"Drafted from {path.name}: {frame.height:,} rows, {len(frame.columns):,} columns."]
    lines += ["Nothing here is confirmed. Read every line, correct it, then run `cohesion wave accept`."]
    lines += [
        "Delete the comment of a proposal once it is checked: while it stands, later drafts are no surer than it."
    ]
    about_mark = _about_mark(mark, wave) if called.around is None else []
    lines += [*about_format(opened), *about_mark, *about_arms(opened.deposit)]
    lines += [*_about_rows(study, opened.deposit), *about_tests(study, opened.deposit)]
    return [f"# {one_line(line)}" for line in lines]


def _about_rows(study: Study, deposit: Deposit) -> list[str]:
    """What to declare where the file has a row for each wave of a person."""
    layout = long_layout(deposit.frame, person_column(study, deposit))
    if layout is None:
        return []
    return [f"ATTENTION: {about_long(layout)}. Say which rows are this wave's, as in {rows_of_long(layout)}."]


def _about_mark(mark: Mark, wave: str) -> list[str]:
    """What a person should know of the wave in the names, above all if it is another wave."""
    if not mark.prefix and not mark.suffix:
        return []
    shown = f"{mark.prefix}...{mark.suffix}"
    found = [f"Most of its names have the form `{shown}`: they are matched with this mark, and written out in full."]
    if mark.number is not None and mark.number != int(wave[1:]):
        found.append(f"ATTENTION: `{shown}` says wave {mark.number}, but this is drafted as {wave}. Which is it?")
    return found


def _left(deposit: Deposit, new: NewItems, add_items: bool) -> list[str]:
    """The columns that nothing is read from, each with the entry of items.yaml that would change that."""
    lines = [] if add_items else unread(new)
    dates = date_columns(deposit)
    reasons = {column: "they hold dates" if column in dates else why for column, why in new.others.items()}
    for why in dict.fromkeys(reasons.values()):
        lines += ["", f"# Columns that no item is read from, since {why}; they stay out of everything:"]
        lines += [f"#   {column}{_label(deposit, column)}" for column in reasons if reasons[column] == why]
    return lines


def _label(deposit: Deposit, column: str) -> str:
    label = " ".join(deposit.labels.get(column, "").split())[:80]
    return f": {label}" if label else ""


def _text(lines: Iterable[str]) -> str:
    """The lines as the text of a file; what stands in one never makes another."""
    return "\n".join(map(one_line, lines)) + "\n"
