"""Writing a table so that it is there whole or not at all."""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import shutil
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import polars as pl

from pipeline.ingest.receipts import check_receipt

ABANDONED_SECONDS = 3600
"""A draft this old has no writer any more."""


def write_parquet(frame: pl.DataFrame, path: Path) -> None:
    """Write a frame as Parquet: a draft in the same folder, flushed to disk, then renamed over ``path``.

    A reader sees the table as it was before or as it is after, also if the process is killed in between.
    """
    write_atomically(path, lambda draft: frame.write_parquet(draft, compression="zstd", statistics=True))


def keep_deposit(path: Path, folder: Path, receipt: Mapping[str, str | int]) -> Path:
    """Copy a deposit into ``folder`` under its SHA-256, never under the name it came with; read-only.

    The same bytes are kept once, so that every version stays as it was delivered. Raises ``DepositError`` if the file
    is no longer the one of the receipt.
    """
    kept = folder / f"{receipt['sha256']}.{receipt['format']}"
    if kept.exists():
        return kept

    def copy(draft: Path) -> None:
        shutil.copyfile(path, draft)
        with draft.open("rb") as copied:
            found = hashlib.file_digest(copied, "sha256").hexdigest()
        check_receipt({**receipt, "sha256": found}, sha256=str(receipt["sha256"]))

    write_atomically(kept, copy)
    kept.chmod(0o440)
    return kept


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
