"""How often a sensor looks, as the settings say."""

from __future__ import annotations

from pathlib import Path

from pipeline.settings import SettingsError, settings_of


def look_seconds(root: Path, usual: int) -> int:
    """The setting ``look_seconds``, or ``usual``.

    ``usual`` as well where the settings cannot be read: each look says so, and without sensors none would notice that
    they have been mended.
    """
    try:
        return int(settings_of(root).get("look_seconds", usual))
    except SettingsError:
        return usual
