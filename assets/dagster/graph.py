"""The graph as Dagster sees it: every table an asset with its checks; one step, in which the engine builds them."""

import base64
import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet

import dagster as dg
from dagster._core.definitions.data_version import (
    CODE_VERSION_TAG,
    DATA_VERSION_TAG,
    NULL_EVENT_POINTER,
    get_input_data_version_tag,
    get_input_event_pointer_tag,
)

from assets.commands.progress import set_apart
from assets.engine import store
from assets.engine.node import Node, flat
from assets.engine.report import Check, Report, TableReport, checks_of
from assets.nodes.preview import as_text
from pipeline.paths import Paths
from pipeline.texts import visible

log = logging.getLogger("cohesion")
OWNERS = ["team:panel-research"]
STEP = "build"
MARKDOWN = ("sql", "estimates", "convergence")
"""Metadata that nodes write as Markdown (``assets/nodes/preview.py``)."""
EXTRA_CHECKS = {
    "confirmed": "Somebody has confirmed these bytes as the wave: their SHA-256 stands in its declaration.",
    "accounting": "Received = valued + missing by reason, for every item of every wave.",
    "weights": "Positive, finite, of mean one; margins met; replicates whole; who has none has a reason.",
    "linked": "No wave is without anybody linked with the waves before.",
    "unchanged": "No answer that somebody gave is replaced by an imputed one.",
    "in_range": "Every imputed value lies in the range of its measure.",
    "mixed": "The chains of imputation agree with each other: R-hat of their means is at most 1.5.",
    "decided": "Somebody has decided about every finding that stops a wave from being loaded.",
}
Reports = Callable[[dg.AssetExecutionContext], Iterable[Report]]


def graph(nodes: Sequence[Node], versions: dict[str, str], paths: Paths, reports: Reports) -> dg.AssetsDefinition:
    """All nodes as the assets of one step. ``reports(context)`` builds what is selected and yields each report."""

    @dg.multi_asset(
        name=STEP,
        specs=[spec for node in nodes for spec in _specs(node, versions[node.name])],
        check_specs=[check for node in nodes for check in _check_specs(node)],
        can_subset=True,
    )
    def build(context: dg.AssetExecutionContext) -> Iterator[object]:
        known = {node.name: node for node in nodes}
        failed = []
        for report in reports(context):
            if report.message:
                failed.append(f"{report.node}: {report.message}")
                log.error("✗ %s: %s", report.node, report.message)
                context.log.error(failed[-1])
            node = known[report.node]
            yield from _events(report, node, paths, context)
            for event in _beside(report, node, versions[node.name], paths, context):
                context.instance.report_runless_asset_event(event)
        if failed:
            raise dg.Failure(description="\n".join(failed), allow_retries=False)

    return build


