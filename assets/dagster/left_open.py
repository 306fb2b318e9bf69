"""Runs whose process was killed, found without Dagster, which takes a second to load."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

from filelock import FileLock, Timeout

FOLDER = "running"
"""Below the instance: a file for each run, which the process that computes the run holds as long as it lives."""
OPEN = ("NOT_STARTED", "STARTING", "STARTED", "CANCELING")
"""What Dagster calls a run that somebody is to compute."""


def left_open(instance: Path) -> bool:
    """Whether a run that a process had begun to compute is open in the records of ``instance``, and the process gone.

    Records in PostgreSQL are not looked at: the next build with something to do ends such a run, as the daemon does.
    """
    records = instance / "history" / "runs.db"
    lost = [file.stem for file in (instance / FOLDER).glob("*.lock") if not is_held(file)]
    if not lost or not records.is_file():
        return False
    try:
        with contextlib.closing(sqlite3.connect(f"{records.as_uri()}?mode=ro", uri=True)) as connection:
            marks = ", ".join("?" * len(OPEN))
            found = connection.execute(f"SELECT run_id FROM runs WHERE status IN ({marks})", OPEN).fetchall()
    except sqlite3.Error:  # in use, or damaged: a build that records something says so
        return False
    return not {run for (run,) in found}.isdisjoint(lost)


def is_held(file: Path) -> bool:
    """Whether a process holds the file of its run."""
    if not file.exists():
        return False
    try:
        with FileLock(str(file)).acquire(timeout=0):
            return False
    except Timeout:
        return True
