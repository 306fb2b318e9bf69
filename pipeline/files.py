"""Writing a file whole or not at all, the one place where anything is put on disk; and knowing a file by its bytes."""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import time
from collections.abc import Callable
from pathlib import Path

ABANDONED_SECONDS = 3600
"""A draft this old has no writer any more."""
SUMS = "SHA256SUMS"
"""Lies beside generated files: the hash of each as it was written, by which it is confirmed."""


def write_whole(path: Path, write: Callable[[Path], object], mode: int = 0o644) -> None:
    """Let ``write`` fill a draft beside ``path``, flush it to disk, rename it into place, and flush the folder.

    A reader sees the old file or the new one, never half, also after a crash at any moment. ``mode`` says who may read;
    until it is whole, the owner alone. The draft keeps the suffix of ``path``, by which some writers choose a format.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    _remove_abandoned_drafts(path)
    draft = path.with_name(f".{path.stem}.{os.getpid()}.{secrets.token_hex(4)}.draft{path.suffix}")
    draft.touch(mode=0o600, exist_ok=False)
    try:
        write(draft)
        with draft.open("rb+") as file:
            os.fsync(file.fileno())
        draft.chmod(mode)
        draft.replace(path)
        _flush_folder(path.parent)
    finally:
        draft.unlink(missing_ok=True)


def write_bytes(path: Path, content: bytes, mode: int = 0o644) -> None:
    """``write_whole`` for what is in memory already."""
    write_whole(path, lambda draft: draft.write_bytes(content), mode)


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file's bytes, read in a stream."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_sums(folder: Path) -> dict[str, str]:
    """File name → SHA-256 of what is generated in a folder, as ``sha256sum`` writes it; empty where nothing is yet."""
    sums = folder / SUMS
    lines = sums.read_text(encoding="utf-8").splitlines() if sums.is_file() else []
    return {name: sha256 for sha256, name in (line.split("  ", 1) for line in lines)}


def _remove_abandoned_drafts(path: Path) -> None:
    """A killed process leaves its draft behind, which may hold answers."""
    start, end = f".{path.stem}.", f".draft{path.suffix}"
    for entry in os.scandir(path.parent):
        if entry.name.startswith(start) and entry.name.endswith(end):
            with contextlib.suppress(FileNotFoundError):
                if time.time() - entry.stat().st_mtime > ABANDONED_SECONDS:
                    Path(entry.path).unlink()


def _flush_folder(folder: Path) -> None:
    """Make the new name last; Windows neither needs nor allows it."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
