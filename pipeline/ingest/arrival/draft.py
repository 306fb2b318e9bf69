"""The draft of a wave's declaration, from its file: what is proposed, how sure that is, and on what evidence."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from pathlib import Path

from pipeline.errors import DepositError
from pipeline.ingest.arrival.find import check_file_name
from pipeline.ingest.arrival.marks import Mark, common_prefix, common_suffix, without_own
from pipeline.ingest.arrival.matching import POSSIBLE, SURE, Match, matches
from pipeline.ingest.formats.deposit import Deposit
from pipeline.ingest.formats.known import known_formats
from pipeline.ingest.formats.modules import Way, module_of
from pipeline.ingest.formats.request import Request
from pipeline.ingest.formats.signatures import HEAD_BYTES, looks_like
from pipeline.ingest.isolation.read import answer_to
from pipeline.ingest.quarantine.declared_dates import found_format
from pipeline.specs.formats import FORMATS, Format
from pipeline.specs.project import Study
from pipeline.specs.sources import role_columns, source_variable
from pipeline.specs.yaml_text import one_line, quoted

_HEAD = 1 << 16


@dataclass(frozen=True)
class Opened:
    """A file that nothing is declared about: how it could be read, and the deposit."""

    deposit: Deposit
    record: Format
    way: Way


def draft_wave(study: Study, wave: str, arm: str, path: Path) -> str:
    """A wave's declaration as YAML text, every proposal with its confidence and evidence in a comment.

    Raises ``DepositError`` if the file cannot be read in any way that a declaration could describe.
    """
    opened = open_undeclared(path)
    columns = opened.deposit.frame.columns
    expected = {key: name for key, name in _expected(study, arm).items() if _may_be_asked(study, wave, arm, key)}
    mark, names = _names(study, columns, expected)
    found = matches({key: study.items[key] for key in names}, names, opened.deposit, list(study.about.missing))
    lines = [f"# Drafted from {path.name}: {opened.deposit.frame.height:,} rows, {len(columns):,} columns."]
    lines += ["# Nothing here is confirmed. Read every line, correct it, then run `cohesion wave accept`."]
    lines += [f"# {note}" for note in [*_about_format(opened), *_about_mark(mark, wave)]]
    lines += [f"title: Wave {int(wave[1:])}", *_fieldwork(study, arm, path, opened.deposit, mark)]
    lines += ["files:", f"  - arm: {arm}", f"    file: {quoted(path.name)}", f"    format: {opened.record.name}"]
    lines += [f"    {key}: {quoted(value)}" for key, value in opened.way.keys.items()]
    roles = _roles(study, arm, columns, mark)
    lines += _date_format(study, opened.deposit, roles)
    lines += _role_lines(study, arm, roles)
    lines += [*_variables(names, found), *_left(opened.deposit, found, set(roles.values()))]
    return "\n".join(map(one_line, lines)) + "\n"


def _names(study: Study, columns: list[str], expected: dict[str, str]) -> tuple[Mark, dict[str, str]]:
    """How this file marks the wave in its variables' names, and item → the name that its variable should have then."""
    marked = [name for name in expected.values() if name not in study.about.unprefixed]
    prefix = common_prefix(columns, marked)
    suffix = "" if prefix else common_suffix(columns, marked)
    bare = dict(zip(marked, marked, strict=True))
    if not prefix and not suffix and len({*marked} & {*columns}) <= len(marked) / 2:
        bare = without_own(marked)
        prefix = common_prefix(columns, set(bare.values()))
        suffix = "" if prefix else common_suffix(columns, set(bare.values()))
    mark = Mark(prefix, suffix)
    if not prefix and not suffix:
        return mark, expected
    return mark, {item: mark.of(bare[name]) if name in bare else name for item, name in expected.items()}


def _about_mark(mark: Mark, wave: str) -> list[str]:
    """What a person should know of the wave in the names, above all if it is another wave."""
    if not mark.prefix and not mark.suffix:
        return []
    shown = f"{mark.prefix}...{mark.suffix}"
    found = [f"Most of its names have the form `{shown}`: they are matched with this mark, and written out in full."]
    if mark.number is not None and mark.number != int(wave[1:]):
        found.append(f"ATTENTION: `{shown}` says wave {mark.number}, but this is drafted as {wave}. Which is it?")
    return found


def open_undeclared(path: Path) -> Opened:
    """Read a file by what its first bytes say; for text, in the first way in which it holds several whole columns."""
    check_file_name(path.name)
    with path.open("rb") as file:
        head = file.read(_HEAD)
    record = FORMATS.get(looks_like(head[:HEAD_BYTES], known_formats()), FORMATS["csv"])
    first: DepositError | None = None
    for way in module_of(record.module).ways(head):
        try:
            deposit = answer_to(replace(Request(str(path.absolute()), record.name), **way.keys))
        except DepositError as error:
            first = first or error
            continue
        if deposit.frame.width > 1 or not record.is_text:
            return Opened(deposit, record, way)
    raise first or DepositError("the file is no table of several columns", where=path.name)


