"""The graph as Dagster sees it: every node an asset, with its checks, schema, counts and preview."""

import base64
import logging
import os
import traceback
from collections.abc import Iterator
from pathlib import Path

import dagster as dg

from assets.checks import checks_of
from assets.graph import Key, Node, Workspace
from assets.nodes import all_nodes
from assets.run import Done, run_node
from pipeline.errors import CohesionError

log = logging.getLogger("cohesion")
OWNERS = ["team:panel-research"]
EXTRA_CHECKS = {"accounting": "Received = valued + missing by reason, for every item of every wave."}


def asset_of(node: Node, workspace: Workspace) -> dg.AssetsDefinition:
    """One node as a Dagster asset, or several assets made in one step."""
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
        name="__".join(node.keys[0]), specs=specs, check_specs=_check_specs(node), op_tags={"study": node.study}
    )
    def step() -> Iterator[object]:
        try:
            done = run_node(node, workspace)
        except CohesionError as error:
            raise _failure(node, str(error)) from None
        except Exception as error:
            if "COHESION_DEBUG" in os.environ:
                traceback.print_exc()
            raise _failure(node, _defect(error)) from None
        yield from _report(node, done)

    return step


def _failure(node: Node, message: str) -> dg.Failure:
    log.error("✗ %s: %s", node.name, message, extra={"node": node.name})
    return dg.Failure(description=message, allow_retries=False)


def _defect(error: Exception) -> str:
    """Where an unforeseen error arose. Its own text is left out: a library may have put an answer into it."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    kind, module = type(error).__name__, "/".join(Path(place.filename).parts[-3:])
    return (
        f"a defect in the pipeline, not in your data as such: {kind} in {module}, line {place.lineno}. "
        "Please report this line; COHESION_DEBUG=1 shows the whole trace, which may hold answers."
    )


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
    return [*contract, *extra]


def _report(node: Node, done: Done) -> Iterator[object]:
    for check in done.checks:
        yield dg.AssetCheckResult(
            asset_key=list(check.key),
            check_name=check.name,
            passed=check.passed,
            description="; ".join(check.found) or None,
        )
    if done.failed:
        found = "; ".join(f"{'/'.join(check.key)}: {', '.join(check.found)}" for check in done.failed)
        raise _failure(node, f"a check failed, nothing was stored. {found}")
    rows = done.output.tables[node.keys[0]].height
    log.info("✓ %s: %s rows, %.2f s", node.name, f"{rows:,}", done.seconds, extra={"node": node.name})
    for key in node.keys:
        yield dg.MaterializeResult(
            asset_key=list(key), metadata=_metadata(key, done), data_version=dg.DataVersion(done.fingerprint)
        )


def _metadata(key: Key, done: Done) -> dict[str, dg.MetadataValue]:
    frame = done.output.tables[key]
    schema = done.output.schemas.get(key)
    described = schema.columns() if schema else {}
    columns = [dg.TableColumn(name, str(dtype), _describe(described.get(name))) for name, dtype in frame.schema.items()]
    found: dict[str, dg.MetadataValue] = {
        "dagster/row_count": dg.MetadataValue.int(frame.height),
        "dagster/column_schema": dg.MetadataValue.table_schema(dg.TableSchema(columns=columns)),
    }
    for name, value in done.output.metadata.get(key, {}).items():
        found[name] = _value(name, value)
    return found


def _describe(column: object) -> str | None:
    if column is None:
        return None
    low, high = getattr(column, "min", None), getattr(column, "max", None)
    limits = [f"at least {low:g}"] if low is not None else []
    limits += [f"at most {high:g}"] if high is not None else []
    return ", ".join(limits) or None


def _value(name: str, value: object) -> dg.MetadataValue:
    if name == "preview":
        content = base64.b64encode(value.read_bytes()).decode()  # type: ignore[attr-defined]
        return dg.MetadataValue.md(f"![figure](data:image/png;base64,{content})")
    if hasattr(value, "as_uri"):
        return dg.MetadataValue.url(value.as_uri()) if name == "paper" else dg.MetadataValue.path(str(value))
    if isinstance(value, bool | int | float):
        return dg.MetadataValue.float(value) if isinstance(value, float) else dg.MetadataValue.int(int(value))
    text = str(value)
    return dg.MetadataValue.md(text) if "\n" in text else dg.MetadataValue.text(text)


def definitions(workspace: Workspace) -> dg.Definitions:
    """Everything Dagster needs to know of a workspace."""
    nodes = all_nodes(workspace.project)
    studies = list(workspace.project.studies)
    jobs = [dg.define_asset_job(f"build_{study}", selection=dg.AssetSelection.tag("study", study)) for study in studies]
    return dg.Definitions(
        assets=[asset_of(node, workspace) for node in nodes],
        jobs=[dg.define_asset_job("build_all", selection="*"), *jobs],
        executor=dg.in_process_executor,
    )
