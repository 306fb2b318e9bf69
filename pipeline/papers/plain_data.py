"""A document as plain data, for writers whose template walks it: no text of it is ever markup."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import Any

DERIVED = {"figure": ("anchor", "label"), "table": ("label",), "callout": ("is_part",)}
"""What a block says of itself besides its fields."""
JUDGED = "judged"
"""What numbers are, for those who judge whether they may be published."""


def plain_data(value: Any) -> Any:
    """Lists, dicts, texts and numbers of a part of a document; each block and run carries its ``kind``."""
    if is_dataclass(value) and not isinstance(value, type):
        found = {each.name: plain_data(getattr(value, each.name)) for each in fields(value) if each.name != JUDGED}
        kind = getattr(value, "kind", "")
        derived = {name: getattr(value, name) for name in DERIVED.get(kind, ())}
        return {**found, **derived, **({"kind": kind} if kind else {})}
    if isinstance(value, tuple | list):
        return [plain_data(part) for part in value]
    if isinstance(value, bytes):
        return value.decode()
    return value
