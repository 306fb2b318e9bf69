"""The Dagster instance of a root: always in data/instance, telemetry off, nothing asked of the network."""

import os
from pathlib import Path

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
