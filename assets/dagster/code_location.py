"""Everything Dagster knows of a workspace: the graph, its jobs, its sensor and its schedule."""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from assets.building import Running, plan_build
from assets.dagster.arrivals import deposit_sensor, nightly
from assets.dagster.databases import open_databases
from assets.dagster.freshness import freshness_checks
from assets.dagster.graph import graph
from assets.engine.code import Code
from assets.engine.node import Node
from assets.engine.plan import Plan, version_of
from assets.engine.report import Report
from assets.engine.workspace import Workspace
from assets.nodes import all_nodes
from assets.nodes.preview import as_text
from pipeline.specs import Project


def definitions(workspace: Workspace) -> dg.Definitions:
    """Everything Dagster needs to know of a workspace."""
    nodes = all_nodes(workspace)
    code = Code(cache=workspace.paths.code_cache)
    versions = {node.name: version_of(node, code) for node in nodes}

    def reports(context: dg.AssetExecutionContext) -> Iterator[Report]:
        with open_databases(), Running(workspace, plan_of(context, nodes, workspace)) as running:
            yield from running.reports()

    everything = dg.define_asset_job("build_all", selection="*", description="Builds what is due, of every study.")
    jobs = study_jobs(workspace.project)
    return dg.Definitions(
        assets=[graph(nodes, versions, workspace.paths, reports)],
        asset_checks=freshness_checks(workspace),
        jobs=[everything, *jobs.values()],
        schedules=[nightly(nodes, workspace, everything)],
        sensors=[deposit_sensor(nodes, workspace, jobs)],
        executor=dg.in_process_executor,
    )


def plan_of(context: dg.AssetExecutionContext, nodes: list[Node], workspace: Workspace) -> Plan:
    """What a run does: a job builds what is due of its assets; assets materialised by name are made anew."""
    selected = {tuple(key.path) for key in context.selected_asset_keys}
    chosen = [node for node in nodes if selected.intersection(node.keys)]
    is_job = context.run.job_name.startswith("build_")
    patterns = ["/".join(node.keys[0]) for node in chosen]
    studies = sorted({node.study for node in chosen}) if not is_job else []
    return plan_build(workspace, studies, patterns, force=not is_job, nodes=nodes)


def study_jobs(project: Project) -> dict[str, Any]:
    """Study → the job that builds what is due of it."""
    return {
        study: dg.define_asset_job(
            f"build_{study}",
            selection=dg.AssetSelection.tag("study", study) | dg.AssetSelection.tag("study", "all"),
            description=as_text(f"Builds what is due of {declared.about.short_title}."),
        )
        for study, declared in project.studies.items()
    }
