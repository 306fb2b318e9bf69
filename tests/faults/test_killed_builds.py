"""A build that was killed once all was made: the next build closes its record, and does no more."""

import subprocess
import sys

import dagster as dg
import pytest
from published_study import make_published
from running_ui import COHESION, environment
from small_study import build

from assets.dagster.instance import prepare_instance
from assets.dagster.left_open import left_open
from assets.dagster.runs import COMMAND_LINE, GONE
from pipeline.paths import Paths

KILLED = """
import os, sys
import assets.dagster.books as books
from assets.commands.main import main

before, after = books.execute_run, sys.argv.pop()
def killed(*arguments):
    if after == "made":
        for _ in books._Once.__iter__(reports[0]):
            pass
    os.kill(os.getpid(), 9)

reports = []
kept = books._materialise
def materialise(workspace, plan, found, instance):
    reports.append(found)
    kept(workspace, plan, found, instance)

books.execute_run, books._materialise = killed, materialise
main()
"""


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = make_published(tmp_path_factory.mktemp("killed") / "root")
    build(root)
    return root


def said_by(root, *words):
    done = subprocess.run(
        [*words], env=environment(root), cwd=root, capture_output=True, text=True, check=False, timeout=600
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.thorough
def test_a_build_killed_after_its_last_table_is_no_open_run_after_the_next(root):
    code, _ = said_by(root, sys.executable, "-c", KILLED, "build", "--force", "made")
    assert code == -9
    instance = Paths(root).instance
    assert left_open(instance)
    code, said = said_by(root, *COHESION, "build")
    assert code == 0
    assert "Nothing has changed." in said
    assert not left_open(instance)
    prepare_instance(instance)
    with dg.DagsterInstance.get() as records:
        [run] = [run for run in records.get_runs() if run.tags["why"] == COMMAND_LINE]
        assert run.status == dg.DagsterRunStatus.FAILURE
        assert any(GONE in (record.message or "") for record in records.all_logs(run.run_id))


def test_records_that_cannot_be_read_are_no_open_run(tmp_path):
    assert not left_open(tmp_path)
    (tmp_path / "running").mkdir()
    (tmp_path / "running" / "some.lock").touch()
    (tmp_path / "history").mkdir()
    (tmp_path / "history" / "runs.db").write_bytes(b"no database" * 100)
    assert not left_open(tmp_path)
