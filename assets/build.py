"""A build from the command line: what is stale, in build order, with a line for each asset."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field

from assets.fingerprints import stale
from assets.graph import Node, Workspace, ancestors, select
from assets.instance import prepare_instance
from assets.nodes import all_nodes
from assets.report import Report
from assets.run import attempt
from assets.worker import CAN_FORK, Worker

log = logging.getLogger("cohesion")


@dataclass
class Plan:
    """What a build will do."""

    nodes: list[Node]
    due: list[Node]
    waiting: dict[str, str] = field(default_factory=dict)  # study → why it cannot be built


def plan(workspace: Workspace, studies: Sequence[str], patterns: Sequence[str], force: bool) -> Plan:
    """The chosen nodes with all that they depend on, and which of them are due."""
    nodes = all_nodes(workspace.project)
    waiting = {} if studies else _without_deposits(workspace)
    chosen = select(nodes, patterns) if patterns else nodes
    chosen = [node for node in chosen if (not studies or node.study in studies) and node.study not in waiting]
    wanted = ancestors(nodes, chosen)
    nodes = [node for node in nodes if node.name in wanted]
    return Plan(nodes, nodes if force else stale(nodes, workspace), waiting)


def _without_deposits(workspace: Workspace) -> dict[str, str]:
    found = {}
    for study in workspace.project.studies.values():
        folder = workspace.deposit_folder(study)
        if not workspace.uses_sample(study) and not folder.is_dir():
            found[study.key] = f"no deposits in {_short(workspace, folder)} (`deposits` in study.yaml may say where)"
    return found


def _short(workspace: Workspace, folder: object) -> str:
    return str(folder).removeprefix(f"{workspace.paths.root}/")


def execute(workspace: Workspace, due: Sequence[Node]) -> dict[str, str]:
    """Materialise the nodes; returns node → message for those that failed. Others still build."""
    worker = Worker(workspace, due) if CAN_FORK else None
    prepare_instance(workspace.paths.instance)
    import dagster as dg

    from assets.wiring import asset_of

    def run(node: Node) -> Report:
        return worker.report(node.name) if worker else attempt(node, workspace)

    failures = _Failures()
    log.addHandler(failures)
    try:
        with dg.DagsterInstance.get() as instance:
            result = dg.materialize(
                [asset_of(node, run) for node in due],
                instance=instance,
                raise_on_error=False,
                run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
            )
    finally:
        log.removeHandler(failures)
    if not result.success and not failures.messages:
        failures.messages["dagster"] = "✗ Dagster could not keep its books of this run; `cohesion ui` shows why."
    return failures.messages


def swap_in_database(workspace: Workspace) -> None:
    """Make the DuckDB file anew from every table that is whole."""
    from assets import store
    from assets.write import write_database

    keys = [key for node in all_nodes(workspace.project) for key in node.keys]
    write_database(workspace, [key for key in keys if store.record(workspace.paths, key)])


def database_is_current(workspace: Workspace) -> bool:
    """Whether the DuckDB file is there and younger than every table: a build may have been stopped before it."""
    database, warehouse = workspace.paths.database, workspace.paths.warehouse
    if not warehouse.exists():
        return True
    if not database.exists():
        return False
    made = database.stat().st_mtime_ns
    return all(record.stat().st_mtime_ns <= made for record in warehouse.rglob("*.json"))


class _Failures(logging.Handler):
    """Collects the one message of each failed node."""

    def __init__(self) -> None:
        super().__init__(level=logging.ERROR)
        self.messages: dict[str, str] = {}

    def emit(self, record: logging.LogRecord) -> None:
        self.messages[record.node] = record.getMessage()  # type: ignore[attr-defined]
