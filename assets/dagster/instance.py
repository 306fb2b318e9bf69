"""The Dagster instance of a root: always in data/instance, telemetry off, nothing asked of the network."""

import os
from pathlib import Path

from pipeline.paths import Paths

SETTINGS = """\
telemetry:
  enabled: false
nux:
  enabled: false
"""


def prepare_instance(folder: Path) -> Path:
    """Make the instance folder and point Dagster at it; must run before Dagster is imported."""
    folder.mkdir(parents=True, exist_ok=True)
    settings = folder / "dagster.yaml"
    if not settings.exists():
        settings.write_text(SETTINGS, encoding="utf-8")
    os.environ["DAGSTER_HOME"] = str(folder)
    os.environ["DAGSTER_DISABLE_TELEMETRY"] = "1"
    return folder


def note_port(paths: Paths, port: int) -> None:
    """Write down where the UI of this root listens, so that other commands can tell it what is new."""
    (paths.instance / "ui_port").write_text(f"{port}\n", encoding="utf-8")


def noted_port(paths: Paths) -> int:
    """Where the UI of this root listens, or did when it ran last; 3000 if it never ran."""
    file = paths.instance / "ui_port"
    return int(file.read_text(encoding="utf-8")) if file.is_file() else 3000
