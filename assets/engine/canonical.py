"""The content of what a node reads, as text: equal for equal declarations, whatever their comments and layout."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from pydantic import BaseModel

from assets.engine.outside import Outside
from assets.engine.view import Hidden


def digest(*parts: str) -> str:
    """Sixteen hexadecimal digits of the parts' SHA-256."""
    return hashlib.sha256("\x00".join(parts).encode()).hexdigest()[:16]


def canonical(value: object) -> str:
    """A value as JSON text. Raises ``TypeError`` for anything that is neither declared nor a file from outside."""
    return json.dumps(_plain(value), ensure_ascii=False, separators=(",", ":"))


def _plain(value: Any) -> object:
    if value is None or isinstance(value, (str, bool, int, float)):
        return value
    if isinstance(value, (dt.date, bytes)):
        return {type(value).__name__: value.hex() if isinstance(value, bytes) else value.isoformat()}
    if isinstance(value, Hidden):
        return {"hidden": ""}
    if isinstance(value, Outside):
        return {"outside": value.state()}
    if isinstance(value, (tuple, list)):
        return [_plain(held) for held in value]
    if isinstance(value, (set, frozenset)):
        return {"set": sorted(json.dumps(_plain(held)) for held in value)}
    return _fields(value)


def _fields(value: Any) -> object:
    """What has members with names: declarations, records, mappings."""
    if isinstance(value, BaseModel):
        return {name: _plain(held) for name, held in sorted(value.__dict__.items())}
    if isinstance(value, Mapping):
        return {"mapping": [[_plain(key), _plain(held)] for key, held in value.items()]}
    if is_dataclass(value) and not isinstance(value, type):
        parts = {field.name: getattr(value, field.name) for field in fields(value)}
        return {name: _plain(part) for name, part in parts.items() if not isinstance(part, Hidden)}
    if callable(value):
        return {"code": f"{value.__module__}:{value.__qualname__}"}
    raise TypeError(f"a node reads declarations and files, not {type(value).__name__}")
