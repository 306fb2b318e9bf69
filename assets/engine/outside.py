"""What a node reads that is neither a declaration nor a table: files from outside, which it sees by their content."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from pipeline.files import read_sums, sha256_of


@lru_cache(maxsize=4096)
def _hash_of_file(path: Path, size: int, modified: int, changed: int) -> str:
    del size, modified, changed  # they are part of what is remembered
    return sha256_of(path)


def hash_of_file(path: Path) -> str:
    """The SHA-256 of a file, or a word where there is none."""
    if not path.is_file():
        return "absent"
    state = path.stat()
    return _hash_of_file(path, state.st_size, state.st_mtime_ns, state.st_ctime_ns)


@dataclass(frozen=True)
class OutsideFile:
    """One file: a template, an area table, the list of those who withdrew. Where it lies is no part of its state."""

    path: Path

    def state(self) -> str:
        return hash_of_file(self.path)


@dataclass(frozen=True)
class Deposits:
    """The files of a deposit folder that match ``patterns``. The same bytes under a new name, or twice, are no news."""

    folder: Path
    patterns: tuple[str, ...]
    lists: tuple[str, ...] = ()

    def state(self) -> str:
        found = [path for pattern in self.patterns for path in sorted(self.folder.glob(pattern))]
        hashes = dict.fromkeys(hash_of_file(path) for path in found)
        beside = [hash_of_file(self.folder / name) for name in self.lists]
        return hashlib.sha256("\n".join([*hashes, "lists", *beside]).encode()).hexdigest()


@dataclass(frozen=True)
class Secret:
    """The key of the pseudonyms: its state is a fingerprint that gives nothing away."""

    path: Path

    def state(self) -> str:
        if not self.path.is_file():
            return "absent"
        return hashlib.blake2b(self.path.read_bytes(), digest_size=8, person=b"which-key").hexdigest()


@dataclass(frozen=True)
class Generated:
    """A folder of generated deposits. What generates them stands for them, but for files that were altered since."""

    folder: Path

    def state(self) -> str:
        found = {name: (hash_of_file(self.folder / name), sha256) for name, sha256 in read_sums(self.folder).items()}
        return ",".join(f"{name}={now}" for name, (now, sha256) in found.items() if now not in (sha256, "absent"))


@dataclass(frozen=True)
class Place:
    """Where something lies whose content is known otherwise, or is no part of a result."""

    path: Path

    def state(self) -> str:
        return ""


Outside = OutsideFile | Deposits | Secret | Generated | Place
