"""Tables on disk: one Parquet file a key, written whole or not at all, with a record of what it was made from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.errors import CohesionError
from pipeline.files import write_whole
from pipeline.paths import Paths

if TYPE_CHECKING:
    import polars as pl

    from assets.graph import Key


@dataclass(frozen=True)
class Record:
    """What a table was made from; written after the table, so that a killed build is seen as unfinished."""

    fingerprint: str
    rows: int
    seconds: float


def write_or_remove(path: Path, frame: pl.DataFrame) -> None:
    """Write a frame whole; without a row there is no file."""
    if frame.height:
        write_whole(path, lambda part: frame.write_parquet(part))
    else:
        path.unlink(missing_ok=True)


def save(paths: Paths, tables: Mapping[Key, pl.DataFrame], fingerprint: str, seconds: float) -> None:
    """Write all tables of one node, then their records."""
    for key in tables:
        _record(paths, key).unlink(missing_ok=True)
    for key, frame in tables.items():
        write_whole(paths.table(*key), lambda part, frame=frame: frame.write_parquet(part))  # type: ignore[misc]
    for key, frame in tables.items():
        text = json.dumps(asdict(Record(fingerprint, frame.height, round(seconds, 3))))
        write_whole(_record(paths, key), lambda part, text=text: part.write_text(text))  # type: ignore[misc]


def remove(paths: Paths, key: Key) -> int:
    """Remove the table of a key with its record; how many tables that were."""
    _record(paths, key).unlink(missing_ok=True)
    existed = paths.table(*key).exists()
    paths.table(*key).unlink(missing_ok=True)
    return int(existed)


def load(paths: Paths, key: Key) -> pl.DataFrame:
    """The table of a key.

    Raises ``CohesionError`` if it was never built.
    """
    import polars as pl

    path = paths.table(*key)
    if not path.exists():
        raise CohesionError(
            "has not been built yet", where="/".join(key), todo="Materialise it first, or run `cohesion build`."
        )
    return pl.read_parquet(path)


def record(paths: Paths, key: Key) -> Record | None:
    """What the table of a key was made from; ``None`` where it is absent or unfinished."""
    if not paths.table(*key).exists():
        return None
    try:
        return Record(**json.loads(_record(paths, key).read_text()))
    except (OSError, ValueError, TypeError):
        return None


def _record(paths: Paths, key: Key) -> Path:
    return paths.table(*key).with_suffix(".json")
