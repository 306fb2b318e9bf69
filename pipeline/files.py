"""Writing a file whole or not at all; the one place where anything is put on disk."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path


def write_whole(path: Path, write: Callable[[Path], object], mode: int = 0o644) -> None:
    """Let ``write`` fill a file beside ``path``, force it to disk, then rename it.

    A reader sees the old file or the new one, never half, also after a crash at any moment. ``mode`` says who may read.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem}.", suffix=path.suffix)
    os.close(handle)
    part = Path(name)
    try:
        write(part)
        with part.open("rb+") as file:
            os.fsync(file.fileno())
        part.chmod(mode)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def write_bytes(path: Path, content: bytes) -> None:
    """``write_whole`` for what is in memory already."""
    write_whole(path, lambda part: part.write_bytes(content))
