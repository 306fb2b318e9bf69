"""Runs: one build at a time, ended when their process is gone, asked for again for what may pass and nothing else."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import dagster as dg
import pytest
import yaml
from dagster._core.run_coordinator import SubmitRunContext
from shared import ROOT

from assets.dagster.again import ATTEMPTS, PAUSES, WITHIN_SECONDS, failed_in_passing
from assets.dagster.alive import hold, is_alive
from assets.dagster.books import _origin
from assets.dagster.instance import BEFORE, FIRST, SETTINGS, prepare_instance
from assets.dagster.queue import STARTING_SECONDS, OneBuildAtATime, WatchedLauncher
from assets.dagster.runs import GONE, MEND, note_trouble, trouble_of
from assets.engine.report import IO, LOST
from pipeline.errors import CohesionError, StorageError


@dg.job(name="rebuild_a_study")
def rebuild() -> None: ...


@pytest.fixture
def instance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / "instance"))
    prepare_instance(tmp_path / "instance")
    with dg.DagsterInstance.get() as instance:
        yield instance


def begin(instance: dg.DagsterInstance, study: str = "first", status: str = "QUEUED", **tags: str) -> dg.DagsterRun:
    """A run of a study, as it stands in the records."""
    made = instance.create_run_for_job(
        rebuild, tags={"study": study, "attempt": "1", **tags}, remote_job_origin=_origin("rebuild_a_study")
    )
    instance.run_storage.delete_run(made.run_id)
    instance.add_run(made._replace(status=dg.DagsterRunStatus[status]))
    return instance.get_run_by_id(made.run_id)


def failed(instance: dg.DagsterInstance, trouble: str, attempt: int = 1, study: str = "first") -> dg.DagsterRun:
    run = begin(instance, study, "STARTED", attempt=str(attempt))
    note_trouble(instance, run.run_id, {trouble})
    instance.report_run_failed(run, "for a test")
    return run


def asked(instance: dg.DagsterInstance, later: float = 0.0) -> list[dg.RunRequest]:
    return [each.request for each in failed_in_passing(instance, time.time() + later) if each.request is not None]


def test_the_instance_is_as_the_project_needs_it(instance):
    assert isinstance(instance.run_coordinator, OneBuildAtATime)
    assert isinstance(instance.run_launcher, WatchedLauncher)
    assert instance.run_monitoring_enabled
    limits = instance.get_concurrency_config().run_queue_config.tag_concurrency_limits
    assert limits == [{"key": "builds", "limit": 1}]


def test_a_build_waits_for_another_and_says_for_which(instance):
    first, second, other = (begin(instance, study, "NOT_STARTED") for study in ("first", "first", "other"))
    for run in (first, second, other):
        instance.run_coordinator.submit_run(SubmitRunContext(run, workspace=None))
    assert instance.get_run_by_id(other.run_id).tags["builds"] == "other"
    said = [record.message for record in instance.all_logs(second.run_id)]
    assert any(f"when run {first.run_id[:8]} (rebuild_a_study of first)" in (words or "") for words in said)


@pytest.mark.thorough
@pytest.mark.parametrize("trouble", [IO, LOST])
def test_what_may_pass_is_tried_again_with_growing_pauses(instance, trouble):
    for attempt in range(1, ATTEMPTS):
        run = failed(instance, trouble, attempt)
        pause = PAUSES[trouble][attempt - 1]
        assert not asked(instance, pause - 30) or not pause
        (request,) = asked(instance, pause + 1)
        assert request.run_key == f"again {run.run_id}"
        assert request.tags["attempt"] == str(attempt + 1)
        assert not asked(instance, WITHIN_SECONDS + 60), "what failed the day before is for a person"
    failed(instance, trouble, ATTEMPTS)
    assert not asked(instance, 7200), "then a person has to look"


def test_what_a_person_has_to_mend_is_never_tried_again(instance):
    failed(instance, MEND)
    assert not asked(instance, 7200)


@pytest.mark.thorough
def test_a_later_build_stands_for_the_one_that_failed(instance):
    failed(instance, IO)
    failed(instance, IO, study="other")
    begin(instance, status="SUCCESS")
    assert [request.tags["study"] for request in asked(instance, 301)] == ["other"]
    begin(instance, "other", "QUEUED")
    assert not asked(instance, 301)


@pytest.mark.parametrize(
    ("error", "trouble"),
    [
        (OSError(28, "No space left on device"), IO),
        (PermissionError(13, "Permission denied"), MEND),
        (StorageError("is away", passes=True), IO),
        (StorageError("is closed"), MEND),
        (CohesionError("is not declared"), MEND),
        (ValueError("a defect"), MEND),
    ],
)
def test_troubles(error, trouble):
    assert trouble_of(error) == trouble


def test_one_thing_to_mend_outweighs_what_may_pass(instance):
    run = begin(instance, status="STARTED")
    note_trouble(instance, run.run_id, {IO, ""})
    assert instance.get_run_by_id(run.run_id).tags["trouble"] == MEND


@pytest.mark.thorough
def test_a_run_whose_process_was_killed_is_ended_with_words(instance):
    run = begin(instance, status="STARTED")
    code = (
        "import sys, dagster as dg; from assets.dagster.alive import hold; i = dg.DagsterInstance.get(); "
        "hold(i, sys.argv[1]); print('held', flush=True); sys.stdin.read()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, run.run_id], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert process.stdout.readline() == "held\n"
    assert is_alive(instance, run.run_id)
    long_ago = time.time() - STARTING_SECONDS - 1
    _started(instance, run.run_id, long_ago)
    assert instance.run_launcher.check_run_worker_health(run).status.value == "RUNNING"
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdin.close()
    process.stdout.close()
    assert instance.run_launcher.check_run_worker_health(run).status.value == "FAILED"
    ended = instance.get_run_by_id(run.run_id)
    assert ended.status == dg.DagsterRunStatus.FAILURE
    assert ended.tags["trouble"] == LOST
    assert any(GONE in (record.message or "") for record in instance.all_logs(run.run_id))


def _started(instance: dg.DagsterInstance, run_id: str, when: float) -> None:
    import sqlalchemy as db
    from dagster._core.storage.runs.schema import RunsTable

    with instance.run_storage.connect() as connection:
        connection.execute(db.update(RunsTable).where(RunsTable.c.run_id == run_id).values(start_time=when))


def test_this_process_holds_what_it_computes(instance):
    run = begin(instance, status="STARTED")
    assert not is_alive(instance, run.run_id)
    hold(instance, run.run_id)
    assert is_alive(instance, run.run_id)


OLD = yaml.safe_dump(FIRST)


@pytest.mark.parametrize(
    ("before", "kept"),
    [
        (OLD, {}),
        ("# ours\n" + OLD + "run_retries: {enabled: true}\n", {"run_retries": {"enabled": True}}),
        (OLD.replace("false", "true", 1), {"nux": {"enabled": True}}),
        (OLD + "run_monitoring: {enabled: false}\n", {"run_monitoring": {"enabled": False}}),
        (
            OLD + "run_queue: {max_concurrent_runs: 3}\n",
            {"run_queue": {"max_concurrent_runs": 3}, "run_coordinator": None},
        ),
    ],
    ids=["untouched", "another-key", "another-value", "a-new-default-set-otherwise", "in-place-of-a-default"],
)
def test_new_defaults_reach_an_old_root_and_keep_what_a_person_set(tmp_path, before, kept):
    file = tmp_path / "dagster.yaml"
    file.write_text(before)
    prepare_instance(tmp_path)
    ours, found = yaml.safe_load(SETTINGS), yaml.safe_load(file.read_text())
    for key in {*ours, *kept}:
        assert found.get(key) == kept.get(key, ours.get(key)), key
    assert "# ours" in file.read_text() or "# ours" not in before
    text = file.read_text()
    prepare_instance(tmp_path)
    assert file.read_text() == text


def test_a_default_that_a_person_takes_out_stays_out(tmp_path):
    prepare_instance(tmp_path)
    file = tmp_path / "dagster.yaml"
    settings = yaml.safe_load(file.read_text())
    del settings["retention"]
    (tmp_path / BEFORE).write_text(SETTINGS)
    file.write_text(yaml.safe_dump(settings))
    prepare_instance(tmp_path)
    assert "retention" not in yaml.safe_load(file.read_text())


def test_a_damaged_file_is_said(tmp_path):
    (tmp_path / "dagster.yaml").write_text("a: [")
    with pytest.raises(CohesionError, match=r"dagster\.yaml: cannot be read"):
        prepare_instance(tmp_path)


def test_the_clone_has_the_same_file():
    assert (ROOT / "data" / "instance" / "dagster.yaml").read_text() == SETTINGS
