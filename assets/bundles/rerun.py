"""The study of a bundle built again below a root of its own, from the best that is there."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from assets.building import Running, prepare
from assets.bundles.archive import Bundle
from assets.bundles.contents import DECLARED, lay_out
from assets.bundles.graph import late, needed, nodes_of
from assets.bundles.make import TABLES
from assets.engine.node import Key, Node
from assets.engine.plan import make_plan
from assets.engine.report import Report
from assets.engine.workspace import Workspace
from pipeline.errors import CohesionError
from pipeline.files import write_bytes
from pipeline.paths import Paths
from pipeline.specs import load_project

DEPOSITS, GENERATED, PANEL = "the deposits", "generated deposits", "the panel in the bundle"
PRIVATE = 0o600
Told = Callable[[str], None]


@dataclass(frozen=True)
class Rerun:
    """What was built again: where, from what, and what failed with its reason."""

    workspace: Workspace
    nodes: list[Node]
    source: str
    failures: Mapping[str, str]


def rerun(bundle: Bundle, root: Path, deposits: Path | None, told: Told, workers: int | None = None) -> Rerun:
    """Build the study of a bundle below ``root``: from the deposits given, generated ones, or the panel in the bundle.

    Raises ``CohesionError`` where there is none of these, or the declarations do not hold together.
    """
    paths = Paths(root)
    lay_out(bundle.below(DECLARED), bundle.study, paths)
    project = load_project(paths)
    if bundle.study not in project.studies:
        raise CohesionError(f"holds no declarations of `{bundle.study}`", where="the bundle")
    absent = paths.raw(bundle.study)
    given = {bundle.study: deposits.resolve()} if deposits is not None else {}
    workspace = Workspace(paths, project, given)
    tables = bundle.below(TABLES)
    if deposits is not None or workspace.uses_sample(project.studies[bundle.study]):
        source = GENERATED if deposits is None else DEPOSITS
        nodes = nodes_of(workspace, bundle.study)
        return Rerun(workspace, nodes, source, _build(workspace, nodes, {}, told, workers))
    if not tables:
        raise CohesionError(
            "holds no answers, so that nothing can be built from it alone",
            where=f"the bundle of {bundle.study}",
            todo="Say where the deposits lie (--deposits DIR), or ask for a bundle `--with panel` or `--with twin`.",
        )
    workspace = Workspace(paths, project, {bundle.study: absent})
    nodes = nodes_of(workspace, bundle.study)
    return Rerun(
        workspace, late(nodes), PANEL, _build(workspace, late(nodes), _lie(tables, nodes, paths), told, workers)
    )


def _lie(tables: Mapping[str, bytes], nodes: list[Node], paths: Paths) -> dict[Key, str]:
    """Lay the tables of a bundle where the late steps look for them: key → SHA-256."""
    found: dict[Key, str] = {}
    for key in needed(nodes):
        content = tables.get(f"{'/'.join(key)}.parquet")
        if content is not None:
            write_bytes(paths.table(*key), content, PRIVATE)
            found[key] = hashlib.sha256(content).hexdigest()
    return found


def _build(
    workspace: Workspace, nodes: list[Node], lying: Mapping[Key, str], told: Told, workers: int | None
) -> dict[str, str]:
    """Build all that is due; node → why it could not be built."""
    prepare(workspace)
    plan = make_plan(workspace, nodes, nodes)
    plan.aside = dict(lying)
    made = set(lying) | {key for node in nodes for key in node.keys}
    without = {node.name for node in nodes if any(key not in made for key in node.needs)}
    failures = dict.fromkeys(without, "the bundle lacks a table that it reads")
    plan.nodes = [node for node in plan.nodes if node.name not in without]
    with Running(workspace, plan, workers=workers) as running:
        for count, report in enumerate(running.reports(), start=1):
            told(_said(report, count, len(plan.nodes)))
        return {**failures, **running.failures}


def _said(report: Report, count: int, of: int) -> str:
    return f"{count:>4}/{of} {report.node}"
