"""Proof that someone is gone: every file below a folder, searched as bytes and as the tables it packs."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import mmap
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from pipeline.ingest.formats.known import known_formats
from pipeline.ingest.formats.signatures import HEAD_BYTES, HTML, looks_like
from pipeline.ingest.isolation.read import read_deposit
from pipeline.ingest.withdrawal.needles import Needles
from pipeline.ingest.withdrawal.sources import walk
from pipeline.options import known_options
from pipeline.specs.formats import FORMATS

_DEEPEST = 4
"""Archives within archives are opened down to here."""


@dataclass(frozen=True)
class Traces:
    """What a search found: file → how many of the texts occur in it; and packed files that could not be opened.

    Only if both are empty is anything proved.
    """

    found: dict[Path, int]
    unopened: tuple[Path, ...]


class _NotOpenedError(Exception):
    """Something packed in a way that hides what it holds."""


@known_options
def traces(root: Path, texts: Sequence[str], *, id_columns: Sequence[str] = ()) -> Traces:
    """Search every file below ``root``, its name and what it holds, for ``texts``: an id and its pseudonym.

    Each file is searched as bytes, in the usual encodings; Parquet, DuckDB, SQLite, SPSS, Stata, zip (xlsx, docx),
    gzip, bzip2 and xz files also as what they pack, since compression hides a text from a search for its bytes. What is
    packed otherwise, or with a password, is reported as not opened. A number counts where it is a whole cell of one of
    ``id_columns``. Symbolic links are followed.
    """
    needles = Needles(frozenset(texts), frozenset(id_columns))
    found: dict[Path, int] = {}
    unopened: list[Path] = []
    for path in walk(root):
        seen = needles.in_text(path.name)
        try:
            seen |= in_file(path, needles)
        except Exception:  # whatever ails the file: what is not read is not proved
            unopened.append(path)
        if seen:
            found[path] = len(seen)
    return Traces(found, tuple(unopened))


def in_file(path: Path, needles: Needles) -> set[str]:
    """The texts in a file, as its bytes and as what it packs. Raises an error if it cannot be opened."""
    if not path.stat().st_size:
        return set()
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        seen = needles.in_bytes(data)
    return seen | unpacked(path, needles)


_PACKED = {
    b"PK\x03\x04": "zip",
    b"\x1f\x8b": "gzip",
    b"BZh": "bzip2",
    b"\xfd7zXZ\x00": "xz",
    b"SQLite format 3\x00": "sqlite",
    b"7z\xbc\xaf\x27\x1c": "closed",
    b"Rar!": "closed",
    b"\x28\xb5\x2f\xfd": "closed",
    b"\x04\x22\x4d\x18": "closed",
}


def _kind(head: bytes) -> str:
    if head[8:12] == b"DUCK":
        return "duckdb"
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        return "office"
    packed = next((kind for magic, kind in _PACKED.items() if head.startswith(magic)), None)
    return packed or ("closed" if b"ENCRYPTEDSAV" in head[:64] else looks_like(head, known_formats()))


def unpacked(path: Path, needles: Needles) -> set[str]:
    """The texts in what a file packs. Raises an error if it cannot be opened."""
    with path.open("rb") as file:
        kind = _kind(file.read(HEAD_BYTES))
    if kind in _TABLES:
        return _TABLES[kind](path, needles)
    if _is_read_as_table(kind):
        return _as_read(path, kind, needles)
    if kind in ("zip", "gzip", "bzip2", "xz", "closed", "office"):
        return _in_packed(path.read_bytes(), needles, 1)
    if kind == HTML:
        return needles.in_markup(path.read_bytes())
    return set()


def _in_packed(data: bytes, needles: Needles, depth: int) -> set[str]:
    """The texts in a stretch of bytes that may be an archive, and in those within it."""
    kind = _kind(data[:HEAD_BYTES])
    found = needles.in_markup(data) if data[:64].lstrip().startswith(b"<") else needles.in_bytes(data)
    if kind == "closed" or (kind == "office" and "EncryptedPackage".encode("utf-16-le") in data) or depth > _DEEPEST:
        raise _NotOpenedError
    if kind == "zip":
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for part in archive.infolist():
                found |= needles.in_text(part.filename) | _in_packed(archive.read(part), needles, depth + 1)
    elif kind in _DECOMPRESS:
        found |= _in_packed(_DECOMPRESS[kind](data), needles, depth + 1)
    elif kind == "parquet":
        found |= needles.in_frame(pl.read_parquet(io.BytesIO(data)))
    elif (kind in _TABLES or _is_read_as_table(kind)) and depth > 1:
        raise _NotOpenedError  # it would have to be put on disk to be read
    return found


_DECOMPRESS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.decompress,
    "bzip2": bz2.decompress,
    "xz": lzma.decompress,
}


def _in_parquet(path: Path, needles: Needles) -> set[str]:
    return needles.in_frame(pl.read_parquet(path, glob=False, hive_partitioning=False))


def _as_read(path: Path, kind: str, needles: Needles) -> set[str]:
    return needles.in_frame(read_deposit(path, kind).frame)


def _is_read_as_table(kind: str) -> bool:
    """Whether a deposit's reader is the way to what a file holds: text is found as bytes."""
    return kind in FORMATS and not FORMATS[kind].is_text


def _in_duckdb(path: Path, needles: Needles) -> set[str]:
    import duckdb

    found: set[str] = set()
    with duckdb.connect(str(path), read_only=True) as database:
        tables = database.execute(
            "SELECT table_schema, table_name FROM information_schema.tables WHERE table_type = 'BASE TABLE'"
        ).fetchall()
        for schema, name in tables:
            found |= needles.in_frame(database.sql(f"SELECT * FROM {_quoted(schema)}.{_quoted(name)}").pl())
    return found


def _in_sqlite(path: Path, needles: Needles) -> set[str]:
    """A text longer than a page lies in several that need not be neighbours."""
    import sqlite3
    from contextlib import closing

    found: set[str] = set()
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as database:
        names = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for name in names:
            for row in database.execute(f"SELECT * FROM {_quoted(name)}"):
                for cell in row:
                    if isinstance(cell, str | bytes):
                        found |= needles.in_bytes(cell.encode() if isinstance(cell, str) else cell)
    return found


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


_TABLES: dict[str, Callable[[Path, Needles], set[str]]] = {
    "parquet": _in_parquet,
    "duckdb": _in_duckdb,
    "sqlite": _in_sqlite,
}
