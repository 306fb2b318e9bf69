"""Batteries of items.yaml: a grid on one scale, written once, and unfolded to items before anything reads them.

trust:                                    # the battery's name; its rows are the items
  stem: How much do you trust the following?
  codes: {1: Not at all, 2: A little, 3: A lot}
  missing: {8: dont_know}
  rows:
    trust_police: The police
    trust_courts: {wording: The courts, variable: Q12_2, reverse: true}
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from pydantic import Field

from pipeline.specs.base import Text
from pipeline.specs.reader import build, each
from pipeline.specs.strict_yaml import Position, Source, read
from pipeline.specs.study import Answers, Item

Lines = dict[Position, dict[Position, int]]

OWN = ("label", "wording", "original", "concept", "variable")
"""The keys of an item that a battery's rows have, each its own."""


class Battery(Answers):
    """Several questions under one stem, with what their answers share. ``rows``: item → its wording, or its own keys.

    What a row says itself takes the place of what the battery says. The wording of an item is the stem and its row's;
    its label the row's alone, unless another battery has a row of that wording.
    """

    stem: Text = ""
    rows: dict[str, Any] = Field(min_length=1)


def load_items(path: Path, name: str, kind: type[Item]) -> tuple[dict[str, Item], Source]:
    """Item → its declaration, from items.yaml; the items of batteries stand where their battery stands."""
    source = read(path, name)
    if isinstance(source.data, dict):
        source.data = unfolded(source)
    return each(source, kind), source


def is_battery(entry: object) -> bool:
    """Whether an entry of items.yaml is a battery."""
    return isinstance(entry, dict) and "rows" in entry


def unfolded(source: Source) -> dict[str, Any]:
    """The entries with each battery as its items. Items keep the lines of the battery; mistakes are reported there."""
    entries: dict[str, Any] = dict(source.data) if isinstance(source.data, dict) else {}
    written = _by_key(source.lines)
    twice = _rows_alike(entries)
    single = {key for key, entry in entries.items() if not is_battery(entry)}
    found: dict[str, Any] = {}
    for key, entry in entries.items():
        if key in single:
            found[key] = entry
        elif _is_sound(key, entry, source):
            for row, said in entry["rows"].items():
                place = (key, "rows", row)
                first = written[row,][()] if row in single else source.lines[row,] if row in found else None
                if first is not None:
                    source.report(place, f"`{row}` is an item already (line {first}). Give one of the two a new name.")
                elif (own := _own(said, source, place)) is not None:
                    found[row] = _item(entry, own, place, source, written, twice)
    return found


def places(data: object) -> dict[str, Position]:
    """Item → where items.yaml as written declares its answers: in its entry, its battery's row, or its battery."""
    found: dict[str, Position] = {}
    for key, entry in data.items() if isinstance(data, dict) else ():
        if not is_battery(entry):
            found[key] = (key,)
        elif isinstance(entry["rows"], dict):
            for row, said in entry["rows"].items():
                found[row] = (key, "rows", row) if isinstance(said, dict) and "codes" in said else (key,)
    return found


def _is_sound(key: str, entry: dict[str, Any], source: Source) -> bool:
    """Whether what the rows share can be read; what cannot is reported once, and not for each row."""
    if not re.fullmatch(r"[a-z][a-z0-9_]*", key):
        source.report((key,), f"`{key}` must be a name in small letters, digits and underscores.")
        return False
    for own in OWN:
        if own in entry:
            source.report((key, own), f"`{key}.{own}`: each row of a battery has its own `{own}`. Move it there.")
            return False
    return build(entry, Battery, source, (key,)) is not None


def _own(said: Any, source: Source, position: Position) -> dict[str, Any] | None:
    """What a row says itself."""
    if isinstance(said, dict):
        return said
    if said is None or isinstance(said, (list, bool)) or not str(said).strip():
        source.report(position, f"`{'.'.join(map(str, position))}` has no wording: give the row's text, or its keys.")
        return None
    return {"wording": str(said)}


def _rows_alike(entries: Mapping[str, Any]) -> set[str]:
    """The wordings that rows of several batteries have: there a row alone does not say what was asked."""
    seen: dict[str, set[str]] = {}
    for key, entry in entries.items():
        rows = entry["rows"] if is_battery(entry) and isinstance(entry["rows"], dict) else {}
        for said in rows.values():
            wording = said.get("wording") if isinstance(said, dict) else said
            seen.setdefault(str(wording).strip().casefold(), set()).add(key)
    return {wording for wording, batteries in seen.items() if len(batteries) > 1}


def _item(
    entry: dict[str, Any],
    own: dict[str, Any],
    place: Position,
    source: Source,
    written: Lines,
    twice: Collection[str],
) -> dict[str, Any]:
    """One item, as if it had been written out; its lines are those of its row, and for the rest of the battery."""
    battery, row = place[0], place[-1]
    said = {key: value for key, value in entry.items() if key not in ("stem", "rows")} | {"battery": battery} | own
    if isinstance(own.get("wording"), str | int | float):
        said["wording"] = f"{entry.get('stem') or ''} {own['wording']}".strip()
        is_alike = str(own["wording"]).strip().casefold() in twice
        said.setdefault("label", said["wording"] if is_alike else own["wording"])
    line = written[place][()]
    source.lines[row,] = line
    for key in said:
        origin = (*place, key) if key in own or key not in entry else (battery, key)
        source.lines |= {(row, key, *below): line for below, line in written.get(origin, {(): line}).items()}
    return said


def _by_key(lines: Mapping[Position, int]) -> Lines:
    """The lines by position of an entry, a key, a row or a row's key: what is below each → its line."""
    found: Lines = {}
    for where, line in lines.items():
        for length in (1, 2, 3, 4):
            if length == len(where) or (length < len(where) and length % 2 == 0):
                found.setdefault(where[:length], {})[where[length:]] = line
    return found
