"""Builds for tests: the same engine as everywhere, in this process."""

import shutil
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


def outputs(root: Path) -> dict[str, bytes]:
    """Every table and every file that was made, by its path; records hold times, and are left out."""
    paths = Paths(root)
    files = (*paths.warehouse.rglob("*.parquet"), *paths.build.rglob("*"), *paths.quarantine.rglob("*"))
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in sorted(files) if path.is_file()}


def unbuilt(root: Path, copy: Path) -> Path:
    """A root with the same declarations, deposits and key, in which nothing was made.

    Deliveries that were replaced are originals too: nothing can make them again, and reports compare with them.
    """
    for part in ("data/studies", "data/raw", "data/kept", "data/keys", "reports"):
        if (root / part).exists():
            shutil.copytree(root / part, copy / part, ignore=shutil.ignore_patterns("build"))
    shutil.copy2(root / "data" / "concepts.yaml", copy / "data" / "concepts.yaml")
    return copy


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
