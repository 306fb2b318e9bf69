"""A wave arrives: the deposit folders are watched, and a study is rebuilt when something new in them is confirmed."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field

import dagster as dg

from assets.dagster.again import failed_in_passing
from assets.dagster.alive import forget
from assets.dagster.declared import Declared, declared, tell_ui
from assets.dagster.look_seconds import look_seconds
from assets.dagster.runs import WHY, builds_under_way, study_of
from assets.deposits import draft_undeclared, loaded_hashes, look
from assets.engine.node import Node
from assets.engine.workspace import Workspace
from assets.nodes import all_nodes
from assets.standing import due
from assets.web.job_names import BUILD_JOBS, STUDY, config_of
from pipeline.errors import CohesionError, DeclarationErrors
from pipeline.ingest.arrival.sightings import Arrival, Sighting
from pipeline.paths import Paths

LOOK_SECONDS = 30
"""Between two looks into the deposit folders, unless the setting ``look_seconds`` says another number."""


@dataclass(frozen=True)
class Asked:
    """For what a run was asked for a study: its arrivals and declarations as one text, and how many were before."""

    state: str
    number: int


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

    def changes(self, workspace: Workspace, nodes: list[Node], sighting: Sighting) -> Iterator[dg.AssetCheckEvaluation]:
        """The freshness of every study of which something else is to be said than before."""
        from assets.dagster.freshness import evaluations

        for study, words, event in evaluations(workspace, nodes, sighting):
            if self.fresh.get(study) != words:
                self.fresh[study] = words
                yield event


def deposit_sensor(loaded: Declared, jobs: Sequence[dg.JobDefinition]) -> dg.SensorDefinition:
    """Starts one run for each study in whose folder a confirmed wave lies that is not loaded.

    ``loaded``: the declarations that the graph shows. Each look reads them as they are by then; where they are others,
    the UI is asked to read them again.
    """
    paths = loaded.workspace.paths

    @dg.sensor(
        name="deposits",
        jobs=[job for job in jobs if job.name in BUILD_JOBS],
        minimum_interval_seconds=look_seconds(paths.root, LOOK_SECONDS),
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Watches the deposit folders. What is loaded already, or being built, starts no run.",
    )
    def deposits(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        cursor = Cursor.read(context.cursor)
        forget(context.instance)
        again = list(failed_in_passing(context.instance))
        requests = [each.request for each in again if each.request is not None]
        try:
            now = declared(paths)
        except DeclarationErrors as error:
            said = ["Nothing can be built until this is corrected:", *error.problems, *(each.words for each in again)]
            return _result(context, said, requests, [], cursor)
        if now.state != loaded.state:
            tell_ui(paths)
        said = [*now.left_out(), *(each.words for each in again)]
        busy = {study_of(run) for run in builds_under_way(context.instance)} | {study_of_request(r) for r in requests}
        known = set(loaded.workspace.project.studies) - (set(now.workspace.project.studies) if "" in busy else busy)
        return _looked(context, now, cursor, known, said, requests)

    return deposits


def _looked(
    context: dg.SensorEvaluationContext, now: Declared, cursor: Cursor, known: set[str], said: list[str],
    requests: list[dg.RunRequest],
) -> dg.SensorResult:  # fmt: skip
    """One look: what lies there in words, drafts of what nobody declared, and runs of studies in ``known``."""
    workspace = now.workspace
    try:
        sighting = look(workspace)
        changes = list(cursor.changes(workspace, all_nodes(workspace), sighting))
        said += [*draft_undeclared(workspace, sighting), *_words(sighting)]
        requests += _requests(now, sighting, cursor, known)
    except (CohesionError, OSError) as error:
        return _result(context, [*said, f"The deposit folders could not be looked at: {error}"], requests, [], cursor)
    return _result(context, said, requests, changes, cursor)


def _result(
    context: dg.SensorEvaluationContext, said: list[str], requests: list[dg.RunRequest],
    changes: list[dg.AssetCheckEvaluation], cursor: Cursor,
) -> dg.SensorResult:  # fmt: skip
    if not requests:
        skipped = "; ".join(said) or "Nothing new in the deposit folders."
        return dg.SensorResult(skip_reason=skipped, asset_events=changes, cursor=cursor.write())
    for words in said:
        context.log.info(words)
    return dg.SensorResult(run_requests=requests, asset_events=changes, cursor=cursor.write())


def study_of_request(request: dg.RunRequest) -> str:
    """The study that a request is about; empty for several."""
    return request.tags.get("study", "")


def not_loaded(workspace: Workspace, arrivals: Sequence[Arrival]) -> dict[str, list[Arrival]]:
    """Study → confirmed waves whose bytes are not those of the tables: only a table says that an arrival is done."""
    found: dict[str, list[Arrival]] = {}
    for arrival in arrivals:
        loaded = {sha256[:12] for sha256 in loaded_hashes(workspace, workspace.project.studies[arrival.study])}
        if not set(arrival.hash.split("-")) <= loaded:
            found.setdefault(arrival.study, []).append(arrival)
    return found


def _requests(now: Declared, sighting: Sighting, cursor: Cursor, known: Iterable[str]) -> Iterator[dg.RunRequest]:
    """One run a study. The same arrivals, declared the same way, are asked for once, whatever becomes of the run."""
    arrived = not_loaded(now.workspace, sighting.arrivals)
    for study in [study for study in cursor.asked if study not in arrived]:
        cursor.asked[study] = Asked("", cursor.asked[study].number)
    for study, arrivals in arrived.items():
        state = " ".join([*(arrival.run_key for arrival in arrivals), now.states[study]])
        before = cursor.asked.get(study, Asked("", 0))
        if study not in known or before.state == state:
            continue
        asked = cursor.asked[study] = Asked(state, before.number + 1)
        waves = ", ".join(arrival.wave for arrival in arrivals)
        yield dg.RunRequest(
            run_key=f"{state} ({asked.number})",
            job_name=STUDY,
            run_config=config_of(STUDY, study=study),
            tags={"study": study, "waves": waves, WHY: f"{waves} arrived"},
        )


def _words(sighting: Sighting) -> Iterator[str]:
    for study, names in sighting.undeclared.items():
        yield f"{study}: {len(names)} files that no wave declares ({', '.join(names[:5])})"
    yield from sighting.repeated
    yield from sighting.misnamed
    if sighting.awaiting:
        yield f"awaiting confirmation: {'; '.join(sighting.awaiting)}"
    if sighting.unsettled:
        yield f"still being written: {', '.join(sighting.unsettled)}"


def nightly(paths: Paths, job: dg.JobDefinition) -> dg.ScheduleDefinition:
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

        try:
            now = declared(paths)
            plan = plan_build(now.workspace, nodes=all_nodes(now.workspace))
        except (CohesionError, DeclarationErrors) as error:
            return dg.SkipReason(f"Nothing was built: {error}")
        for words in (*now.left_out(), *(f"{study}: {why}; left out" for study, why in plan.waiting.items())):
            context.log.info(words)
        counts = {key: len(due(plan, study)) for key, study in now.workspace.project.studies.items()}
        requests = [
            dg.RunRequest(
                run_key=f"{study} {context.scheduled_execution_time:%Y-%m-%d}",
                run_config=config_of(STUDY, study=study),
                tags={"study": study, WHY: "nightly", "due": str(count)},
            )
            for study, count in counts.items()
            if count and study not in plan.waiting
        ]
        return requests or dg.SkipReason(" ".join([*now.left_out(), "Nothing has changed."]))

    return schedule
