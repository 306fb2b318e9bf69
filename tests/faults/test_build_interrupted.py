"""A build that is cut short, or cannot write: one message, nothing half-written, and the next build makes the rest."""

import errno
import multiprocessing
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from engine_runs import outputs, plan_of, unbuilt, workspace_of
from published_study import make_published
from small_study import build

from assets.building import Running
from assets.engine.build import Started
from pipeline.paths import Paths

COHESION = str(Path(sys.executable).parent / "cohesion")


def drafts(root):
    return [path.name for path in root.rglob(".*.draft*")]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    root = make_published(tmp_path_factory.mktemp("interrupted") / "whole")
    assert not [report.message for report in build(root).values() if report.message]
    return root


@pytest.fixture
def root(whole, tmp_path):
    """The same declarations, deposits and key; nothing made."""
    return unbuilt(whole, tmp_path / "clone")


def assert_the_next_build_repairs(root, whole):
    assert drafts(root) == []
    assert not [report.message for report in build(root).values() if report.message]
    assert outputs(root) == outputs(whole)


def test_a_worker_that_is_killed_fails_its_node_and_the_others_go_on(root, whole):
    killed = []

    def kill(event):
        if isinstance(event, Started) and event.node == "estimates/satisfied" and not killed:
            killed.append(event.node)
            for child in multiprocessing.active_children():
                os.kill(child.pid, signal.SIGKILL)

    with Running(workspace_of(root), plan_of(root), workers=1, listener=kill) as running:
        made = [report.node for report in running.reports() if not report.message]
    assert list(running.failures) == ["estimates/satisfied"]
    assert "signal 9" in running.failures["estimates/satisfied"]
    assert "build again" in running.failures["estimates/satisfied"]
    assert "estimates/shares" in made
    assert "paper/small" in running.left
    assert_the_next_build_repairs(root, whole)


def test_ctrl_c_ends_a_build_with_one_message(root, whole):
    started = subprocess.Popen(
        [COHESION, "build"],
        env={**os.environ, "COHESION_ROOT": str(root)},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    assert "wave/first/w01" in started.stdout.readline()
    os.killpg(started.pid, signal.SIGINT)
    _, said = started.communicate(timeout=60)
    assert started.returncode == 130
    assert said.strip() == "Stopped. What was built is kept; the next build goes on from there."
    assert not [child for child in multiprocessing.active_children() if child.is_alive()]
    assert_the_next_build_repairs(root, whole)


@pytest.mark.parametrize(
    ("number", "words"),
    [(errno.ENOSPC, "the disk is full"), (errno.EROFS, "may not be written"), (errno.EIO, "Build again")],
    ids=["full", "read-only", "broken"],
)
def test_a_disk_that_takes_nothing_is_said_once(root, whole, monkeypatch, number, words):
    written = Path.write_bytes

    def refuse(path, content):
        if "estimates" in path.parts and path.suffix == ".parquet":
            raise OSError(number, os.strerror(number), str(path))
        return written(path, content)

    with monkeypatch.context() as full:
        full.setattr(Path, "write_bytes", refuse)
        made = build(root)
    failed = {node: report.message for node, report in made.items() if report.message}
    assert sorted(failed) == ["estimates/satisfied", "estimates/shares"]
    for message in failed.values():
        assert words in message
        assert "data/warehouse/estimates" in message
        assert str(root) not in message
    assert_the_next_build_repairs(root, whole)


@pytest.mark.thorough
def test_damaged_records_of_dagster_do_not_touch_what_is_built(root, whole):
    database = Paths(root).instance / "history" / "runs" / "index.db"
    database.parent.mkdir(parents=True)
    database.write_bytes(b"not a database, and long enough to be one" * 100)
    done = subprocess.run(
        [COHESION, "build"], env={**os.environ, "COHESION_ROOT": str(root)}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "has been moved aside. What was built is whole" in done.stderr
    assert "Traceback" not in done.stderr + done.stdout
    assert list(database.parent.glob("index.db.damaged-*"))
    made = outputs(root)
    assert {name: made[name] for name in outputs(whole)} == outputs(whole)
