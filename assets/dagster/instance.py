"""The Dagster instance of a root: always in data/instance, telemetry off; its records there, or in PostgreSQL."""

import contextlib
import os
import sqlite3
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote

from assets.dagster.postgres import with_storage
from pipeline.errors import CohesionError
from pipeline.files import write_bytes
from pipeline.paths import Paths

SETTINGS = """\
# The Dagster instance of this project: nothing leaves the machine, nobody is asked to sign up.
telemetry:
  enabled: false
nux:
  enabled: false
# One build at a time, as the engine permits; other runs wait in the queue.
run_coordinator:
  module: assets.dagster.queue
  class: OneBuildAtATime
  config:
    tag_concurrency_limits:
      - key: builds
        limit: 1
    dequeue_interval_seconds: 2
    max_user_code_failure_retries: 5
    user_code_failure_retry_delay: 10
# A run whose process was killed is ended, and asked for again.
run_launcher:
  module: assets.dagster.queue
  class: WatchedLauncher
run_monitoring:
  enabled: true
  poll_interval_seconds: 15
  start_timeout_seconds: 120
  cancel_timeout_seconds: 60
# Days for which the looks of sensor and schedule are kept; runs: the setting `run_days`.
retention:
  sensor:
    purge_after_days:
      skipped: 2
      failure: 30
      success: 30
  schedule:
    purge_after_days: 90
"""
"""What ``dagster.yaml`` says unless a person says otherwise."""
FIRST = {"telemetry": {"enabled": False}, "nux": {"enabled": False}}
"""What it said before anything was written down of what it said."""
BEFORE = ".defaults.yaml"
"""Lies beside it: the defaults that it was brought up to date with last."""
ONE_OF = {"run_coordinator": ("run_queue", "concurrency")}
"""A default → what a person may have set in its place: Dagster takes one of them."""


def prepare_instance(folder: Path) -> Path:
    """Make the instance folder and point Dagster at it; must run before Dagster is imported.

    Raises ``CohesionError`` if the environment names a PostgreSQL server that cannot be used.
    """
    folder.mkdir(parents=True, exist_ok=True)
    _bring_up_to_date(folder / "dagster.yaml")
    _choose_storage(folder / "dagster.yaml")
    os.environ["DAGSTER_HOME"] = str(folder)
    os.environ["DAGSTER_DISABLE_TELEMETRY"] = "1"
    return folder


def _choose_storage(file: Path) -> None:
    """PostgreSQL, as long as the environment names a server."""
    before = file.read_text(encoding="utf-8")
    wanted = with_storage(before)
    if wanted != before:
        write_bytes(file, wanted.encode())


def _bring_up_to_date(file: Path) -> None:
    """Defaults that are new or have changed reach a root that is older; what a person set stays as it is.

    A person has set what is neither a default nor was one when the file was brought up to date last.
    """
    before = file.with_name(BEFORE)
    text = file.read_text(encoding="utf-8") if file.exists() else ""
    if text == SETTINGS or (text and _text(before) == SETTINGS):
        return
    merged = _merged(text, _text(before)) if text else SETTINGS
    write_bytes(file, merged.encode())
    write_bytes(before, SETTINGS.encode())


def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8") if file.is_file() else ""


def _merged(text: str, before: str) -> str:
    """A person's file with today's defaults, key by key; comments and order stay."""
    import io

    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    reader = YAML()
    try:
        theirs, ours = reader.load(text), reader.load(SETTINGS)
        earlier: Any = reader.load(before) if before else FIRST
        if theirs is None:
            return SETTINGS
        if not isinstance(theirs, dict):
            raise YAMLError("is no mapping of keys to values")
    except YAMLError as error:
        raise CohesionError(
            f"cannot be read ({' '.join(str(error).split())})",
            where="data/instance/dagster.yaml",
            todo="Mend it, or delete it: it is then written anew.",
        ) from None
    for key, value in ours.items():
        in_its_place = any(other in theirs for other in ONE_OF.get(key, ()))
        if (key not in theirs and key not in earlier and not in_its_place) or (
            key in theirs and theirs[key] == earlier.get(key)
        ):
            theirs[key] = value
    for key in [key for key in earlier if key not in ours and theirs.get(key) == earlier[key]]:
        del theirs[key]
    made = io.StringIO()
    reader.dump(theirs, made)
    return made.getvalue()


def set_damaged_aside(folder: Path) -> list[str]:
    """Move databases of Dagster's that cannot be read out of the way, so that new ones are begun; their names."""
    stamp = time.strftime("%Y%m%d-%H%M%S")
    damaged = [file for file in sorted(folder.rglob("*.db")) if not _opens(file)]
    for file in damaged:
        for suffix in ("", "-wal", "-shm", "-journal"):
            beside = file.with_name(f"{file.name}{suffix}")
            if beside.exists():
                beside.rename(file.with_name(f"{file.name}.damaged-{stamp}{suffix}"))
    return [file.relative_to(folder).as_posix() for file in damaged]


def damaged_words(names: list[str]) -> str:
    """That records were damaged, and what has become of them."""
    return f"{', '.join(names)} in data/instance: a record of Dagster's was damaged and has been moved aside."


def _opens(file: Path) -> bool:
    try:
        with contextlib.closing(sqlite3.connect(f"file:{quote(str(file))}?mode=rw", uri=True)) as connection:
            return bool(connection.execute("pragma quick_check(1)").fetchone()[0] == "ok")
    except sqlite3.OperationalError as error:  # in use, or not to be read: not damaged
        return "malformed" not in str(error)
    except sqlite3.DatabaseError:
        return False


def note_port(paths: Paths, port: int) -> None:
    """Write down where the UI of this root listens, so that other commands can tell it what is new."""
    (paths.instance / "ui_port").write_text(f"{port}\n", encoding="utf-8")


def noted_port(paths: Paths) -> int:
    """Where the UI of this root listens, or did when it ran last; 3000 if it never ran."""
    file = paths.instance / "ui_port"
    return int(file.read_text(encoding="utf-8")) if file.is_file() else 3000
