"""Where builds are kept: one private SQLite file of builds and of what they have in common, each content once.

A content is text (JSON, a declaration) or the Parquet bytes of a table of aggregates, under its SHA-256.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pipeline.paths import Paths

NAME = "builds.sqlite"
PRIVATE = 0o600
WAIT_SECONDS = 10.0
_TABLES = """
CREATE TABLE IF NOT EXISTS builds (
  number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL, made TEXT NOT NULL, note TEXT NOT NULL,
  manifest TEXT NOT NULL, uses TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS contents (sha256 TEXT PRIMARY KEY, content BLOB NOT NULL);
"""


@dataclass(frozen=True)
class Entry:
    """One build as it is listed. ``made``: when, in UTC. ``manifest``: the hash of what it consists of."""

    number: int
    id: str
    made: str
    note: str
    manifest: str


class Archive:
    """The kept builds of a root. Nothing is created until something is kept."""

    def __init__(self, paths: Paths) -> None:
        self.file = paths.builds / NAME

    def entries(self) -> list[Entry]:
        """Every kept build, the oldest first."""
        if not self.file.is_file():
            return []
        with self._opened() as database:
            rows = database.execute("SELECT number, id, made, note, manifest FROM builds ORDER BY number")
            return [Entry(*row) for row in rows]

    def content(self, sha256: str) -> str | bytes | None:
        """What lies under a hash; ``None`` where nothing does, or it is not what it was."""
        if not self.file.is_file():
            return None
        with self._opened() as database:
            row = database.execute("SELECT content FROM contents WHERE sha256 = ?", (sha256,)).fetchone()
        found: str | bytes | None = row[0] if row else None
        return found if found is not None and hash_of(found) == sha256 else None

    def has(self, hashes: Iterable[str]) -> set[str]:
        """Those of the hashes under which something lies."""
        if not self.file.is_file():
            return set()
        wanted = set(hashes)
        with self._opened() as database:
            return wanted & {sha256 for (sha256,) in database.execute("SELECT sha256 FROM contents")}

    def keep(self, build: Entry, uses: Iterable[str], contents: dict[str, str | bytes], most: int) -> None:
        """Add a build with what is new of it; forget the oldest beyond ``most``, and what no build uses any more."""
        with self._opened() as database:
            database.executemany("INSERT OR REPLACE INTO contents VALUES (?, ?)", contents.items())
            database.execute(
                "INSERT INTO builds (id, made, note, manifest, uses) VALUES (?, ?, ?, ?, ?)",
                (build.id, build.made, build.note, build.manifest, "\n".join(sorted(set(uses)))),
            )
            self._prune(database, most)

    @staticmethod
    def _prune(database: sqlite3.Connection, most: int) -> None:
        kept = [number for (number,) in database.execute("SELECT number FROM builds ORDER BY number DESC")][:most]
        if database.execute("SELECT count(*) FROM builds").fetchone()[0] <= most:
            return
        database.execute("DELETE FROM builds WHERE number < ?", (min(kept),))
        used = {line for (uses,) in database.execute("SELECT uses FROM builds") for line in uses.split("\n")}
        stored = {sha256 for (sha256,) in database.execute("SELECT sha256 FROM contents")}
        database.executemany("DELETE FROM contents WHERE sha256 = ?", [(sha256,) for sha256 in stored - used])

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        """The database within one transaction: all of what is written in it, or nothing. A closed one can be read."""
        closed = self.file.is_file() and not (os.access(self.file, os.W_OK) and os.access(self.file.parent, os.W_OK))
        if not closed:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            self.file.touch(mode=PRIVATE, exist_ok=True)
        mode = "ro" if closed else "rw"
        database = sqlite3.connect(f"{self.file.resolve().as_uri()}?mode={mode}", uri=True, timeout=WAIT_SECONDS)
        try:
            with database:
                if not closed:
                    database.executescript(_TABLES)
                yield database
        finally:
            database.close()


def hash_of(content: str | bytes) -> str:
    return hashlib.sha256(content.encode() if isinstance(content, str) else content).hexdigest()


def size_of(file: Path) -> int:
    """Bytes of the archive; zero where there is none."""
    return file.stat().st_size if file.is_file() else 0