def _specs(node: Node, version: str) -> list[dg.AssetSpec]:
    return [
        dg.AssetSpec(
            list(key),
            deps=[list(needed) for needed in node.needs],
            group_name=node.group,
            description=as_text(node.description),
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
        dg.AssetCheckSpec(name, asset=list(node.keys[0]), description=EXTRA_CHECKS[name], blocking=True)
        for name in node.checks
    ]
    reported = [
        dg.AssetCheckSpec(name, asset=list(node.keys[0]), description=as_text(text), blocking=False)
        for name, text in node.remarks.items()
    ]
    return [*contract, *extra, *reported]


def _events(report: Report, node: Node, paths: Paths, context: dg.AssetExecutionContext) -> Iterator[object]:
    """What Dagster records of a report: only of the tables and checks that were asked for."""
    yield from _checks(report, context.selected_asset_check_keys)
    if report.message or report.is_current:
        return
    context.log.info(
        f"{report.node}: {report.tables[0].rows:,} rows{set_apart(report.tables[0])}, {report.seconds:.2f} s"
    )
    for table in report.tables:
        key = dg.AssetKey(list(table.key))
        if key in context.selected_asset_keys:
            shown = _metadata(table) | (_files(node, paths) if table.key == node.keys[0] else {})
            yield dg.MaterializeResult(asset_key=key, metadata=shown, data_version=dg.DataVersion(table.sha256[:16]))


def _beside(
    report: Report, node: Node, version: str, paths: Paths, context: dg.AssetExecutionContext
) -> Iterator[dg.AssetMaterialization | dg.AssetCheckEvaluation]:
    """What Dagster is to know of tables that nobody asked for by name, and that had to be made for those asked for."""
    if report.is_current:
        return
    tables = [table for table in report.tables if dg.AssetKey(list(table.key)) not in context.selected_asset_keys]
    for table in tables if not report.message else ():
        tags = {DATA_VERSION_TAG: table.sha256[:16], CODE_VERSION_TAG: version, **_inputs(node, paths)}
        yield dg.AssetMaterialization(list(table.key), metadata=_metadata(table), tags=tags)
    beside = {table.key for table in tables}
    for check in report.checks:
        if check.key in beside:
            yield dg.AssetCheckEvaluation(
                asset_key=dg.AssetKey(list(check.key)),
                check_name=check.name,
                passed=check.passed,
                severity=_severity(check),
                description=as_text("; ".join(check.found)) or None,
            )


def _inputs(node: Node, paths: Paths) -> dict[str, str]:
    """Tags that say from which version of each input a node was made, as Dagster writes them for what a run made."""
    record = store.record(paths, node)
    read = record.inputs if record is not None else {}
    keys = {dg.AssetKey(list(key)): read[name] for name, key in flat(node.inputs) if name in read}
    versions = {get_input_data_version_tag(key): sha256[:16] for key, sha256 in keys.items()}
    return versions | {get_input_event_pointer_tag(key): NULL_EVENT_POINTER for key in keys}


def _severity(check: Check) -> dg.AssetCheckSeverity:
    return dg.AssetCheckSeverity.WARN if check.severity == "warning" else dg.AssetCheckSeverity.ERROR


def _checks(report: Report, selected: AbstractSet[dg.AssetCheckKey]) -> Iterator[dg.AssetCheckResult]:
    for check in report.checks:
        key = dg.AssetKey(list(check.key))
        if dg.AssetCheckKey(key, check.name) in selected:
            described = as_text("; ".join(check.found)) or None
            yield dg.AssetCheckResult(
                asset_key=key,
                check_name=check.name,
                passed=check.passed,
                severity=_severity(check),
                description=described,
            )


def _metadata(table: TableReport) -> dict[str, dg.MetadataValue]:
    columns = [dg.TableColumn(name, dtype, limits or None) for name, dtype, limits in table.columns]
    shown: dict[str, dg.MetadataValue] = {
        "dagster/row_count": dg.MetadataValue.int(table.rows),
        "dagster/column_schema": dg.MetadataValue.table_schema(dg.TableSchema(columns=columns)),
    }
    return shown | {name: _value(name, value) for name, value in table.metadata.items()}


def _value(name: str, value: object) -> dg.MetadataValue:
    """A number, or text; Markdown only where a node made it so, since names of files may hold anything."""
    if isinstance(value, bool | int):
        return dg.MetadataValue.int(int(value))
    if isinstance(value, float):
        return dg.MetadataValue.float(value)
    text = str(value)
    return dg.MetadataValue.md(text) if name in MARKDOWN else dg.MetadataValue.text(visible(text))


def _files(node: Node, paths: Paths) -> dict[str, dg.MetadataValue]:
    """Where the files of a node lie, a figure as its picture; nothing of those for the owner alone."""
    shown: dict[str, dg.MetadataValue] = {}
    for name, file in node.files.items():
        path = paths.root / file.path
        if file.private or not path.is_file():
            continue
        shown[name] = dg.MetadataValue.url(path.as_uri()) if file.is_page else dg.MetadataValue.path(str(path))
        if name == "png":
            content = base64.b64encode(path.read_bytes()).decode()
            shown["preview"] = dg.MetadataValue.md(f"![figure](data:image/png;base64,{content})")
    return shown
