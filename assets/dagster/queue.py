"""How runs are begun and watched, named in ``dagster.yaml``: one build at a time, and none that nobody computes."""

import time
from collections.abc import Mapping

import dagster as dg
from dagster._core.launcher import CheckRunHealthResult, DefaultRunLauncher, WorkerStatus
from dagster._core.run_coordinator import QueuedRunCoordinator, SubmitRunContext

from assets.dagster.alive import is_alive, was_held
from assets.dagster.left_open import OPEN
from assets.dagster.runs import (
    ATTEMPT,
    BUILDS,
    COMMAND_LINE,
    GONE,
    SEVERAL,
    STUDY,
    TROUBLE,
    WHY,
    builds,
    builds_under_way,
    study_of,
)
from assets.engine.report import LOST

STARTING_SECONDS = 60
"""A run whose process is not there so long after its start has lost it."""


class OneBuildAtATime(QueuedRunCoordinator):
    """The engine permits one build of a root: other runs wait in the queue, and say for which run they do."""

    def submit_run(self, context: SubmitRunContext) -> dg.DagsterRun:
        """Tag the run by what it builds, which the limit in ``dagster.yaml`` counts, and queue it."""
        run = context.dagster_run
        instance = self._instance
        if builds(run):
            instance.add_run_tags(run.run_id, _tags(run))
            before = [other for other in builds_under_way(instance) if other.run_id != run.run_id]
            if before:
                instance.report_engine_event(f"This run begins when {_called(before)} ended: one build at a time.", run)
        return super().submit_run(context)


def _tags(run: dg.DagsterRun) -> Mapping[str, str]:
    study = study_of(run)
    tags = {BUILDS: study or SEVERAL, ATTEMPT: run.tags.get(ATTEMPT, "1")}
    return {**tags, STUDY: study} if study else tags


def _called(runs: list[dg.DagsterRun]) -> str:
    """Runs in words, the oldest first: ``run 3f2a8c1d (rebuild_a_study of elsoc)``."""
    words = [
        f"run {run.run_id[:8]} ({run.job_name.strip('_').lower()}{f' of {study_of(run)}' if study_of(run) else ''})"
        for run in reversed(runs)
    ]
    return f"{', '.join(words)} {'has' if len(words) == 1 else 'have'}"


class WatchedLauncher(DefaultRunLauncher):
    """Knows of each run whether its process lives, also of those that the command line computes."""

    @property
    def supports_check_run_worker_health(self) -> bool:
        return True

    def check_run_worker_health(self, run: dg.DagsterRun) -> CheckRunHealthResult:
        """Asked by the daemon of each run that has started. One whose process is gone is ended, with words."""
        if end_if_lost(self._instance, run):
            return CheckRunHealthResult(WorkerStatus.FAILED, GONE)
        return CheckRunHealthResult(WorkerStatus.RUNNING)


def end_lost_runs(instance: dg.DagsterInstance) -> None:
    """End every run that has started and whose process is gone. The daemon does so as well, where one runs.

    A build from the command line is lost from the moment on which it stands in the records: nobody else starts it.
    """
    statuses = [dg.DagsterRunStatus[name] for name in OPEN]
    for run in instance.get_runs(dg.RunsFilter(statuses=statuses)):
        if run.status == dg.DagsterRunStatus.STARTED or run.tags.get(WHY) == COMMAND_LINE:
            end_if_lost(instance, run)


def end_if_lost(instance: dg.DagsterInstance, run: dg.DagsterRun) -> bool:
    """Whether the process of a run that has started is gone; such a run is ended, with words."""
    record = instance.get_run_record_by_id(run.run_id)
    started = record.start_time if record is not None else None
    age = time.time() - started if started is not None else 0.0
    if is_alive(instance, run.run_id) or (0 <= age < STARTING_SECONDS and not was_held(instance, run.run_id)):
        return False
    if not _has_ended(instance, run.run_id):
        instance.add_run_tags(run.run_id, {TROUBLE: LOST})
        instance.report_run_failed(run, GONE)
    return True


def _has_ended(instance: dg.DagsterInstance, run_id: str) -> bool:
    run = instance.get_run_by_id(run_id)
    return run is None or run.is_finished
