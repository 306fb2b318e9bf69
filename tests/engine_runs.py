"""Builds for tests: the same engine as everywhere, in this process."""

from collections.abc import Callable, Iterator
from pathlib import Path

import dagster as dg

from assets.building import Running, prepare
from assets.dagster.graph import graph
from assets.engine.node import Node
from assets.engine.plan import Plan, make_plan
from assets.engine.report import Report
from assets.engine.workspace import Workspace
from assets.nodes import all_nodes
from pipeline.paths import Paths
from pipeline.specs import load_project


def workspace_of(root: Path) -> Workspace:
    return Workspace(Paths(root), load_project(Paths(root)))


def plan_of(root: Path, wanted: Callable[[Node], bool] = lambda node: not node.tolerant, force: bool = False) -> Plan:
    """What is due of the wanted nodes and of all that they need."""
    workspace = workspace_of(root)
    prepare(workspace)
    nodes = all_nodes(workspace)
    chosen = [node for node in nodes if wanted(node)]
    return make_plan(workspace, nodes, chosen, forced=frozenset(node.name for node in chosen if force))


def run(root: Path, plan: Plan) -> dict[str, Report]:
    """The reports of what was made, by node; what came out as it was is left out."""
    with Running(workspace_of(root), plan, workers=0) as running:
        return {report.node: report for report in running.reports() if not report.is_current}


def build(
    root: Path, wanted: Callable[[Node], bool] = lambda node: not node.tolerant, force: bool = False
) -> dict[str, Report]:
    """Make what is due of the wanted nodes, or with ``force`` all of them, and of all that they need."""
    return run(root, plan_of(root, wanted, force))


def is_early(node: Node) -> bool:
    """Of the stages before anything is computed from answers."""
    return node.group in ("ingest", "harmonise")


def in_dagster(root: Path, name: str) -> dg.ExecuteInProcessResult:
    """A run of one node, with all that it needs, in which Dagster records that node."""
    plan = plan_of(root, lambda node: node.name == name)
    node = next(node for node in plan.nodes if node.name == name)

    def reports(_: dg.AssetExecutionContext) -> Iterator[Report]:
        yield from (report for report in run(root, plan).values() if report.node == name)

    return dg.materialize(
        [graph([node], {name: plan.states[name].version}, Paths(root), reports)],
        instance=dg.DagsterInstance.ephemeral(),
        raise_on_error=False,
        run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
    )
