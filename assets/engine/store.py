"""Outputs on disk: tables and files written whole or not at all, with a record of what they were made from.

One record a node, beside its first table. It is removed first and written last, so that a killed build is seen as
unfinished; it holds the hash of every output, so that one that was cut short or altered is seen, too.
"""

from __future__ import annotations

import contextlib
import glob
import hashlib
import io
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from assets.engine.node import File, Key, Node
from assets.engine.report import Report
from pipeline.errors import CohesionError
from pipeline.files import sha256_of, write_bytes, write_whole
from pipeline.paths import Paths

if TYPE_CHECKING:
    import polars as pl

    from pipeline.on_disk import OnDisk

OUTPUTS = ("tables", "files")
PRIVATE = 0o600
"""Tables and files with rows of people are for the owner alone."""
UNFINISHED = "unfinished"
"""The version of an output that is kept to be read, but is due again."""


@dataclass(frozen=True)
class Stored:
    """One output as it was written: its hash, and what the file system said of it then."""

    sha256: str
    size: int
    modified: int
    rows: int = 0


@dataclass(frozen=True)
class Record:
    """What the outputs of a node were made from, each as it was stored, and the report of the run that made them.

    ``version``: its fingerprint without its inputs; ``inputs``: name → content hash of the table it read.
    """

    version: str
    inputs: Mapping[str, str]
    seconds: float
    tables: Mapping[str, Stored] = field(default_factory=dict)
    files: Mapping[str, Stored] = field(default_factory=dict)
    report: str = ""

    def sha256(self, key: Key) -> str:
        """The content hash of a table."""
        return self.tables["/".join(key)].sha256


class DamagedError(CohesionError):
    """A table is not as it was stored."""

    def __init__(self, key: Key) -> None:
        self.key = key
        super().__init__("is not as it was stored", where="/".join(key), todo="Run `cohesion build`: it is made again.")


def table_bytes(frame: pl.DataFrame, about: Mapping[str, str] | None = None) -> bytes:
    """A frame as Parquet: the same rows give the same bytes, however the frame came about.

    ``about``: what the file says of itself in its metadata, beyond its columns.
    """
    sink = io.BytesIO()
    frame.rechunk().write_parquet(sink, metadata=dict(about) if about else None)
    return sink.getvalue()


@dataclass(frozen=True)
class Content:
    """A table as it will be stored: its bytes, or the table on disk that has them; its hash, and how many rows."""

    held: bytes | OnDisk
    sha256: str
    rows: int


def content_of(table: pl.DataFrame | OnDisk, about: Mapping[str, str] | None = None) -> Content:
    """What is stored of a table; the bytes of a table on disk are not read into memory, and say nothing of it."""
    from pipeline.on_disk import OnDisk

    if isinstance(table, OnDisk):
        return Content(table, sha256_of(table.path), table.height)
    held = table_bytes(table, about)
    return Content(held, hashlib.sha256(held).hexdigest(), table.height)


def save(
    paths: Paths,
    node: Node,
    tables: Mapping[str, Content],
    files: Mapping[str, bytes],
    version: str,
    inputs: Mapping[str, str],
    report: Report,
) -> None:
    """Write all outputs of a node, then its record."""
    record_file(paths, node).unlink(missing_ok=True)
    kept: dict[str, Stored] = {}
    for name, key in node.outputs.items():
        kept["/".join(key)] = _write_table(paths.table(*key), tables[name])
    written: dict[str, Stored] = {}
    named = {name: node.file(name) for name in files}
    for name, file in named.items():
        written[name] = _write(paths.root / file.path, files[name], PRIVATE if file.private else 0o644)
    kept_files = {file.path for file in named.values()}
    for file in node.files.values():
        _remove_others(paths.root, file, kept_files)
    record = Record(version, inputs, round(report.seconds, 3), kept, written, report.to_json())
    write_bytes(record_file(paths, node), json.dumps(asdict(record)).encode())


def _remove_others(root: Path, file: File, kept: set[str]) -> None:
    """Remove what lies where a node puts its files and is not one of them."""
    target = root / file.path
    if not file.is_folder:
        if file.path not in kept:
            target.unlink(missing_ok=True)
        return
    for found in sorted(target.iterdir()) if target.is_dir() else ():
        if f"{file.path}/{found.name}" not in kept and not found.is_dir():
            found.unlink(missing_ok=True)


def _write_table(path: Path, content: Content) -> Stored:
    if isinstance(content.held, bytes):
        write_bytes(path, content.held, PRIVATE)
    else:
        write_whole(path, content.held.write, PRIVATE)
    state = path.stat()
    return Stored(content.sha256, state.st_size, state.st_mtime_ns, content.rows)


def _write(path: Path, content: bytes, mode: int) -> Stored:
    write_bytes(path, content, mode)
    state = path.stat()
    return Stored(hashlib.sha256(content).hexdigest(), state.st_size, state.st_mtime_ns)


def make_private(paths: Paths) -> None:
    """Take from everybody but the owner what earlier versions of the project let them read of tables and rows."""
    for folder in (paths.warehouse, paths.quarantine):
        for place, _, names in os.walk(folder):
            for name in names:
                if (
                    name.endswith((".parquet", ".duckdb", ".csv"))
                    and (path := Path(place, name)).stat().st_mode & 0o077
                ):
                    path.chmod(PRIVATE)


