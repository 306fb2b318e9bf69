"""Builds that failed for something that may pass are asked for again: a full disk, a share that is away, a kill."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass

import dagster as dg

from assets.dagster.alive import is_alive
from assets.dagster.runs import ATTEMPT, GONE, STUDY, TROUBLE, WHY, builds_under_way, study_of
from assets.engine.report import IO, LOST
from assets.web.job_names import BUILD_JOBS, EVERYTHING

ATTEMPTS = 4
PAUSES = {IO: (300, 900, 2700), LOST: (0, 900, 2700)}
"""Seconds after the end of a run that failed, before the next: longer after each. Lost is a run whose process is gone;
its first repetition follows at once."""
WITHIN_SECONDS = 86_400
"""A run that failed longer ago is not asked for again."""
BECAUSE = {
    IO: "the disk or a network share would not take it",
    LOST: "its process was gone",
}


@dataclass(frozen=True)
class Again:
    """A run to ask for again: the request, once its time has come, or when it will have."""

    words: str
    request: dg.RunRequest | None = None


def failed_in_passing(instance: dg.DagsterInstance, now: float | None = None) -> Iterator[Again]:
    """Of each scope (a study, or a job of several) the last build, if it failed for what may pass.

    Each run is asked for again once, by its id. One that a person has to mend never is.
    """
    now = time.time() if now is None else now
    busy = {_scope(run) for run in builds_under_way(instance)}
    for run, ended in _last_builds(instance):
        trouble, attempt = run.tags.get(TROUBLE, LOST), int(run.tags.get(ATTEMPT, "0") or 0)
        if run.status != dg.DagsterRunStatus.FAILURE or trouble not in PAUSES or not 0 < attempt < ATTEMPTS:
            continue
        if now - ended > WITHIN_SECONDS or _scope(run) in busy or is_alive(instance, run.run_id):
            continue  # one that lives was called failed by Dagster for a second process that it had started
        left = ended + PAUSES[trouble][attempt - 1] - now
        what = f"{study_of(run) or run.job_name}: {BECAUSE[trouble]} (run {run.run_id[:8]})"
        if 0 < left <= max(PAUSES[trouble]):
            yield Again(f"{what}; it is asked for again in {left / 60:.0f} minutes")
            continue
        if TROUBLE not in run.tags:
            _name(instance, run)
        tags = {ATTEMPT: str(attempt + 1), WHY: f"again: {BECAUSE[trouble]}"}
        kept = {name: value for name, value in run.tags.items() if name in (STUDY, "waves", "asked")}
        yield Again(
            f"{what}; it is asked for again",
            dg.RunRequest(
                run_key=f"again {run.run_id}", job_name=run.job_name, run_config=run.run_config, tags={**kept, **tags}
            ),
        )


def _name(instance: dg.DagsterInstance, run: dg.DagsterRun) -> None:
    """A run of which Dagster alone noticed that its process had ended: said in its log in words."""
    instance.add_run_tags(run.run_id, {TROUBLE: LOST})
    instance.report_engine_event(f"{GONE} It is asked for again.", run)


def _last_builds(instance: dg.DagsterInstance) -> list[tuple[dg.DagsterRun, float]]:
    """The last build of each scope, and when it ended. A later build of everything stands for those before it."""
    found = []
    seen: set[str] = set()
    for record in instance.get_run_records(limit=200):
        run = record.dagster_run
        if run.job_name not in BUILD_JOBS or _scope(run) in seen:
            continue
        seen.add(_scope(run))
        found.append((run, record.end_time or record.update_timestamp.timestamp()))
        if run.job_name == EVERYTHING:
            break
    return found


def _scope(run: dg.DagsterRun) -> str:
    return study_of(run) or f"{run.job_name} {json.dumps(run.run_config, sort_keys=True, default=str)}"
