"""The books of a build from the command line: a run in Dagster's instance, with every asset and check as it ends."""

import logging
import sqlite3
import time
from collections.abc import Iterable, Iterator

import dagster as dg

from assets.building import Running
from assets.dagster.databases import open_databases
from assets.dagster.graph import graph
from assets.dagster.instance import prepare_instance
from assets.engine.plan import Plan
from assets.engine.report import Report
from assets.engine.workspace import Workspace
from pipeline.errors import CohesionError


def keep_books(workspace: Workspace, plan: Plan, running: Running) -> list[str]:
    """Record the build while it runs. What is built does not depend on it: trouble with the books is returned in words.

    Raises ``CohesionError`` if the build itself cannot go on.
    """
    reports = _Once(running.reports())
    try:
        with open_databases(), _instance(workspace) as instance:
            _materialise(workspace, plan, reports, instance)
    except CohesionError:
        raise
    except Exception as error:  # the books are Dagster's own: whatever ails them, the build goes on
        for _ in reports:
            pass
        return [_aside(workspace, error)]
    for _ in reports:
        pass
    return []


class _Once:
    """An iterator that can be taken up again where it was left, and that keeps what ended it."""

    def __init__(self, reports: Iterator[Report]) -> None:
        self._reports = reports
        self.error: CohesionError | None = None

    def __iter__(self) -> Iterator[Report]:
        if self.error is not None:
            raise self.error
        try:
            yield from self._reports
        except CohesionError as error:
            self.error = error
            raise


def _instance(workspace: Workspace) -> dg.DagsterInstance:
    prepare_instance(workspace.paths.instance)
    for name in ("dagster", "alembic", "sqlalchemy"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    return dg.DagsterInstance.get()


def _materialise(workspace: Workspace, plan: Plan, reports: "_Once", instance: dg.DagsterInstance) -> None:
    concerned = [node for node in plan.nodes if node.name in plan.due | plan.following]
    versions = {node.name: plan.states[node.name].version for node in concerned}

    def as_they_come(_: dg.AssetExecutionContext) -> Iterable[Report]:
        return reports

    dg.materialize(
        [graph(concerned, versions, workspace.paths, as_they_come)],
        instance=instance,
        raise_on_error=False,
        run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
        tags={"cohesion/from": "command line"},
    )
    if reports.error is not None:
        raise reports.error


def _aside(workspace: Workspace, error: Exception) -> str:
    """Dagster's records could not be written. If a database of theirs is damaged it is moved aside, and made anew."""
    folder = workspace.paths.instance
    damaged = [file for file in sorted(folder.rglob("*.db")) if not _opens(file)]
    if not damaged:
        return (
            f"Dagster could not record this build in {folder.name} ({type(error).__name__}); what was built is whole. "
            "`cohesion ui` shows the build before."
        )
    stamp = time.strftime("%Y%m%d-%H%M%S")
    for file in damaged:
        file.rename(file.with_name(f"{file.name}.damaged-{stamp}"))
    names = ", ".join(file.relative_to(workspace.paths.root).as_posix() for file in damaged)
    return (
        f"{names}: a record of Dagster's was damaged and has been moved aside; what was built is whole, and the next "
        "build begins a new record."
    )


def _opens(file: object) -> bool:
    try:
        with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as connection:
            return bool(connection.execute("pragma quick_check(1)").fetchone()[0] == "ok")
    except sqlite3.DatabaseError:
        return False
