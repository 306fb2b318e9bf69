"""A wave arrives: the deposit folders are watched, and a study is rebuilt when something new in them is confirmed."""

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import dagster as dg

from assets.dagster.jobs import STUDY, config_of
from assets.deposits import draft_undeclared, loaded_hashes, look
from assets.engine.build import is_building
from assets.engine.node import Node
from assets.engine.workspace import Workspace
from assets.standing import due
from pipeline.ingest.arrival.sightings import Arrival, Sighting

ATTEMPTS = 3
WAITING_SECONDS = 300
"""After a run that failed, before the next; twice as long after the second."""
STARTING_SECONDS = 90
"""A run that nobody computes after so long has lost its process."""
UNDER_WAY = (
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
)


@dataclass(frozen=True)
class Asked:
    """What a run was asked for a study: its arrivals as one text, how often, and when last."""

    arrivals: str
    attempts: int
    at: float


@dataclass
class Cursor:
    """What the sensor remembers: what it asked for, and how fresh each study was said to be."""

    asked: dict[str, Asked] = field(default_factory=dict)
    fresh: dict[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, text: str | None) -> "Cursor":
        """From the text of the tick before; one of another form is begun anew."""
        try:
            found = json.loads(text or "{}")
            return cls({study: Asked(**each) for study, each in found["asked"].items()}, dict(found["fresh"]))
        except (ValueError, KeyError, TypeError, AttributeError):
            return cls()

    def write(self) -> str:
        return json.dumps({"asked": {study: asdict(each) for study, each in self.asked.items()}, "fresh": self.fresh})

    def changes(self, workspace: Workspace, nodes: list[Node]) -> Iterator[dg.AssetCheckEvaluation]:
        """The freshness of every study of which something else is to be said than before."""
        from assets.dagster.freshness import evaluation

        for study in workspace.project.studies.values():
            words, event = evaluation(workspace, study, nodes)
            if self.fresh.get(study.key) != words:
                self.fresh[study.key] = words
                yield event


def deposit_sensor(nodes: list[Node], workspace: Workspace, job: dg.JobDefinition) -> dg.SensorDefinition:
    """Starts one run of ``job`` for each study in whose folder a confirmed wave lies that is not loaded."""

    @dg.sensor(
        name="deposits",
        job=job,
        minimum_interval_seconds=30,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Watches the deposit folders. What is loaded already, or being built, starts no run.",
    )
    def deposits(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        cursor = Cursor.read(context.cursor)
        sighting = look(workspace)
        changes = list(cursor.changes(workspace, nodes))
        for words in (*draft_undeclared(workspace, sighting), *sighting.misnamed):
            context.log.info(words)
        for wave in sighting.awaiting:
            context.log.info(f"awaiting confirmation: {wave}")
        end_lost_runs(context.instance, workspace)
        requests = list(_requests(workspace, sighting, cursor, _studies_under_way(context.instance)))
        if not requests:
            skipped = "; ".join(_words(sighting)) or "Nothing new in the deposit folders."
            return dg.SensorResult(skip_reason=skipped, asset_events=changes, cursor=cursor.write())
        return dg.SensorResult(run_requests=requests, asset_events=changes, cursor=cursor.write())

    return deposits


def not_loaded(workspace: Workspace, arrivals: Sequence[Arrival]) -> dict[str, list[Arrival]]:
    """Study → confirmed waves whose bytes are not those of the tables: only a table says that an arrival is done."""
    found: dict[str, list[Arrival]] = {}
    for arrival in arrivals:
        loaded = {sha256[:12] for sha256 in loaded_hashes(workspace, workspace.project.studies[arrival.study])}
        if not set(arrival.hash.split("-")) <= loaded:
            found.setdefault(arrival.study, []).append(arrival)
    return found


def _requests(workspace: Workspace, sighting: Sighting, cursor: Cursor, under_way: set[str]) -> Iterator[dg.RunRequest]:
    """One run a study: for new arrivals at once, after a failure a few times with growing pauses."""
    now = time.time()
    for study, arrivals in not_loaded(workspace, sighting.arrivals).items():
        if study in under_way:
            continue
        text = " ".join(arrival.run_key for arrival in arrivals)
        before = cursor.asked.get(study)
        attempts = before.attempts if before is not None and before.arrivals == text else 0
        if attempts and before is not None and now - before.at < WAITING_SECONDS * 2 ** (attempts - 1):
            continue
        if attempts >= ATTEMPTS:
            continue
        cursor.asked[study] = Asked(text, attempts + 1, now)
        waves = ", ".join(arrival.wave for arrival in arrivals)
        key = f"{text} ({attempts + 1}, {now:.0f})"
        yield dg.RunRequest(
            run_key=key,
            run_config=config_of(STUDY, study=study),
            tags={"study": study, "waves": waves, "why": f"{waves} arrived"},
        )


def _studies_under_way(instance: dg.DagsterInstance) -> set[str]:
    runs = instance.get_runs(dg.RunsFilter(statuses=list(UNDER_WAY)))
    return {study for run in runs if (study := _study_of(run))}


def _study_of(run: dg.DagsterRun) -> str:
    """The study that a run builds; empty if it builds no single one."""
    if run.job_name != STUDY or "study" in run.tags:
        return run.tags.get("study", "")
    config: Any = run.run_config
    return str(config.get("ops", {}).get(STUDY, {}).get("config", {}).get("study", ""))


def end_lost_runs(instance: dg.DagsterInstance, workspace: Workspace) -> list[str]:
    """Runs whose process is gone (killed, or the machine went down) are marked as failed, so that they can be asked for
    again. Returns their ids."""
    if is_building(workspace):
        return []
    lost = []
    for record in instance.get_run_records(dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTED])):
        if time.time() - (record.start_time or 0) > STARTING_SECONDS:
            words = (
                "The process that computed this run is gone. What it had built is kept; the rest is built next time."
            )
            instance.report_run_failed(record.dagster_run, words)
            lost.append(record.dagster_run.run_id)
    return lost


def _words(sighting: Sighting) -> Iterator[str]:
    for study, names in sighting.undeclared.items():
        yield f"{study}: {len(names)} files that no wave declares ({', '.join(names[:5])})"
    yield from sighting.repeated
    yield from sighting.misnamed
    if sighting.awaiting:
        yield f"awaiting confirmation: {'; '.join(sighting.awaiting)}"
    if sighting.unsettled:
        yield f"still being written: {', '.join(sighting.unsettled)}"


def nightly(nodes: list[Node], workspace: Workspace, job: dg.JobDefinition) -> dg.ScheduleDefinition:
    """One run of ``job`` at three in the morning for each study of which something is due, once switched on."""

    @dg.schedule(
        name="nightly",
        job=job,
        cron_schedule="0 3 * * *",
        execution_timezone="Europe/London",
        description="Builds what is due, of every study whose files are there.",
    )
    def schedule(context: dg.ScheduleEvaluationContext) -> list[dg.RunRequest] | dg.SkipReason:
        from assets.building import plan_build

        end_lost_runs(context.instance, workspace)
        plan = plan_build(workspace, nodes=nodes)
        counts = {study: len(due(plan, declared)) for study, declared in workspace.project.studies.items()}
        requests = [
            dg.RunRequest(
                run_key=f"{study} {context.scheduled_execution_time:%Y-%m-%d}",
                run_config=config_of(STUDY, study=study),
                tags={"study": study, "why": "nightly", "due": str(count)},
            )
            for study, count in counts.items()
            if count and study not in plan.waiting
        ]
        return requests or dg.SkipReason("Nothing has changed.")

    return schedule
