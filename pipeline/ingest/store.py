"""Writing a table so that it is there whole or not at all."""

from __future__ import annotations

import contextlib
import os
import secrets
import time
from collections.abc import Callable
from pathlib import Path

import polars as pl

ABANDONED_SECONDS = 3600
"""A draft this old has no writer any more."""


def write_parquet(frame: pl.DataFrame, path: Path) -> None:
    """Write a frame as Parquet: a draft in the same folder, flushed to disk, then renamed over ``path``.

    A reader sees the table as it was before or as it is after, also if the process is killed in between.
    """
    write_atomically(path, lambda draft: frame.write_parquet(draft, compression="zstd", statistics=True))


def write_atomically(path: Path, write: Callable[[Path], object]) -> None:
    """Let ``write`` fill a draft beside ``path``, flush it and its folder to disk, and rename it into place."""
    path.parent.mkdir(parents=True, exist_ok=True)
    _remove_abandoned_drafts(path)
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}.draft")
    try:
        write(draft)
        _flush(draft)
        draft.replace(path)
        _flush_folder(path.parent)
    finally:
        draft.unlink(missing_ok=True)


def _remove_abandoned_drafts(path: Path) -> None:
    """A killed process leaves its draft behind, which may hold answers."""
    for draft in path.parent.glob(f".{path.name}.*.draft"):
        with contextlib.suppress(FileNotFoundError):
            if time.time() - draft.stat().st_mtime > ABANDONED_SECONDS:
                draft.unlink()


def _flush(file: Path) -> None:
    with file.open("rb+") as opened:
        os.fsync(opened.fileno())


def _flush_folder(folder: Path) -> None:
    """Make the new name last; Windows neither needs nor allows it."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
