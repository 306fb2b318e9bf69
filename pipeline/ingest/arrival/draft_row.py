"""The draft of a wave of a study that declares its waves in waves.csv: a row, and a file for what else is its own."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.files import write_bytes
from pipeline.ingest.arrival.table_edit import WaveTable
from pipeline.specs.strict_yaml import parse, read
from pipeline.specs.wave_files import TABLE
from pipeline.specs.wave_layers import SHARED, name_of_wave

_LINE = re.compile(r"([a-z_]+):")


def write_row(folder: Path, wave: str, text: str, *, is_undecided: bool) -> Iterator[str]:
    """Add the row of a drafted wave, and write ``waves/wNN.yaml`` if the draft says more; in words, what was written.

    ``folder``: the study's. ``text``: the draft of the wave as a file of its own. What ``waves/_each.yaml`` says of its
    file is not said again.
    """
    data: Any = parse(text, Path(), "").data
    row = {"wave": wave, "title": str(data["title"])}
    said = {"title"}
    fieldwork = data["fieldwork"]
    if "assumed" not in fieldwork:
        row |= {key: str(fieldwork[key]) for key in ("start", "end")}
        said.add("fieldwork")
    for key in ("mark", "number"):
        if key in data:
            row[key] = str(data[key])
            said.add(key)
    of_wave = _OfWave(wave, data.get("number"), data.get("mark"))
    named = _named_by_each(folder / "waves" / SHARED, of_wave, data["files"])
    if named is not None:
        row["file"] = named
        said.add("files")
    table = WaveTable(folder / TABLE)
    table.add(row)
    table.save()
    yield f"Added a row for {wave} to {folder.name}/{TABLE}: read it."
    if is_undecided or set(data) - said:
        own = folder / "waves" / f"{wave}.yaml"
        write_bytes(own, _without(text, said).encode())
        yield f"What {wave} does otherwise is drafted in {folder.name}/waves/{own.name}."


@dataclass(frozen=True)
class _OfWave:
    """What stands for ``{wave}``, ``{number}`` and ``{mark}`` in the patterns of a wave."""

    wave: str
    number: int | None
    mark: str | None

    def names(self, pattern: object) -> str | None:
        return name_of_wave(str(pattern), self.wave, self.number, self.mark)


def _named_by_each(shared: Path, wave: _OfWave, files: list[dict[str, Any]]) -> str | None:
    """The file's name, or nothing where the pattern of ``_each.yaml`` names it; None where more is to be said of it."""
    data = read(shared, shared.name).data if shared.is_file() else None
    listed = data.get("files") if isinstance(data, dict) else None
    if not isinstance(listed, list) or len(listed) != 1 or not isinstance(listed[0], dict) or len(files) != 1:
        return None
    name, rest = files[0]["file"], {key: value for key, value in files[0].items() if key not in ("file", "join")}
    if any(listed[0].get(key) != value for key, value in rest.items()):
        return None
    if _joined(listed[0], wave.names) != _joined(files[0], str):
        return None
    pattern = str(listed[0].get("file", ""))
    return "" if pattern and wave.names(pattern) == name else str(name)


def _joined(file: dict[str, Any], name: Callable[[object], str | None]) -> dict[str | None, tuple[str, object]]:
    """File that is joined → its key and relation; which columns it adds is said once for all waves."""
    listed = file.get("join")
    joined = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    return {name(one.get("file")): (_key(one.get("on")), one.get("relation")) for one in joined}


def _key(on: object) -> str:
    return ", ".join(map(str, on)) if isinstance(on, list) else str(on)


def _without(text: str, keys: set[str]) -> str:
    """The text of a declaration without some of its keys; comments between keys stay."""
    kept, gone = [], False
    for line in text.splitlines(keepends=True):
        key = _LINE.match(line)
        gone = key[1] in keys if key else gone and line[:1] not in ("#", "\n")
        kept += [] if gone else [line]
    return "".join(kept)
