"""The sensor ``digests``: once the runs that nobody started by hand have ended, one page says what came of them."""

import json
import time
from collections.abc import Sequence
from typing import Any

import dagster as dg

from assets.dagster.declared import declared
from assets.dagster.look_seconds import look_seconds
from assets.dagster.runs import TROUBLE, WHY, builds_under_way, study_of
from assets.engine.report import IO, LOST
from assets.web.job_names import BUILD_JOBS
from assets.web.links import report_link
from pipeline.errors import CohesionError, DeclarationErrors
from pipeline.paths import Paths
from pipeline.settings import settings_of

LOOK_SECONDS = 60
WITHIN_SECONDS = 86_400
"""Runs that ended longer ago are not told any more: nothing looked at them then."""
SCHEDULED = ("dagster/sensor_name", "dagster/schedule_name")
REMEMBERED = 200
ENDED = {
    dg.DagsterRunStatus.SUCCESS: "ended well",
    dg.DagsterRunStatus.CANCELED: "was cancelled",
}
FAILED = {
    IO: "failed: a disk or a network share would not take it",
    LOST: "failed: its process was gone",
}


def digest_sensor(paths: Paths) -> dg.SensorDefinition:
    """Writes a digest, and hands it on as the settings say."""

    @dg.sensor(
        name="digests",
        minimum_interval_seconds=look_seconds(paths.root, LOOK_SECONDS),
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="After scheduled runs: what arrived, what moved, what waits for a person, as a page and a message.",
    )
    def digests(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        cursor = _read(context.cursor)
        new = [record for record in _scheduled(context.instance) if record.dagster_run.run_id not in cursor["told"]]
        if not new:
            return dg.SensorResult(skip_reason="No scheduled run has ended since the last digest.")
        if builds_under_way(context.instance):
            return dg.SensorResult(skip_reason="A build is under way; the digest is written when it has ended.")
        try:
            said = _write(paths, new, cursor)
        except (CohesionError, DeclarationErrors, OSError) as error:
            return dg.SensorResult(skip_reason=f"No digest could be written: {error}")
        cursor["told"] = [*cursor["told"], *(record.dagster_run.run_id for record in new)][-REMEMBERED:]
        return dg.SensorResult(skip_reason=" ".join(said), cursor=json.dumps(cursor))

    return digests


def _read(text: str | None) -> dict[str, Any]:
    try:
        found = json.loads(text or "{}")
        return {"told": list(found["told"]), "build": found["build"]}
    except (ValueError, KeyError, TypeError):
        return {"told": [], "build": None}


def _scheduled(instance: dg.DagsterInstance) -> list[dg.RunRecord]:
    """Builds that sensor or schedule asked for and that have ended within a day, the oldest first."""
    records = instance.get_run_records(dg.RunsFilter(statuses=[*ENDED, dg.DagsterRunStatus.FAILURE]), limit=100)
    since = time.time() - WITHIN_SECONDS
    return [
        record
        for record in reversed(records)
        if record.dagster_run.job_name in BUILD_JOBS
        and any(tag in record.dagster_run.tags for tag in SCHEDULED)
        and (record.end_time or 0) > since
    ]


def _write(paths: Paths, records: Sequence[dg.RunRecord], cursor: dict[str, Any]) -> list[str]:
    """Write the page and hand it on; in words, where it is and who got it."""
    from assets.dagster.instance import noted_port
    from assets.digests.contents import RunSaid, digest
    from assets.digests.hooks import hand_on
    from assets.digests.page import write_page

    runs = [
        RunSaid(run.run_id, study_of(run), run.tags.get(WHY, "scheduled"), _outcome(run), record.end_time or 0.0)
        for record in records
        for run in [record.dagster_run]
    ]
    since = min(record.create_timestamp.timestamp() for record in records)
    made, cursor["build"] = digest(declared(paths).workspace, runs, since, cursor["build"])
    file = write_page(paths, made, ())
    settings = settings_of(paths.root)
    place = report_link(file.relative_to(paths.root).as_posix())
    address = str(settings.get("address", f"http://127.0.0.1:{noted_port(paths)}")).rstrip("/")
    sent = list(hand_on(settings, made, f"{address}{place}"))
    if sent:
        write_page(paths, made, tuple(sent), file)
    return [f"{made.headline}: {place}", *sent]


def _outcome(run: dg.DagsterRun) -> str:
    return ENDED.get(run.status) or FAILED.get(run.tags.get(TROUBLE, ""), "failed: a person has to look")
