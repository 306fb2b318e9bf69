"""Records of runs that are older than the settings say are deleted, but for those that the pages still show."""

import contextlib
import time
from collections.abc import Collection
from pathlib import Path

import dagster as dg

from assets.dagster.runs import UNDER_WAY
from pipeline.paths import Paths
from pipeline.settings import settings_of

DAYS = 90
"""For so long runs are kept, unless the setting ``run_days`` says another number."""
AT_ONCE = 200
"""So many are deleted in one go, so that nobody waits."""


def old_runs(paths: Paths) -> dg.SensorDefinition:
    """Deletes old records of runs. Builds themselves are kept otherwise (``cohesion builds``)."""

    @dg.sensor(
        name="old_runs",
        minimum_interval_seconds=3600,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Deletes records of runs that are older than the setting `run_days` says (90), but for the last of "
        "each job and those in which what is shown of an asset or a check was made.",
    )
    def sensor(context: dg.SensorEvaluationContext) -> dg.SkipReason:
        repository = context.repository_def
        checks = repository.asset_graph.asset_check_keys if repository is not None else ()
        days = settings_of(paths.root).get("run_days", DAYS)
        count = len(delete_old(context.instance, days, checks))
        return dg.SkipReason(f"{count:,} runs older than {days} days were deleted.")

    return sensor


def delete_old(
    instance: dg.DagsterInstance, days: float, checks: Collection[dg.AssetCheckKey], now: float | None = None
) -> list[str]:
    """Delete what is older than so many days, with its events and logs; returns the ids of the runs.

    Kept are the last run of each job, whatever is under way, and each run in which the last state of an asset, or of
    one of ``checks``, was recorded: without it, the asset would seem never to have been built.
    """
    before = (time.time() if now is None else now) - days * 86_400
    kept = _shown(instance, checks)
    seen: set[str] = set()
    old = []
    for record in instance.get_run_records():
        run = record.dagster_run
        is_last = run.job_name not in seen
        seen.add(run.job_name)
        ended = record.end_time or record.create_timestamp.timestamp()
        if not is_last and run.status not in UNDER_WAY and ended < before and run.run_id not in kept:
            old.append(run.run_id)
    for run_id in old[-AT_ONCE:]:
        _delete(instance, run_id)
    return old[-AT_ONCE:]


def _shown(instance: dg.DagsterInstance, checks: Collection[dg.AssetCheckKey]) -> set[str]:
    """The runs in which the last state of assets and checks was recorded."""
    records = [record.asset_entry.last_materialization_record for record in instance.get_asset_records()]
    found = {record.run_id for record in records if record is not None}
    last = instance.event_log_storage.get_latest_asset_check_execution_by_key(list(checks)) if checks else {}
    return found | {execution.run_id for execution in last.values()}


def _delete(instance: dg.DagsterInstance, run_id: str) -> None:
    instance.delete_run(run_id)
    with contextlib.suppress(OSError, NotImplementedError):
        instance.compute_log_manager.delete_logs(prefix=[run_id])
    place = getattr(instance.event_log_storage, "path_for_shard", None)
    if place is not None:  # SQLite: the file of the run is left behind, empty
        for suffix in ("", "-wal", "-shm", "-journal"):
            Path(f"{place(run_id)}{suffix}").unlink(missing_ok=True)
