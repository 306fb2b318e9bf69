"""A report of the engine as Dagster records it: tables with their preview and links, checks with what is to be done."""

from collections.abc import Iterator, Mapping
from functools import lru_cache

import dagster as dg
from dagster._core.definitions.data_version import (
    CODE_VERSION_TAG,
    DATA_VERSION_TAG,
    NULL_EVENT_POINTER,
    get_input_data_version_tag,
    get_input_event_pointer_tag,
)

from assets.dagster.words import CHECKS, LOOK
from assets.engine import store
from assets.engine.node import Node, flat
from assets.engine.report import Check, Report, TableReport
from assets.nodes.comments import Comments, declared_comments
from assets.nodes.preview import FIRST_ROWS, as_text
from assets.web.links import is_report, report_link
from pipeline.errors import CohesionError, DeclarationErrors
from pipeline.paths import Paths
from pipeline.specs import load_project
from pipeline.tables.words import comments
from pipeline.texts import visible

PREVIEWS = (FIRST_ROWS, "estimates")
MARKDOWN = (*PREVIEWS, "sql", "convergence")
"""Metadata that nodes write as Markdown (``assets/nodes/preview.py``)."""
INLINE = 1000
"""Markdown of fewer signs is shown where it stands; what is longer hides behind a link."""
Event = dg.AssetMaterialization | dg.AssetCheckEvaluation


def events_of(report: Report, node: Node, version: str, paths: Paths) -> Iterator[Event]:
    """All that Dagster is to know of a report: each table that was made, and each check."""
    for check in report.checks:
        yield evaluation(check, node, paths)
    if report.message or report.is_current:
        return
    tags = {CODE_VERSION_TAG: version, **_inputs(node, paths)}
    for table in report.tables:
        yield dg.AssetMaterialization(
            list(table.key),
            metadata=metadata_of(table, node, paths),
            tags={DATA_VERSION_TAG: table.sha256[:16], **tags},
        )


def _inputs(node: Node, paths: Paths) -> dict[str, str]:
    """Tags that say from which version of each input a node was made, as Dagster writes them for what a run made."""
    record = store.record(paths, node)
    read = record.inputs if record is not None else {}
    keys = {dg.AssetKey(list(key)): read[name] for name, key in flat(node.inputs) if name in read}
    versions = {get_input_data_version_tag(key): sha256[:16] for key, sha256 in keys.items()}
    return versions | {get_input_event_pointer_tag(key): NULL_EVENT_POINTER for key in keys}


def evaluation(check: Check, node: Node, paths: Paths) -> dg.AssetCheckEvaluation:
    """A check as Dagster records it."""
    return dg.AssetCheckEvaluation(
        asset_key=dg.AssetKey(list(check.key)),
        check_name=check.name,
        passed=check.passed,
        severity=severity(check),
        description=described(check),
        metadata=about(check, node, paths),
    )


def severity(check: Check) -> dg.AssetCheckSeverity:
    return dg.AssetCheckSeverity.WARN if check.severity == "warning" else dg.AssetCheckSeverity.ERROR


def described(check: Check) -> str | None:
    """What a check found, in one paragraph; nothing where it passed."""
    return as_text("; ".join(check.found)) or None


def about(check: Check, node: Node, paths: Paths) -> Mapping[str, dg.MetadataValue]:
    """What was found, what to do, and the place in the report, of a check that did not pass."""
    if check.passed:
        return {}
    shown: dict[str, dg.MetadataValue] = {"found": _found(check)}
    words = CHECKS.get(check.name)
    todo = words.todo if words else LOOK if check.name.startswith("drift_") else ""
    if todo:
        shown["what to do"] = dg.MetadataValue.text(todo)
    anchor = f"#{check.name.removeprefix('drift_')}" if check.name.startswith("drift_") else ""
    for file in node.files.values():
        if file.is_page and not file.private and is_report(file.path) and (paths.root / file.path).is_file():
            shown["report"] = dg.MetadataValue.md(f"[Open the report]({report_link(file.path)}{anchor})")
    return shown


