"""Which process computes a run: it holds a lock as long as it lives, however it ends."""

import contextlib
import time
from pathlib import Path

import dagster as dg
from filelock import FileLock, Timeout

from assets.dagster.left_open import FOLDER, is_held

_held: dict[str, FileLock] = {}


def hold(instance: dg.DagsterInstance, run_id: str) -> None:
    """From now until this process ends, ``is_alive`` is true of the run. The system lets go of it, not we."""
    with contextlib.suppress(OSError, Timeout):
        file = _file(instance, run_id)
        file.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(str(file), thread_local=False)
        lock.acquire(timeout=0)
        _held[run_id] = lock


def is_alive(instance: dg.DagsterInstance, run_id: str) -> bool:
    """Whether the process that computes the run is there."""
    return run_id in _held or is_held(_file(instance, run_id))


def was_held(instance: dg.DagsterInstance, run_id: str) -> bool:
    """Whether a process had begun to compute the run."""
    return _file(instance, run_id).exists()


def forget(instance: dg.DagsterInstance, older_than: float = 3600.0) -> None:
    """Take away the locks of runs that ended."""
    folder = _file(instance, "").parent
    for file in folder.glob("*.lock") if folder.is_dir() else ():
        with contextlib.suppress(OSError):
            if time.time() - file.stat().st_mtime > older_than and not is_alive(instance, file.stem):
                file.unlink()


def _file(instance: dg.DagsterInstance, run_id: str) -> Path:
    return Path(instance.root_directory) / FOLDER / f"{run_id}.lock"
