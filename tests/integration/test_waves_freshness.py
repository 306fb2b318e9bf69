"""How fresh a study is: the check in the graph and the sensor that keeps it true, on files as they lie there."""

import os
import re
import time
from pathlib import Path

import dagster as dg
import pytest
from confirmed import confirm_all
from panel_study import STUDY, changed, make_panel, raw, rebuild, write_sav

from assets.dagster.arrivals import deposit_sensor
from assets.dagster.declared import declared
from assets.dagster.freshness import result
from assets.dagster.jobs import people_jobs
from assets.engine.workspace import Workspace
from assets.nodes import all_nodes
from assets.web.job_names import STUDY as REBUILD
from assets.web.job_names import config_of
from pipeline.ingest.arrival.at_rest import SETTLED_SECONDS
from pipeline.paths import Paths
from pipeline.specs import load_project


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = make_panel(tmp_path / "root")
    settle(root)
    return root


def settle(root: Path) -> None:
    """The files lie there since a while."""
    for file in raw(root).iterdir():
        os.utime(file, (time.time() - 2 * SETTLED_SECONDS,) * 2)


def fresh(root: Path) -> dg.AssetCheckResult:
    workspace = Workspace(Paths(root), load_project(Paths(root)))
    nodes = [node for node in all_nodes(workspace) if node.group in ("ingest", "harmonise")]
    return result(workspace, workspace.project.studies[STUDY], nodes)


def test_from_a_new_file_to_fresh_again(root):
    assert not fresh(root).passed
    rebuild(root)
    assert fresh(root).passed
    assert "newest wave loaded: w03, received " in fresh(root).description

    write_sav(raw(root) / "clean_w2.sav", changed(trust2={0: 3.0, 1: 2.0, 2: 1.0}))
    settle(root)
    waiting = "awaiting confirmation: w02: `cohesion wave accept panel w02` confirms its receipt"
    assert waiting in fresh(root).description.replace("\\", "")  # which escape Markdown in the UI
    confirm_all(root)
    assert re.search(r"stale since \d\d \w+ \d{4}, \d\d:\d\d UTC: 5 assets are to be rebuilt", fresh(root).description)
    assert "5 assets are to be rebuilt" in fresh(root).description
    rebuild(root)
    assert fresh(root).passed

    write_sav(raw(root) / "fourth.sav", changed(trust2={0: 2.0, 1: 2.0, 2: 1.0}))
    settle(root)
    assert "files that no wave declares: fourth.sav (1)" in fresh(root).description


def tick(root: Path, cursor: str | None) -> dg.SensorResult:
    loaded = declared(Paths(root))
    sensor = deposit_sensor(loaded, people_jobs(loaded.workspace.project, loaded.workspace.paths))
    with dg.DagsterInstance.ephemeral() as instance:
        found = sensor(dg.build_sensor_context(instance, cursor=cursor))
    assert isinstance(found, dg.SensorResult)
    return found


def test_the_sensor_starts_confirmed_waves_once_and_tells_what_changes(root):
    held = tick(root, None)
    assert not held.run_requests
    assert "awaiting confirmation: panel/w01" in held.skip_reason.skip_message
    (event,) = held.asset_events
    assert (event.check_name, event.passed) == ("fresh", False)

    confirm_all(root)
    first = tick(root, held.cursor)
    (request,) = first.run_requests
    assert request.run_config == config_of(REBUILD, study=STUDY)
    assert (request.tags["study"], request.tags["waves"]) == (STUDY, "w01, w02, w03"), "one run a study"
    again = tick(root, first.cursor)
    assert not again.run_requests, "it was asked for a moment ago"
    assert not again.asset_events, "nothing changed, nothing is said"
    rebuild(root)
    assert not tick(root, None).run_requests, "what is loaded is not asked for, whatever the sensor remembers"


def test_the_same_arrivals_are_asked_for_once_until_somebody_changes_a_declaration(root):
    confirm_all(root)
    first = tick(root, None)
    (request,) = first.run_requests
    assert not tick(root, first.cursor).run_requests, "whatever has become of that run"
    items = root / "data" / "studies" / STUDY / "items.yaml"
    items.write_text(f"{items.read_text()}# looked at again\n")
    (again,) = tick(root, first.cursor).run_requests
    assert again.run_key != request.run_key


def test_a_mistake_in_a_declaration_is_said_and_leaves_the_others(root):
    confirm_all(root)
    other = root / "data" / "studies" / "other"
    other.mkdir()
    (other / "study.yaml").write_text("title: Half\n")
    found = tick(root, None)
    assert [request.tags["study"] for request in found.run_requests] == [STUDY]
    (other.parent / STUDY / "items.yaml").write_text("trust1: {label: [}\n")
    found = tick(root, found.cursor)
    assert not found.run_requests
    assert f"{STUDY} is left out: " in found.skip_reason.skip_message
    assert "other is left out: " in found.skip_reason.skip_message


@pytest.mark.thorough
@pytest.mark.parametrize("name", ["<b>wave.sav", "$(reboot).sav", "a;b.csv", "two\nlines.csv"])
def test_a_file_with_a_hostile_name_is_neither_opened_nor_shown_as_it_is(root, name):
    rebuild(root)
    write_sav(raw(root) / "other.sav", changed(trust2={0: 2.0}))
    try:
        (raw(root) / "other.sav").rename(raw(root) / name)
    except OSError:
        pytest.skip("this file system has no such names")
    settle(root)
    said = tick(root, None)
    assert not Paths(root).draft_file(STUDY, "x").parent.exists()
    assert "the file name holds characters that are not allowed" in fresh(root).description
    assert name not in fresh(root).description + str(said.skip_reason)
