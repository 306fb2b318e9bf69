"""A build inside a run of a job: what is due is planned, and each table and check is recorded as it ends."""

import logging
from collections.abc import Iterable, Iterator

import dagster as dg
from dagster._core.events import AssetMaterializationPlannedData, DagsterEvent

from assets.dagster.events import Event, events_of
from assets.dagster.graph import watched
from assets.engine.node import Node
from assets.engine.plan import Plan
from assets.engine.report import Report
from pipeline.paths import Paths


def recorded(context: dg.OpExecutionContext, plan: Plan, paths: Paths, reports: Iterable[Report]) -> Iterator[Event]:
    """The events of a build as it runs. Raises ``dagster.Failure`` at its end if something could not be built."""
    _announce(context, [node for node in plan.nodes if node.name in plan.due | plan.following])
    nodes = {node.name: node for node in plan.nodes}
    for report in watched(context, reports):
        yield from events_of(report, nodes[report.node], plan.states[report.node].version, paths)


def _announce(context: dg.OpExecutionContext, nodes: Iterable[Node]) -> None:
    """What may be made is shown as under way, and as failed where it is not made."""
    for node in nodes:
        for key in node.keys:
            planned = DagsterEvent.build_asset_materialization_planned_event(
                context.job_name, context.op_handle.name, AssetMaterializationPlannedData(dg.AssetKey(list(key)))
            )
            context.instance.report_dagster_event(planned, context.run.run_id, logging.DEBUG)
