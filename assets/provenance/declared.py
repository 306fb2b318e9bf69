"""What changed in the declarations between two builds: file, line, key, what it said and what it says."""

from __future__ import annotations

import csv
import difflib
import io
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from assets.provenance.compare import Change, differences
from pipeline.specs.strict_yaml import Source, parse

Text = Callable[[str], str]
"""Hash → text."""


@dataclass(frozen=True)
class Edit:
    """One edit of a declaration. ``path``: the keys that lead to it; none where a file is new, gone, or prose."""

    file: str
    line: int
    path: tuple[str, ...]
    old: str
    new: str
    members: frozenset[str] = frozenset()  # the rows of a battery that it concerns

    @property
    def key(self) -> str:
        return ".".join(self.path)


def edits(old: Mapping[str, str], new: Mapping[str, str], text: Text) -> list[Edit]:
    """Every edit between two sets of declarations (place → hash of its text), by file. Comments are no edits."""
    found: list[Edit] = []
    for file in sorted({*old, *new}):
        if old.get(file) == new.get(file):
            continue
        if file not in old:
            found.append(Edit(file, 1, (), "", "a new file"))
        elif file not in new:
            found.append(Edit(file, 1, (), "the file", ""))
        else:
            found += _in_file(file, text(old[file]), text(new[file]))
    return found


def _in_file(file: str, old: str, new: str) -> Iterator[Edit]:
    match PurePosixPath(file).suffix:
        case ".yaml":
            yield from _in_yaml(file, old, new, 1)
        case ".json":
            before, after = (_json(text) for text in (old, new))
            yield from (Edit(file, 1, one.path, one.old, one.new) for one in differences(before, after))
        case ".csv":
            yield from _in_table(file, old, new)
        case ".md" if "/papers/" in file:
            yield from _in_paper(file, old, new)
        case _:
            yield from _in_text(file, old, new, 0)


def _json(text: str) -> Any:
    """What a JSON file holds; entries of a list of records by their id, so that one more moves no other."""
    try:
        data = json.loads(text)
    except ValueError:
        return {"text": text}
    if isinstance(data, list) and data and all(isinstance(one, dict) and "id" in one for one in data):
        return {str(one["id"]): one for one in data}
    return data


def _in_yaml(file: str, old: str, new: str, first: int) -> Iterator[Edit]:
    before, after = (parse(text, Path(file), file, first) for text in (old, new))
    for change in differences(before.data, after.data):
        members = _members(after.data, change.path) | _members(before.data, change.path)
        yield Edit(file, _line(before, after, change), change.path, change.old, change.new, members)


def _members(data: object, path: tuple[str, ...]) -> frozenset[str]:
    """The rows of the battery that a change is in; of one row, that row."""
    entry = data.get(path[0]) if isinstance(data, dict) and path else None
    rows = entry.get("rows") if isinstance(entry, dict) else None
    if not isinstance(rows, dict):
        return frozenset()
    return frozenset({path[2]} if path[1:2] == ("rows",) and len(path) > 2 else rows)


def _line(before: Source, after: Source, change: Change) -> int:
    """Where the change stands now; where it is gone, where it stood."""
    source = after if change.new else before
    place: list[str | int] = []
    for part in change.path:
        numbered = (*place, int(part)) if part.isdigit() else None
        place.append(int(part) if numbered in source.lines else part)
    return source.line(tuple(place))


def _in_paper(file: str, old: str, new: str) -> Iterator[Edit]:
    """The front matter by its keys, the prose by its lines."""
    (front, prose), (front_now, prose_now) = _parts(old), _parts(new)
    yield from _in_yaml(file, front, front_now, 2)
    yield from _in_text(file, prose, prose_now, new.count("\n") - prose_now.count("\n"))


def _parts(text: str) -> tuple[str, str]:
    parts = text.split("---\n", 2)
    return (parts[1], parts[2]) if len(parts) == 3 else ("", text)


def _in_text(file: str, old: str, new: str, above: int) -> Iterator[Edit]:
    """Lines of prose that were written anew, put in, or taken out; blank ones do not count."""
    before, after = old.splitlines(), new.splitlines()
    for kind, a, b, c, d in difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        gone, come = " ".join(before[a:b]).strip(), " ".join(after[c:d]).strip()
        if kind != "equal" and (gone or come):
            yield Edit(file, above + c + 1, (), gone, come)


def _in_table(file: str, old: str, new: str) -> Iterator[Edit]:
    """Cells where rows kept their place, else rows; a row is called by its first cells."""
    (header, *before), (header_now, *after) = (list(csv.reader(io.StringIO(text))) or [[]] for text in (old, new))
    if header != header_now or len(before) != len(after):
        yield from _in_text(file, old, new, 0)
        return
    for number, (row, now) in enumerate(zip(before, after, strict=True), start=2):
        for column, cell, cell_now in zip(header, row, now, strict=False):
            if cell != cell_now:
                yield Edit(file, number, (*_named(header, now, column), column), cell, cell_now)


def _named(header: list[str], row: list[str], column: str) -> tuple[str, ...]:
    """What a row of a table is called: its first cells but for the one that changed."""
    cells = [cell for name, cell in zip(header, row, strict=False) if cell and name not in (column, "source")]
    return tuple(cells[:4])
