"""The graph as Dagster sees it: every node an asset, with its checks, schema, counts and preview."""

import base64
import logging
from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet
from pathlib import Path

import dagster as dg

from assets.graph import Node, Workspace
from assets.nodes import all_nodes
from assets.report import Report, TableReport, checks_of
from assets.run import attempt
from pipeline.specs import Project

log = logging.getLogger("cohesion")
OWNERS = ["team:panel-research"]
EXTRA_CHECKS = {
    "confirmed": "Somebody has confirmed these bytes as the wave: their SHA-256 stands in its declaration.",
    "accounting": "Received = valued + missing by reason, for every item of every wave.",
    "weights": "Positive, finite, of mean one; margins met; replicates whole; who has none has a reason.",
    "linked": "No wave is without anybody known from the waves before.",
    "unchanged": "No answer that somebody gave is replaced by an imputed one.",
    "in_range": "Every imputed value lies in the range of its measure.",
    "mixed": "The chains of imputation agree with each other: R-hat of their means is at most 1.5.",
    "decided": "Somebody has decided about every finding that stops a wave from being loaded.",
}
Runner = Callable[[Node], Report]


def asset_of(node: Node, run: Runner) -> dg.AssetsDefinition:
    """One node as a Dagster asset, or several assets made in one step. ``run`` gives the node's report."""
    specs = [
        dg.AssetSpec(
            list(key),
            deps=[list(needed) for needed in node.inputs],
            group_name=node.group,
            description=node.description,
            owners=OWNERS,
            kinds=set(node.kinds),
            tags={"study": node.study},
            code_version=node.version,
        )
        for key in node.keys
    ]

    @dg.multi_asset(
        name="__".join(node.keys[0]),
        specs=specs,
        check_specs=_check_specs(node),
        op_tags={"study": node.study},
        can_subset=len(specs) > 1,  # the tables are made together, but staff may ask for one of them
    )
    def step(context: dg.AssetExecutionContext) -> Iterator[object]:
        yield from _events(run(node), context.selected_asset_keys, context.selected_asset_check_keys)

    return step


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
    told = [
        dg.AssetCheckSpec(name, asset=list(node.keys[0]), description=text, blocking=False)
        for name, text in node.remarks.items()
    ]
    return [*contract, *extra, *told]


def _events(
    report: Report, selected: AbstractSet[dg.AssetKey], checks: AbstractSet[dg.AssetCheckKey]
) -> Iterator[object]:
    """What Dagster is told of a report: only of the tables and checks that were asked for."""
    for check in report.checks:
        key = dg.AssetKey(list(check.key))
        if dg.AssetCheckKey(key, check.name) in checks:
            described = "; ".join(check.found) or None
            severity = dg.AssetCheckSeverity.WARN if check.severity == "warning" else dg.AssetCheckSeverity.ERROR
            yield dg.AssetCheckResult(
                asset_key=key, check_name=check.name, passed=check.passed, severity=severity, description=described
            )
    if report.message:
        log.error("%s %s: %s", "–" if report.held else "✗", report.node, report.message, extra={"node": report.node})
        raise dg.Failure(description=report.message, allow_retries=False)
    rows = report.tables[0].rows
    told = f"{rows:,} rows{_apart(report.tables[0])}"
    log.info("✓ %s: %s, %.2f s", report.node, told, report.seconds, extra={"node": report.node})
    for table in report.tables:
        key = dg.AssetKey(list(table.key))
        if key in selected:
            yield dg.MaterializeResult(
                asset_key=key, metadata=_metadata(table), data_version=dg.DataVersion(report.fingerprint)
            )


def _apart(table: TableReport) -> str:
    """What of a wave's rows, or of a study's answers, is not used: said on the line of the build, if there is any."""
    places = str(table.metadata.get("accounting", "")).split("; ")
    told = [place for place in places if place.startswith(("quarantined", "set aside"))]
    answers = table.metadata.get("answers_set_aside", 0)
    told += [f"answers set aside: {answers:,}"] if answers else []
    return f" ({'; '.join(told)})" if told else ""


def _metadata(table: TableReport) -> dict[str, dg.MetadataValue]:
    columns = [dg.TableColumn(name, dtype, limits or None) for name, dtype, limits in table.columns]
    shown: dict[str, dg.MetadataValue] = {
        "dagster/row_count": dg.MetadataValue.int(table.rows),
        "dagster/column_schema": dg.MetadataValue.table_schema(dg.TableSchema(columns=columns)),
    }
    return shown | {name: _value(name, value) for name, value in table.metadata.items()}


def _value(name: str, value: object) -> dg.MetadataValue:
    if isinstance(value, Path):
        return _file(name, value)
    if isinstance(value, bool | int):
        return dg.MetadataValue.int(int(value))
    if isinstance(value, float):
        return dg.MetadataValue.float(value)
    text = str(value)
    return dg.MetadataValue.md(text) if "\n" in text else dg.MetadataValue.text(text)


def _file(name: str, file: Path) -> dg.MetadataValue:
    if name == "preview":
        content = base64.b64encode(file.read_bytes()).decode()
        return dg.MetadataValue.md(f"![figure](data:image/png;base64,{content})")
    return dg.MetadataValue.url(file.as_uri()) if name == "paper" else dg.MetadataValue.path(str(file))


def definitions(workspace: Workspace) -> dg.Definitions:
    """Everything Dagster needs to know of a workspace."""
    from assets.arrivals import deposit_sensor, nightly
    from assets.freshness import freshness_checks

    nodes = all_nodes(workspace.project)
    return dg.Definitions(
        assets=[asset_of(node, lambda node: attempt(node, workspace)) for node in nodes],
        asset_checks=freshness_checks(workspace),
        jobs=[dg.define_asset_job("build_all", selection="*"), *_study_jobs(workspace.project)],
        schedules=[nightly()],
        sensors=[deposit_sensor(nodes, workspace)],
        executor=dg.in_process_executor,
    )


def _study_jobs(project: Project) -> list[object]:
    return [
        dg.define_asset_job(f"build_{study}", selection=dg.AssetSelection.tag("study", study))
        for study in project.studies
    ]
