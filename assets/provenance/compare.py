"""Where two pieces of plain data differ: path, what was there, and what is there now."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Path = tuple[str, ...]


class Absent:
    """Stands for what is not there."""

    def __repr__(self) -> str:
        return "nothing"


ABSENT = Absent()
ORDER = "order"
"""The last part of a path that says that names came in another order."""


@dataclass(frozen=True)
class Change:
    """One difference. ``old`` and ``new`` are as a person would write them; empty where there was or is nothing."""

    path: Path
    old: str
    new: str


def differences(old: Any, new: Any, path: Path = ()) -> Iterator[Change]:
    """Every difference, as deep as both have the same form."""
    if isinstance(old, dict) and isinstance(new, dict):
        yield from _of_mappings(old, new, path)
    elif isinstance(old, list) and isinstance(new, list):
        yield from _of_lists(old, new, path)
    elif not _equal(old, new):
        yield Change(path, written(old), written(new))


def _of_mappings(old: Mapping[str, Any], new: Mapping[str, Any], path: Path) -> Iterator[Change]:
    is_equal = True
    for name in [*old, *(name for name in new if name not in old)]:
        for change in differences(old.get(name, ABSENT), new.get(name, ABSENT), (*path, name)):
            is_equal = False
            yield change
    if is_equal and list(old) != list(new):
        yield Change((*path, ORDER), ", ".join(old), ", ".join(new))


def _of_lists(old: list[Any], new: list[Any], path: Path) -> Iterator[Change]:
    """Lists of the same length one by one; of plain values as a whole; of others what was taken out and put in."""
    if _is_plain(old) and _is_plain(new):
        if not _equal(old, new):
            yield Change(path, written(old), written(new))
    elif len(old) == len(new):
        for number, (before, after) in enumerate(zip(old, new, strict=True)):
            yield from differences(before, after, (*path, str(number)))
    else:
        gone, come = _without(old, new), _without(new, old)
        yield from (Change((*path, str(number)), written(value), "") for number, value in gone)
        yield from (Change((*path, str(number)), "", written(value)) for number, value in come)


def _without(these: list[Any], those: list[Any]) -> list[tuple[int, Any]]:
    """The members of one list that the other lacks, with their places."""
    left = [json.dumps(each, sort_keys=True, default=str) for each in those]
    found = []
    for number, each in enumerate(these):
        text = json.dumps(each, sort_keys=True, default=str)
        if text in left:
            left.remove(text)
        else:
            found.append((number, each))
    return found


def _is_plain(values: list[Any]) -> bool:
    return not any(isinstance(value, dict | list) for value in values)


def _equal(old: Any, new: Any) -> bool:
    return type(old) is type(new) and bool(old == new)


def written(value: Any) -> str:
    """A value as in a declaration: ``[w01, w02]``, ``{1: Never}``."""
    if isinstance(value, Absent):
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    if isinstance(value, list):
        return f"[{', '.join(map(written, value))}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{name}: {written(held)}' for name, held in value.items())}}}"
    return str(value)