def record(paths: Paths, node: Node) -> Record | None:
    """What the outputs of a node were made from; ``None`` where there is no record that can be read."""
    try:
        content = json.loads(record_file(paths, node).read_bytes())
        tables, files = ({name: Stored(**each) for name, each in content.pop(part).items()} for part in OUTPUTS)
        return Record(**content, tables=tables, files=files)
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None


def intact(paths: Paths, node: Node, found: Record, *, verify: bool = False) -> bool:
    """Whether every output is there as it was stored. Bytes are hashed where the time differs, or to ``verify``."""
    if set(found.tables) != {"/".join(key) for key in node.keys} or not all(
        map(partial(_is_file_of, node), found.files)
    ):
        return False
    places = [*_tables(paths, found), *_files(paths, node, found)]
    return all(_is_whole(path, stored, verify) for path, stored in places)


def _is_file_of(node: Node, name: str) -> bool:
    try:
        return not node.file(name).is_folder
    except (KeyError, ValueError):
        return False


def places(paths: Paths, node: Node, found: Record) -> Iterator[tuple[Path, Stored, int]]:
    """Every output of a node that a record names: where it lies, as it was stored, and who may read it."""
    yield from ((path, stored, PRIVATE) for path, stored in _tables(paths, found))
    for name, stored in found.files.items():
        file = node.file(name)
        yield paths.root / file.path, stored, PRIVATE if file.private else 0o644


def _tables(paths: Paths, found: Record) -> Iterator[tuple[Path, Stored]]:
    return ((paths.table(*name.split("/")), stored) for name, stored in found.tables.items())


def _files(paths: Paths, node: Node, found: Record) -> Iterator[tuple[Path, Stored]]:
    return ((paths.root / node.file(name).path, stored) for name, stored in found.files.items())


def _is_whole(path: Path, stored: Stored, verify: bool) -> bool:
    try:
        state = path.stat()
        if state.st_size != stored.size:
            return False
        if state.st_mtime_ns == stored.modified and not verify:
            return True
        return sha256_of(path) == stored.sha256
    except OSError:
        return False


def load(paths: Paths, key: Key, sha256: str | None = None) -> pl.DataFrame:
    """The table of a key; with ``sha256`` only if its bytes are these.

    Raises ``CohesionError`` if it was never built, and ``DamagedError`` if it is not as it was stored.
    """
    import polars as pl

    try:
        content = paths.table(*key).read_bytes()
    except FileNotFoundError:
        if sha256 is not None:
            raise DamagedError(key) from None
        raise CohesionError("has not been built yet", where="/".join(key), todo="Run `cohesion build`.") from None
    if sha256 is not None and hashlib.sha256(content).hexdigest() != sha256:
        raise DamagedError(key)
    try:
        return pl.read_parquet(io.BytesIO(content))
    except (pl.exceptions.PolarsError, OSError):
        raise DamagedError(key) from None


def whole(paths: Paths, key: Key, sha256: str) -> OnDisk:
    """The table of a key, which stays on disk. Raises ``DamagedError`` if it is not as it was stored."""
    from pipeline.on_disk import OnDisk

    path = paths.table(*key)
    try:
        if sha256_of(path) != sha256:
            raise DamagedError(key)
    except FileNotFoundError:
        raise DamagedError(key) from None
    return OnDisk(path)


def remove(paths: Paths, node: Node) -> int:
    """Remove the outputs of a node with its record; how many tables that were."""
    record_file(paths, node).unlink(missing_ok=True)
    existed = sum(paths.table(*key).exists() for key in node.keys)
    for key in node.keys:
        paths.table(*key).unlink(missing_ok=True)
    for file in node.files.values():
        _remove_others(paths.root, file, set())
    return existed


def remove_drafts(root: Path, node: Node, pid: int | None = None) -> None:
    """What a process that was ended had begun to write of a node's outputs; ``pid``: of that process alone.

    A draft bears the number of its process.
    """
    paths = Paths(root)
    singles = [root / file.path for file in node.files.values() if not file.is_folder]
    places = [*(paths.table(*key) for key in node.keys), *singles, record_file(paths, node)]
    patterns = [(place.parent, glob.escape(place.stem), place.suffix) for place in places]
    patterns += [(root / file.path, "*", ".*") for file in node.files.values() if file.is_folder]
    for folder, stem, suffix in patterns:
        for draft in folder.glob(f".{stem}.{pid or '*'}.*.draft{suffix}"):
            with contextlib.suppress(OSError):
                draft.unlink()


def last_report(paths: Paths, node: Node) -> Report | None:
    """The report of the run that made what lies there of a node; ``None`` where none can be read."""
    found = record(paths, node)
    return report_of(found) if found is not None else None


def report_of(found: Record) -> Report | None:
    """The report of the run that made the outputs."""
    try:
        return Report.from_json(found.report)
    except (ValueError, KeyError, TypeError):
        return None


def record_file(paths: Paths, node: Node) -> Path:
    """Where the record of a node lies."""
    return paths.table(*node.keys[0]).with_suffix(".json")
