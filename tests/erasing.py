"""For tests: a file without a person, as the command makes it of each file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl

from pipeline.ingest.formats.known import known_formats
from pipeline.ingest.formats.request import Request
from pipeline.ingest.formats.signatures import HEAD_BYTES, looks_like
from pipeline.ingest.withdrawal.rewrite import write_without
from pipeline.ingest.withdrawal.sources import IdFile


def take_out(path: Path, is_person: Callable[[pl.Series], pl.Series], column: str, **declared: Any) -> int:
    """Put the file without the person in its place; how many rows of theirs there were."""
    declared.setdefault("format", looks_like(path.read_bytes()[:HEAD_BYTES], known_formats()))
    source = IdFile(path, Request(str(path), text=(column,), **declared), column)
    draft = path.with_name(f".erasing.{path.name}")
    made = write_without(source, is_person, draft)
    if made is None:
        return 0
    draft.replace(path)
    return made.removed