def _found(check: Check) -> dg.MetadataValue:
    """Each finding on a line of its own; as many as are shown without a further click, and how many there are."""
    lines: list[str] = []
    for line in (f"- {as_text(found)}" for found in check.found):
        if sum(map(len, lines)) + len(lines) + len(line) > INLINE - 40:
            break
        lines.append(line)
    if not lines:
        return dg.MetadataValue.text(visible("; ".join(check.found)))
    left = len(check.found) - len(lines)
    return dg.MetadataValue.md("\n".join([*lines, *([f"- and {left} more"] if left else [])]))


def metadata_of(table: TableReport, node: Node, paths: Paths) -> dict[str, dg.MetadataValue]:
    """What is shown with a table, the preview first: figure or page, links, counts, columns."""
    words = _column_descriptions(table, paths)
    columns = [
        dg.TableColumn(name, dtype, "; ".join(filter(None, (words[name], limits))) or None)
        for name, dtype, limits in table.columns
    ]
    shown = files_of(node, paths) if table.key == node.keys[0] else {}
    metadata = {name: _value(name, value) for name, value in table.metadata.items()}
    short = {name: value for name, value in metadata.items() if not isinstance(value, dg.MarkdownMetadataValue)}
    return {
        **shown,
        **{name: value for name, value in metadata.items() if name not in short},
        **short,
        "dagster/row_count": dg.MetadataValue.int(table.rows),
        "dagster/column_schema": dg.MetadataValue.table_schema(dg.TableSchema(columns=columns)),
    }


def _column_descriptions(table: TableReport, paths: Paths) -> dict[str, str]:
    """Column → what it holds, from the contracts and the declarations."""
    declared = _declared(paths).get("/".join(table.key), {})
    _, words = comments(table.key, [name for name, _, _ in table.columns], declared)
    return {name: visible(text) for name, text in words.items()}


@lru_cache(maxsize=4)
def _declared(paths: Paths) -> Comments:
    """What the declarations say of tables, read once: a run is a process of its own."""
    try:
        return declared_comments(load_project(paths))
    except (CohesionError, DeclarationErrors):
        return {}


def _value(name: str, value: object) -> dg.MetadataValue:
    """A number, or text; Markdown only where a node made it so, since names of files may hold anything."""
    if isinstance(value, bool | int):
        return dg.MetadataValue.int(int(value))
    if isinstance(value, float):
        return dg.MetadataValue.float(value)
    text = str(value)
    return dg.MetadataValue.md(text) if name in MARKDOWN else dg.MetadataValue.text(visible(text))


def files_of(node: Node, paths: Paths) -> dict[str, dg.MetadataValue]:
    """A picture of the figure or of page one, and where each document is opened; nothing for the owner alone."""
    present = [file.path for file in node.files.values() if not file.private and (paths.root / file.path).is_file()]
    shown: dict[str, dg.MetadataValue] = {}
    picture = picture_of(node, paths)
    if picture:
        shown["preview"] = dg.MetadataValue.md(f"![{as_text(node.description)}]({picture})")
    links = [f"[{as_text(path.rpartition('/')[2])}]({report_link(path)})" for path in present if is_report(path)]
    while links and len(" · ".join(links)) >= INLINE:
        links.pop()
    if links:
        shown["open"] = dg.MetadataValue.md(" · ".join(links))
    return shown


def picture_of(node: Node, paths: Paths) -> str:
    """The address of the picture of a figure or of a paper's page one; nothing where none is there."""
    names = [file.path for file in node.files.values() if file.path.endswith(".svg") and not file.private]
    found = [path for path in names if is_report(path) and (paths.root / path).is_file()]
    return report_link(min(found, key=lambda path: not path.endswith(".narrow.svg"))) if found else ""