def _about_format(opened: Opened) -> list[str]:
    """How the file was opened, for whoever checks the draft."""
    record = opened.record
    notes = [] if record.is_text else [f"Its first bytes are those of {record.words}."]
    if not record.carries_labels:
        notes.append("The format carries no labels: variables are matched by their names and codes alone.")
    if not record.counts_rows:
        notes.append("The format does not say how many rows there are: compare the number with the sender's.")
    return [*notes, *opened.way.notes]


def _expected(study: Study, arm: str) -> dict[str, str]:
    """Item → the variable that held it last, without a wave's prefix."""
    names = {key: item.variable or key for key, item in study.items.items()}
    for wave, declared in study.waves.items():
        for file in declared.files:
            prefix = declared.prefix if file.prefix is None else file.prefix
            for key in study.items if file.arm == arm else ():
                variable = source_variable(study, wave, file, key)
                if variable:
                    names[key] = variable.removeprefix(prefix)
    return names


def _role_names(study: Study, arm: str) -> dict[str, str]:
    """Role → the variable that played it last, without a wave's prefix."""
    roles = study.about.columns.model_dump(exclude_none=True)
    for wave, declared in study.waves.items():
        for file in declared.files:
            prefix = declared.prefix if file.prefix is None else file.prefix
            if file.arm == arm:
                roles |= {role: name.removeprefix(prefix) for role, name in role_columns(study, wave, file).items()}
    return roles


def _may_be_asked(study: Study, wave: str, arm: str, key: str) -> bool:
    item = study.items[key]
    return (not item.waves or wave in item.waves) and (not item.arms or arm in item.arms)


def _roles(study: Study, arm: str, columns: list[str], mark: Mark) -> dict[str, str]:
    """Role → the column of the file that has the name of the one that played it last."""
    by_case = {column.lower(): column for column in columns}
    found = {}
    for role, name in _role_names(study, arm).items():
        column = by_case.get(mark.of(name).lower()) or by_case.get(name.lower())
        if column is not None:
            found[role] = column
    return found


def _role_lines(study: Study, arm: str, roles: dict[str, str]) -> list[str]:
    lines = ["    columns:"] if roles else []
    before = _role_names(study, arm)
    for role, column in roles.items():
        how = "the name it had before" if column == before[role] else f"before: {before[role]}"
        lines.append(f"      {role}: {quoted(column)}  # {how}")
    absent = {role: name for role, name in _role_names(study, arm).items() if role not in roles}
    return [*lines, *(f"    # {role}: there is no column `{name}`; say which it is" for role, name in absent.items())]


def _fieldwork(study: Study, arm: str, path: Path, deposit: Deposit, mark: Mark) -> list[str]:
    name = _role_names(study, arm).get("interview_date", "")
    column = next((one for one in (mark.of(name), name) if one in deposit.frame.columns), None)
    found = found_format(deposit.frame[column], list(study.about.missing)) if column else None
    if found is not None:
        days, misfits = found[1].dates.drop_nulls().sort(), found[1].reasons.count()
        also = f"; {misfits:,} cells are no date" if misfits else ""
        start = f"  start: {days[0]}  # the first and the last of {days.len():,} dates in `{column}`{also}"
        return ["fieldwork:", start, f"  end: {days[-1]}"]
    day = dt.date.fromtimestamp(path.stat().st_mtime).isoformat()
    return [
        "fieldwork:",
        f"  start: {day}  # no dates were found: this is the day the file was written",
        f"  end: {day}",
        "  assumed: true",
        "  reason: drafted from the date of the file; not confirmed",
    ]


def _date_format(study: Study, deposit: Deposit, roles: dict[str, str]) -> list[str]:
    """How interview dates are written, where they are text in another form than ISO."""
    column = roles.get("interview_date")
    found = found_format(deposit.frame[column], list(study.about.missing)) if column else None
    return [f"    date_format: {quoted(found[0])}"] if found is not None and found[0] is not None else []


def _variables(names: dict[str, str], found: dict[str, Match]) -> list[str]:
    """What is proposed item by item; what is as expected is left to the comment next to it."""
    proposed, not_asked = ["", "variables:"], ["", "not_asked:"]
    for item, name in names.items():
        match = found.get(item)
        if match is None or match.confidence < POSSIBLE:
            not_asked.append(f"  - {item}  # no variable like `{name}`")
        elif match.confidence < SURE:
            not_asked.append(f"  - {item}  # perhaps {match.variable} ({match.confidence:.0%}): {match.evidence}")
        else:
            proposed.append(f"  {item}: {quoted(match.variable)}  # {match.confidence:.0%}: {match.evidence}")
    return [*(proposed if len(proposed) > 2 else []), *(not_asked if len(not_asked) > 2 else [])]


def _left(deposit: Deposit, found: dict[str, Match], roles: set[str]) -> list[str]:
    used = roles | {match.variable for match in found.values() if match.confidence >= SURE}
    left = [column for column in deposit.frame.columns if column not in used]
    personal = {str(finding["column"]) for finding in deposit.findings}
    lines = ["", "# Columns that no item is read from; they stay out of everything:"] if left else []
    for column in left:
        label = f": {' '.join(deposit.labels[column].split())[:80]}" if deposit.labels.get(column) else ""
        lines.append(f"#   {column}{label}{' (holds personal data)' if column in personal else ''}")
    return lines
