"""The graph as Dagster sees it: every table an asset with its checks; one step, in which the engine builds them."""

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence

import dagster as dg

from assets.commands.progress import set_apart
from assets.dagster.descriptions import about_asset, pages_of
from assets.dagster.events import about, described, events_of, metadata_of, severity
from assets.dagster.runs import note_trouble
from assets.dagster.words import CHECKS, GROUPS, OWNERS
from assets.engine.node import Node
from assets.engine.report import Report, checks_of
from assets.nodes.preview import as_text
from pipeline.paths import Paths

log = logging.getLogger("cohesion")
STEP = "build"
Context = dg.AssetExecutionContext | dg.OpExecutionContext
Reports = Callable[[dg.AssetExecutionContext], Iterable[Report]]


def graph(nodes: Sequence[Node], versions: dict[str, str], paths: Paths, reports: Reports) -> dg.AssetsDefinition:
    """All nodes as the assets of one step. ``reports(context)`` builds what is selected and yields each report."""
    pages = pages_of(nodes)

    @dg.multi_asset(
        name=STEP,
        specs=[spec for node in nodes for spec in _specs(node, versions[node.name], paths, pages.get(node.name, ""))],
        check_specs=[check for node in nodes for check in _check_specs(node)],
        can_subset=True,
    )
    def build(context: dg.AssetExecutionContext) -> Iterator[object]:
        known = {node.name: node for node in nodes}
        for report in watched(context, reports(context)):
            node = known[report.node]
            yield from _asked_for(report, node, paths, context)
            for event in _beside(report, node, versions[node.name], paths, context):
                context.instance.report_runless_asset_event(event)

    return build


def watched(context: Context, reports: Iterable[Report]) -> Iterator[Report]:
    """Each report of a run's build, written to its log. Raises ``dagster.Failure`` at the end if something failed."""
    failed, troubles = [], set()
    for report in reports:
        if report.message:
            troubles.add(report.trouble)
            failed.append(f"{report.node}: {report.message}")
            log.error("✗ %s: %s", report.node, report.message)
            context.log.error(failed[-1])
        elif not report.is_current:
            context.log.info(report_line(report))
        yield report
    if failed:
        note_trouble(context.instance, context.run.run_id, troubles)
        raise dg.Failure(description="\n".join(failed), allow_retries=False)


def _specs(node: Node, version: str, paths: Paths, page: str) -> list[dg.AssetSpec]:
    return [
        dg.AssetSpec(
            list(key),
            deps=[list(needed) for needed in node.needs],
            group_name=GROUPS[node.group],
            description=about_asset(node, key, paths, page),
            owners=OWNERS,
            kinds=set(node.kinds),
            tags={"study": node.study},
            code_version=version,
        )
        for key in node.keys
    ]


def _check_specs(node: Node) -> list[dg.AssetCheckSpec]:
    contract = [
        dg.AssetCheckSpec(name, asset=list(key), description=text, blocking=True)
        for key in node.keys
        for name, text in checks_of(node.group).items()
    ]
    extra = [
        dg.AssetCheckSpec(name, asset=list(node.keys[0]), description=CHECKS[name].holds, blocking=True)
        for name in node.checks
    ]
    reported = [
        dg.AssetCheckSpec(name, asset=list(node.keys[0]), description=as_text(text), blocking=False)
        for name, text in node.remarks.items()
    ]
    return [*contract, *extra, *reported]


def _asked_for(report: Report, node: Node, paths: Paths, context: dg.AssetExecutionContext) -> Iterator[object]:
    """What Dagster records of a report: only of the tables and checks that were asked for."""
    for check in report.checks:
        key = dg.AssetKey(list(check.key))
        if dg.AssetCheckKey(key, check.name) in context.selected_asset_check_keys:
            yield dg.AssetCheckResult(
                asset_key=key,
                check_name=check.name,
                passed=check.passed,
                severity=severity(check),
                description=described(check),
                metadata=about(check, node, paths),
            )
    if report.message or report.is_current:
        return
    for table in report.tables:
        key = dg.AssetKey(list(table.key))
        if key in context.selected_asset_keys:
            version = dg.DataVersion(table.sha256[:16])
            yield dg.MaterializeResult(asset_key=key, metadata=metadata_of(table, node, paths), data_version=version)


def report_line(report: Report) -> str:
    """A node that was made, in one line of a run's log."""
    table = report.tables[0]
    return f"{report.node}: {table.rows:,} rows{set_apart(table)}, {report.seconds:.2f} s"


def _beside(
    report: Report, node: Node, version: str, paths: Paths, context: dg.AssetExecutionContext
) -> Iterator[dg.AssetMaterialization | dg.AssetCheckEvaluation]:
    """What Dagster is to know of tables that nobody asked for by name, and that had to be made for those asked for."""
    if report.is_current:
        return
    for event in events_of(report, node, version, paths):
        if event.asset_key not in context.selected_asset_keys:
            yield event
