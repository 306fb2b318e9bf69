"""Columns of numbers of a Stata file, taken from where they lie: a row is a fixed number of bytes, and so is a cell.

For the releases 117 to 119 (Stata 13 and later), whose header says where everything is (``help dta``, Stata 18).
Whatever is not exactly as it is described there is left to the reader of the whole file.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

_HEAD = re.compile(
    rb"<stata_dta><header><release>(11[789])</release><byteorder>(LSF|MSF)</byteorder><K>(.{2,4}?)</K><N>(.{4,8}?)</N>",
    re.DOTALL,
)
_HEAD_BYTES = 2048
_MAP, _OFFSETS = b"<map>", 14
_TYPES, _DATA = b"<variable_types>", b"<data>"
_STRINGS, _LONG_STRING = 2045, 32768
_INTEGERS = {65530: ("i1", 100), 65529: ("i2", 32_740), 65528: ("i4", 2_147_483_620)}
"""Type → how a cell is written, and the largest number that it holds: what is above stands for a missing value."""
_FLOATS = {65527: ("f4", float.fromhex("0x1.fffffep+126")), 65526: ("f8", float.fromhex("0x1.fffffffffffffp+1022"))}
_EMPTY = {65530: 101, 65529: 32_741, 65528: 2_147_483_621}
_EMPTY_FLOATS = {65527: float.fromhex("0x1p+127"), 65526: float.fromhex("0x1p+1023")}
"""The missing value ``.``; those above it are tagged, ``.a`` to ``.z``."""

_AT_ONCE = 64 * 1024**2
"""Bytes of the file that are looked at together."""


@dataclass(frozen=True)
class _Layout:
    rows: int
    start: int
    width: int
    places: list[tuple[int, int]]
    """Of each variable, its type and the place of its cell in a row."""
    order: str


def number_columns(path: Path, names: Sequence[str], wanted: Sequence[str]) -> dict[str, pl.Series]:
    """Name → the column as Float64, empty cells as null, of the wanted variables that hold numbers and no tags.

    ``names`` are those of all variables in the order of the file. Nothing is returned for a file of another release, or
    whose parts do not lie where its header says.
    """
    layout = _layout(path, len(names))
    if layout is None:
        return {}
    kinds = {name: layout.places[place] for place, name in enumerate(names)}
    chosen = {name: kinds[name] for name in wanted if kinds[name][0] in {**_INTEGERS, **_FLOATS}}
    found: dict[str, list[pl.Series]] = {name: [] for name in chosen}
    for block in _blocks(path, layout):
        for name in list(found):
            cells = _cells(block, *chosen[name], layout.order)
            if cells is None:
                del found[name]
            else:
                found[name].append(cells)
    return {
        name: pl.concat(parts).alias(name) if parts else pl.Series(name, [], dtype=pl.Float64)
        for name, parts in found.items()
    }


def _layout(path: Path, variables: int) -> _Layout | None:
    """Where the cells lie; None where the header is not as it should be."""
    size = path.stat().st_size
    with path.open("rb") as file:
        beginning = file.read(_HEAD_BYTES)
        head, at = _HEAD.match(beginning), beginning.find(_MAP)
        if head is None or at < 0 or len(beginning) < at + len(_MAP) + 8 * _OFFSETS:
            return None
        order = "<" if head[2] == b"LSF" else ">"
        places = np.frombuffer(beginning, f"{order}u8", _OFFSETS, at + len(_MAP)).tolist()
        types = _part(file.fileno(), places[2], _TYPES, 2 * variables)
        start = places[9] + len(_DATA)
        if types is None or _part(file.fileno(), places[9], _DATA, 0) is None:
            return None
    kinds = np.frombuffer(types, f"{order}u2").tolist()
    widths = [_width(kind) for kind in kinds]
    rows, width = int.from_bytes(head[4], "little" if order == "<" else "big"), sum(widths)
    as_said = places[10] == start + rows * width + len(b"</data>") and places[10] <= size
    is_right = as_said and all(widths) and int.from_bytes(head[3], "little" if order == "<" else "big") == variables
    ends = np.cumsum([0, *widths]).tolist()
    return _Layout(rows, start, width, list(zip(kinds, ends, strict=False)), order) if is_right else None


def _part(file: int, at: int, tag: bytes, length: int) -> bytes | None:
    """The bytes behind a tag that should lie at a place of the file."""
    found = os.pread(file, len(tag) + length, at)
    return found[len(tag) :] if found.startswith(tag) and len(found) == len(tag) + length else None


def _width(kind: int) -> int:
    """Bytes of a cell; 0 for a type that there is not."""
    if 0 < kind <= _STRINGS:
        return kind
    known: Mapping[int, tuple[str, float]] = {**_INTEGERS, **_FLOATS}
    return 8 if kind == _LONG_STRING else int(known[kind][0][1:]) if kind in known else 0


def _blocks(path: Path, layout: _Layout) -> Iterator[npt.NDArray[np.uint8]]:
    """The bytes of some rows after others, one row of the array each."""
    step = max(1, _AT_ONCE // layout.width)
    with path.open("rb") as file:
        file.seek(layout.start)
        for first in range(0, layout.rows, step):
            rows = min(step, layout.rows - first)
            yield np.frombuffer(file.read(rows * layout.width), np.uint8).reshape(rows, layout.width)


def _cells(block: npt.NDArray[np.uint8], kind: int, place: int, order: str) -> pl.Series | None:
    """The cells of a variable in some rows; None where one is tagged."""
    written, most = {**_INTEGERS, **_FLOATS}[kind]
    width = int(written[1:])
    cells = np.ascontiguousarray(block[:, place : place + width]).view(f"{order}{written}")[:, 0]
    above = cells > most
    if (above & (cells != {**_EMPTY, **_EMPTY_FLOATS}[kind])).any():
        return None
    return pl.Series(cells.astype(np.float64)).set(pl.Series(above), None)
