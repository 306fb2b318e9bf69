"""Everything Dagster knows of a workspace: the graph, its jobs, its sensor and its schedule."""

from collections.abc import Iterator

import dagster as dg

from assets.building import Running, plan_build
from assets.dagster.alive import hold
from assets.dagster.arrivals import deposit_sensor, nightly
from assets.dagster.databases import open_databases
from assets.dagster.declared import Declared
from assets.dagster.digest import digest_sensor
from assets.dagster.freshness import freshness_checks
from assets.dagster.graph import graph
from assets.dagster.jobs import people_jobs
from assets.dagster.plain import speak_plainly
from assets.dagster.retention import old_runs
from assets.engine.code import Code
from assets.engine.node import Node
from assets.engine.plan import Plan, version_of
from assets.engine.report import Report
from assets.engine.workspace import Workspace
from assets.nodes import all_nodes
from assets.web.job_names import STUDY


def definitions(loaded: Declared) -> dg.Definitions:
    """Everything Dagster needs to know of the studies that are declared without a mistake."""
    workspace = loaded.workspace
    speak_plainly()
    nodes = all_nodes(workspace)
    code = Code(cache=workspace.paths.code_cache)
    versions = {node.name: version_of(node, code) for node in nodes}

    def reports(context: dg.AssetExecutionContext) -> Iterator[Report]:
        hold(context.instance, context.run.run_id)
        with open_databases(), Running(workspace, plan_of(context, nodes, workspace)) as running:
            yield from running.reports()

    jobs = {job.name: job for job in people_jobs(workspace.project, workspace.paths)}
    return dg.Definitions(
        assets=[graph(nodes, versions, workspace.paths, reports)],
        asset_checks=freshness_checks(workspace),
        jobs=list(jobs.values()),
        schedules=[nightly(workspace.paths, jobs[STUDY])],
        sensors=[
            deposit_sensor(loaded, list(jobs.values())),
            digest_sensor(workspace.paths),
            old_runs(workspace.paths),
        ],
        executor=dg.in_process_executor,
    )


def plan_of(context: dg.AssetExecutionContext, nodes: list[Node], workspace: Workspace) -> Plan:
    """What a run does whose assets were materialised by name: they are made anew, what they need if it is due."""
    selected = {tuple(key.path) for key in context.selected_asset_keys}
    chosen = [node for node in nodes if selected.intersection(node.keys)]
    patterns = ["/".join(node.keys[0]) for node in chosen]
    return plan_build(workspace, sorted({node.study for node in chosen}), patterns, force=True, nodes=nodes)
