"""Settings that cannot be read: definitions are loaded and the UI keeps its sensors; builds refuse until they can."""

import importlib
import sys
from pathlib import Path

import pytest
from small_study import make_root

from assets.building import plan_build
from assets.dagster.look_seconds import look_seconds
from assets.engine.workspace import Workspace
from assets.projects.pinned import refuse_other_version
from pipeline.paths import Paths
from pipeline.settings import SettingsError
from pipeline.specs import load_project

DEFINITIONS = "assets.dagster.definitions"
BROKEN = ["look_seconds = [\n", "look_second = 5\n", "look_seconds = 0\n"]
IDS = ["being-saved", "misspelt", "no-number"]


@pytest.fixture(params=BROKEN, ids=IDS)
def root(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = make_root(tmp_path / "root")
    (root / "cohesion.toml").write_text(request.param)
    monkeypatch.setenv("COHESION_ROOT", str(root))
    return root


def test_sensors_are_there_while_settings_cannot_be_read(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, DEFINITIONS, raising=False)  # imported anew, and forgotten by those who come after
    loaded = importlib.import_module(DEFINITIONS)
    sys.modules.pop(DEFINITIONS)
    assert {sensor.name for sensor in loaded.defs.sensors} >= {"deposits", "digests", "old_runs"}
    assert look_seconds(root, 30) == 30


def test_builds_and_commands_refuse_until_they_can(root: Path) -> None:
    paths = Paths(root)
    with pytest.raises(SettingsError):
        refuse_other_version(root)
    with pytest.raises(SettingsError):
        plan_build(Workspace(paths, load_project(paths)))


def test_the_setting_is_taken_where_it_can_be_read(tmp_path: Path) -> None:
    (tmp_path / "cohesion.toml").write_text("look_seconds = 5\n")
    assert look_seconds(tmp_path, 30) == 5
