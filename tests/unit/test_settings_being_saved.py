"""Settings that somebody is saving are waited for; a mistake that stays is left to whoever reads them."""

import threading
from pathlib import Path

import pytest

from pipeline.errors import CohesionError
from pipeline.settings import await_settings, settings_of


def test_settings_that_are_being_saved_are_waited_for(tmp_path: Path) -> None:
    file = tmp_path / "cohesion.toml"
    file.write_text("look_seconds = [\n")
    threading.Timer(0.3, file.write_text, ["look_seconds = 30\n"]).start()
    await_settings(tmp_path, seconds=20)
    assert settings_of(tmp_path) == {"look_seconds": 30}


def test_a_mistake_that_stays_is_left_to_who_reads_them(tmp_path: Path) -> None:
    (tmp_path / "cohesion.toml").write_text("look_seconds = [\n")
    await_settings(tmp_path, seconds=0.2)
    with pytest.raises(CohesionError, match="cannot be read"):
        settings_of(tmp_path)
