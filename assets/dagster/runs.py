"""Runs as this project reads them: what they build, which of them are under way, why one failed."""

from typing import Any

import dagster as dg

from assets.engine.report import IO, LOST
from assets.web.job_names import BUILD_JOBS
from pipeline.errors import CohesionError, StorageError, may_pass

STUDY, BUILDS, ATTEMPT, TROUBLE, WHY = "study", "builds", "attempt", "trouble", "why"
"""Tags of runs: the study; what is built (of which there is one at a time); how often it was tried; why it failed."""
COMMAND_LINE = "command line"
"""Why a run is there that a build from the command line records."""
MEND = "mend"
"""A trouble that a person has to mend: such a run is not tried again."""
SEVERAL = "several studies"
GONE = (
    "The process that computed this run is gone: it was killed, or the machine went down. What it had built is kept, "
    "nothing is half-written, and the rest is built by the next run."
)
UNDER_WAY = (
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
)


def study_of(run: dg.DagsterRun) -> str:
    """The one study that a run is about; empty if there is none, or several."""
    if STUDY in run.tags:
        return run.tags[STUDY]
    config: Any = run.run_config
    operations = config.get("ops") if isinstance(config, dict) else None
    chosen = operations.get(run.job_name, {}) if isinstance(operations, dict) else {}
    return str((chosen.get("config") or {}).get("study", "")) if isinstance(chosen, dict) else ""


def builds(run: dg.DagsterRun) -> bool:
    """Whether a run builds something, so that another build has to wait for it."""
    is_by_name = run.job_name.startswith("__") and (run.asset_selection is None or bool(run.asset_selection))
    return run.job_name in BUILD_JOBS or is_by_name


def builds_under_way(instance: dg.DagsterInstance) -> list[dg.DagsterRun]:
    """The builds that are queued or running, the newest first."""
    return [run for run in instance.get_runs(dg.RunsFilter(statuses=list(UNDER_WAY))) if builds(run)]


def trouble_of(error: BaseException) -> str:
    """Why a run failed: ``io`` may pass by itself, ``mend`` does not."""
    if isinstance(error, StorageError):
        return IO if error.passes else MEND
    if isinstance(error, CohesionError):
        return MEND
    return IO if isinstance(error, OSError) and may_pass(error) else MEND


def note_trouble(instance: dg.DagsterInstance, run_id: str, found: set[str]) -> None:
    """Write down why a run failed; one thing that a person has to mend outweighs all that may pass."""
    worst = next((kind for kind in (MEND, IO, LOST) if kind in {each or MEND for each in found}), MEND)
    instance.add_run_tags(run_id, {TROUBLE: worst})
