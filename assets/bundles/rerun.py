"""The study of a bundle built again below a root of its own, from the best that is there."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from assets.bundles.archive import Bundle
from assets.bundles.contents import DECLARED, TABLES, TWIN, TWIN_DECLARED, lay_out
from assets.bundles.graph import late, needed, nodes_of
from assets.bundles.running import Progress, built
from assets.engine.node import Key, Node
from assets.engine.workspace import Workspace
from pipeline.errors import CohesionError
from pipeline.files import write_bytes
from pipeline.paths import Paths
from pipeline.specs import Project, load_project

DEPOSITS, GENERATED, PANEL, OF_TWIN = "deposits", "generated", "panel", "twin"
SOURCES = {
    DEPOSITS: "the deposits",
    GENERATED: "generated deposits",
    PANEL: "the panel in the bundle",
    OF_TWIN: "the synthetic twin in the bundle",
}
"""What a study may be built from, the best first, and how it is called."""
PRIVATE = 0o600


@dataclass(frozen=True)
class Rerun:
    """What was built again: where, from what (a key of ``SOURCES``), and what failed with its reason."""

    workspace: Workspace
    nodes: list[Node]
    source: str
    failures: Mapping[str, str]


def rerun(
    bundle: Bundle,
    root: Path,
    deposits: Path | None,
    progress: Progress,
    workers: int | None = None,
    source: str | None = None,
) -> Rerun:  # fmt: skip
    """Build the study of a bundle below ``root``: from the ``source`` asked for, or the best of ``SOURCES`` there is.

    Raises ``CohesionError`` where there is none, or the declarations do not hold together.
    """
    paths, study = Paths(root), bundle.study
    if source == OF_TWIN and bundle.below(TWIN):
        return _from_twin(bundle, paths, progress, workers)
    lay_out(bundle.below(DECLARED), study, paths)
    project = _project(paths, study)
    chosen = _chosen(bundle, project, paths, deposits, source)
    if chosen == OF_TWIN:
        return _from_twin(bundle, paths, progress, workers)
    folder = deposits.resolve() if chosen == DEPOSITS and deposits is not None else paths.raw(study)
    given = {} if chosen == GENERATED else {study: folder}
    workspace = Workspace(paths, project, given)
    nodes = nodes_of(workspace, study)
    if chosen == PANEL:
        lying = _lie(bundle.below(TABLES), nodes, paths)
        return Rerun(workspace, late(nodes), PANEL, built(workspace, late(nodes), lying, progress, workers))
    return Rerun(workspace, nodes, chosen, built(workspace, nodes, {}, progress, workers))


def _project(paths: Paths, study: str) -> Project:
    project = load_project(paths)
    if study not in project.studies:
        raise CohesionError(f"holds no declarations of `{study}`", where="the bundle")
    return project


def _chosen(bundle: Bundle, project: Project, paths: Paths, deposits: Path | None, source: str | None) -> str:
    """What the study is built from. Raises ``CohesionError`` if there is nothing, or not what was asked for."""
    there = {
        DEPOSITS: deposits is not None,
        GENERATED: Workspace(paths, project).uses_sample(project.studies[bundle.study]),
        PANEL: bool(bundle.below(TABLES)),
        OF_TWIN: bool(bundle.below(TWIN)),
    }
    found = [name for name, is_there in there.items() if is_there and source in (None, name)]
    if not found:
        asked = f"cannot be built from {SOURCES[source]}: there is none" if source else "holds no answers to build from"
        raise CohesionError(
            asked,
            where=f"the bundle of {bundle.study}",
            todo="Say where the deposits lie (--deposits DIR), or ask for a bundle `--with panel` or `--with twin`.",
        )
    return found[0]


def _from_twin(bundle: Bundle, paths: Paths, progress: Progress, workers: int | None) -> Rerun:
    """Build the twin, from its own deposits and declarations."""
    lay_out(bundle.below(TWIN_DECLARED), bundle.study, paths)
    for name, content in bundle.below(TWIN).items():
        write_bytes(paths.raw(bundle.study) / name, content)
    project = _project(paths, bundle.study)
    workspace = Workspace(paths, project, {bundle.study: paths.raw(bundle.study)})
    nodes = nodes_of(workspace, bundle.study)
    return Rerun(workspace, nodes, OF_TWIN, built(workspace, nodes, {}, progress, workers))


def _lie(tables: Mapping[str, bytes], nodes: list[Node], paths: Paths) -> dict[Key, str]:
    """Lay the tables of a bundle where the late steps look for them: key → SHA-256."""
    found: dict[Key, str] = {}
    for key in needed(nodes):
        content = tables.get(f"{'/'.join(key)}.parquet")
        if content is not None:
            write_bytes(paths.table(*key), content, PRIVATE)
            found[key] = hashlib.sha256(content).hexdigest()
    return found
