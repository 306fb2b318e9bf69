"""Writers: a document and a template in, the bytes of one file out. One module each, named by ``specs/writers.py``."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

from pipeline.papers.content import Document
from pipeline.specs.family import load
from pipeline.specs.writers import WRITERS
from pipeline.texts import visible

T = TypeVar("T")
NAMES = frozenset({"anchor", "record", "id", "key", "part", "prefix", "elsewhere", "levels", "prints"})
"""Parts of a document that name something, and are printed nowhere."""


def written(document: Document, writer: str, template: bytes | None) -> bytes:
    """The document as the file that one of ``WRITERS`` makes of it, with the bytes of that writer's template.

    No text of it holds a sign that a reader does not see: it is shown by its code (``pipeline.texts``).
    """
    made: bytes = load(WRITERS[writer].function)(as_shown(document), template)
    return made


def as_shown(part: T) -> T:
    """A part of a document, every text of it as a reader is to see it; the same object where nothing changes."""
    return _changed(part)  # type: ignore[no-any-return]


def _changed(part: Any) -> Any:
    if isinstance(part, str):
        shown = visible(part)  # may be an equal text that was seen before: then nothing is to be copied
        return part if shown == part else shown
    if isinstance(part, tuple):
        found = tuple(map(_changed, part))
        return part if all(new is old for new, old in zip(found, part, strict=True)) else found
    if is_dataclass(part) and not isinstance(part, type):
        own = {each.name: getattr(part, each.name) for each in fields(part) if each.name not in NAMES}
        new = {name: _changed(value) for name, value in own.items()}
        changed = {name: value for name, value in new.items() if value is not own[name]}
        return replace(part, **changed) if changed else part
    return part
