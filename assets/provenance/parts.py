"""What a node is made from, as plain data that can be kept and compared: declarations, files, records, code, libraries.

The fingerprint says whether any of these differs; this says which.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from assets.engine.code import Code
from assets.engine.node import Node
from assets.engine.outside import Deposits, Generated, OutsideFile, Secret, hash_of_file
from assets.engine.plan import functions_of, read_by
from assets.engine.view import HIDDEN, Hidden
from pipeline.files import read_sums

FILE = "file from outside"
"""The key that marks a file from outside: its place below the root, and what its content is known by."""


def parts_of(node: Node, code: Code, root: Path) -> dict[str, Any]:
    """``reads``: argument → what it holds; ``records``; ``code``: definition → hash; ``libraries`` → version."""
    definitions, libraries = code.parts_of(functions_of(node))
    return {
        "reads": {name: described(value, root) for name, value in read_by(node).items()},
        "records": {f"{table}[{record.key}]": described(record, root) for table, record in node.records},
        "code": definitions,
        "libraries": libraries,
    }


def described(value: Any, root: Path) -> Any:
    """A declaration, record or file from outside as JSON data, each part under its own name."""
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, Hidden):
        return HIDDEN._name
    if isinstance(value, OutsideFile | Deposits | Generated | Secret):
        return {FILE: _outside(value, root)}
    if isinstance(value, tuple | list):
        return [described(held, root) for held in value]
    if isinstance(value, set | frozenset):
        return sorted((described(held, root) for held in value), key=str)
    return {name: described(held, root) for name, held in _members(value)}


def _members(value: Any) -> list[tuple[str, Any]]:
    """Name → part of what has members with names."""
    if isinstance(value, BaseModel):
        return sorted(value.__dict__.items())
    if isinstance(value, Mapping):
        return [(_name(key), held) for key, held in value.items()]
    if is_dataclass(value) and not isinstance(value, type):
        found = [(field.name, getattr(value, field.name)) for field in fields(value)]
        return [(name, held) for name, held in found if not isinstance(held, Hidden)]
    return [("code", f"{value.__module__}:{value.__qualname__}")]


def _name(key: Any) -> str:
    return "/".join(map(str, key)) if isinstance(key, tuple) else str(key)


def _outside(value: OutsideFile | Deposits | Generated | Secret, root: Path) -> dict[str, str]:
    """Place → hash, of each file that is read."""
    if isinstance(value, Deposits):
        found = [path for pattern in value.patterns for path in sorted(value.folder.glob(pattern))]
        paths = [*found, *(value.folder / name for name in value.lists)]
        return {_below(path, root): hash_of_file(path) for path in paths}
    if isinstance(value, Generated):
        altered = {name: hash_of_file(value.folder / name) for name in read_sums(value.folder)}
        known = read_sums(value.folder)
        return {
            _below(value.folder / name, root): now
            for name, now in altered.items()
            if now not in (known[name], "absent")
        }
    return {_below(value.path, root): value.state()}


def _below(path: Path, root: Path) -> str:
    """A place below the root; of a file elsewhere its folder and name."""
    if path.is_relative_to(root):
        return path.relative_to(root).as_posix()
    return Path(path.parent.name, path.name).as_posix()
