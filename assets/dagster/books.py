"""The books of a build from the command line: a run in Dagster's instance, with every asset and check as it ends."""

import contextlib
import logging
from collections.abc import Iterator

import dagster as dg
from dagster._core.definitions.job_base import InMemoryJob
from dagster._core.definitions.repository_definition import SINGLETON_REPOSITORY_NAME
from dagster._core.execution.api import execute_run
from dagster._core.remote_origin import GrpcServerCodeLocationOrigin, RemoteJobOrigin, RemoteRepositoryOrigin
from dagster._core.storage.noop_compute_log_manager import NoOpComputeLogManager
from dagster._core.utils import make_new_run_id

from assets.building import Running
from assets.dagster.alive import hold
from assets.dagster.databases import open_databases
from assets.dagster.instance import damaged_words, prepare_instance, set_damaged_aside
from assets.dagster.queue import end_lost_runs
from assets.dagster.recording import recorded
from assets.dagster.runs import BUILDS, COMMAND_LINE, SEVERAL, WHY
from assets.engine.plan import Plan
from assets.engine.report import Report
from assets.engine.workspace import Workspace
from assets.web.job_names import EVERYTHING, STUDY, config_of
from assets.web.links import LOCATION
from pipeline.errors import CohesionError


def keep_books(workspace: Workspace, plan: Plan, running: Running) -> list[str]:
    """Record the build while it runs. What is built does not depend on it: trouble with the books is returned in words.

    Raises ``CohesionError`` if the build itself cannot go on, whatever ended it.
    """
    reports = _Once(running.reports())
    try:
        with open_databases(), _instance(workspace) as instance:
            end_lost_runs(instance)
            _materialise(workspace, plan, reports, instance)
    except CohesionError:
        raise
    except Exception as error:  # the books are Dagster's own: whatever ails them, the build goes on
        if reports.error is not None:
            raise CohesionError(
                f"the build ended by a fault of the program ({type(error).__name__})",
                todo="Its run in `cohesion ui` holds the particulars: report them, and build again.",
            ) from error
        for _ in reports:
            pass
        return [_aside(workspace, error)]
    for _ in reports:
        pass
    return []


def close_lost(workspace: Workspace) -> None:
    """End the runs whose process is gone, where there is nothing to build. Trouble with the books is no trouble."""
    with contextlib.suppress(Exception), open_databases(), _instance(workspace) as instance:
        end_lost_runs(instance)


class _Once:
    """An iterator that can be taken up again where it was left, and that keeps what ended it."""

    def __init__(self, reports: Iterator[Report]) -> None:
        self._reports = reports
        self.error: Exception | None = None

    def __iter__(self) -> Iterator[Report]:
        if self.error is not None:
            raise self.error
        try:
            yield from self._reports
        except Exception as error:
            self.error = error
            raise


def _instance(workspace: Workspace) -> dg.DagsterInstance:
    prepare_instance(workspace.paths.instance)
    for name in ("dagster", "alembic", "sqlalchemy", "cohesion"):  # the command shows what fails itself
        logging.getLogger(name).setLevel(logging.CRITICAL)
    instance = dg.DagsterInstance.get()
    quiet = NoOpComputeLogManager()  # capturing what is printed starts processes, which Ctrl-C would end with a trace
    quiet.register_instance(instance)
    instance._compute_log_manager = quiet
    return instance


def _materialise(workspace: Workspace, plan: Plan, reports: "_Once", instance: dg.DagsterInstance) -> None:
    """A run of the job that staff would have started for the same build, so that it stands among theirs."""
    studies = sorted({node.study for node in plan.nodes if not node.tolerant})
    job = STUDY if len(studies) == 1 and studies[0] in workspace.project.studies else EVERYTHING
    chosen = {"study": studies[0]} if job == STUDY else {}

    def as_they_come(context: dg.OpExecutionContext, _: object) -> Iterator[object]:
        yield from recorded(context, plan, workspace.paths, reports)

    fields = {name: dg.Field(str) for name in chosen}
    op = dg.OpDefinition(compute_fn=as_they_come, name=job, ins={}, outs={}, config_schema=fields)
    made = dg.GraphDefinition(name=f"{job}_steps", node_defs=[op]).to_job(name=job, executor_def=dg.in_process_executor)
    config = {**config_of(job, **chosen), "loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
    tags = {WHY: COMMAND_LINE, BUILDS: studies[0] if chosen else SEVERAL, **({"study": studies[0]} if chosen else {})}
    run_id = make_new_run_id()
    hold(instance, run_id)  # first: a run that stands in the records and that nobody holds is one that was killed
    run = instance.create_run_for_job(made, run_id=run_id, run_config=config, tags=tags, remote_job_origin=_origin(job))
    execute_run(InMemoryJob(made), run, instance)
    if reports.error is not None:
        raise reports.error


def _origin(job: str) -> RemoteJobOrigin:
    """Where the UI knows the job from: by this its pages list the run."""
    place = GrpcServerCodeLocationOrigin(host="localhost", socket="-", location_name=LOCATION)
    return RemoteRepositoryOrigin(place, SINGLETON_REPOSITORY_NAME).get_job_origin(job)


def _aside(workspace: Workspace, error: Exception) -> str:
    """Dagster's records could not be written. If a database of theirs is damaged it is moved aside, and made anew."""
    names = set_damaged_aside(workspace.paths.instance)
    if not names:
        return (
            f"Dagster could not record this build in {workspace.paths.instance.name} ({type(error).__name__}); "
            "what was built is whole. `cohesion ui` shows the build before."
        )
    return f"{damaged_words(names)} What was built is whole, and the next build begins a new record."
