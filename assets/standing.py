"""How a study stands now: when its newest wave came, what waits for a person, what is to be rebuilt and why."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assets.engine import store
from assets.engine.node import Node
from assets.engine.plan import Plan, contents_of
from assets.engine.workspace import Workspace
from pipeline.errors import CohesionError
from pipeline.ingest.arrival.sightings import Sighting
from pipeline.specs import Study

NEVER, CHANGED, ARRIVED, FOLLOWS = (
    "was never built, or its files are gone",
    "what it is declared or computed by has changed",
    "what it reads has changed",
    "follows from those",
)
"""Why an asset is to be rebuilt."""


@dataclass(frozen=True)
class Waiting:
    """One thing in a deposit folder that needs a person. ``wave``: of a file that awaits confirmation; ``file``: of one
    that no wave declares, with the path of the declaration that is proposed for it, if it is."""

    words: str
    wave: str = ""
    file: str = ""
    draft: str = ""


def newest(workspace: Workspace, study: Study) -> str:
    """The last wave that is loaded, and when its file came."""
    for wave in reversed(list(study.waves)):
        with contextlib.suppress(CohesionError):
            received: Any = store.load(workspace.paths, ("receipt", study.key, wave))["received_at"].max()
            return f"newest wave loaded: {wave}, received {moment(received)}"
    return "no wave is loaded yet"


def waiting(workspace: Workspace, study: Study, sighting: Sighting) -> Iterator[Waiting]:
    """What of a look into the deposit folders is about the study, and needs a person."""
    prefix = f"{study.key}/"
    for words in sighting.awaiting:
        if words.startswith(prefix):
            rest = words.removeprefix(prefix)
            yield Waiting(f"awaiting confirmation: {rest}", wave=rest.partition(":")[0])
    names = sighting.undeclared.get(study.key, ())
    for name in names:
        draft = workspace.paths.draft_file(study.key, name)
        place = draft.relative_to(workspace.paths.root).as_posix() if draft.is_file() else ""
        yield Waiting(f"file that no wave declares: {name}", file=name, draft=place)
    for words in sighting.misnamed:
        if words.startswith(f"{study.key}: "):
            yield Waiting(words.removeprefix(f"{study.key}: "))


def due(plan: Plan, study: Study) -> list[Node]:
    """The assets of a study that are to be rebuilt."""
    names = plan.due | plan.following
    return [node for node in plan.nodes if node.name in names and node.study == study.key]


def why_due(plan: Plan, study: Study) -> dict[str, list[str]]:
    """Why → the assets of a study that are to be rebuilt for that reason."""
    contents = {
        key: state.record.sha256(key)
        for node in plan.nodes
        if (state := plan.states[node.name]).record is not None
        for key in node.keys
    }
    found: dict[str, list[str]] = {reason: [] for reason in (NEVER, CHANGED, ARRIVED, FOLLOWS)}
    for node in due(plan, study):
        found[_why(node, plan, contents)].append(node.name)
    return {reason: names for reason, names in found.items() if names}


def _why(node: Node, plan: Plan, contents: dict[tuple[str, ...], str]) -> str:
    state = plan.states[node.name]
    if state.record is None:
        return NEVER
    if node.name in plan.following:
        return FOLLOWS
    if state.record.version != state.version:
        return CHANGED
    return ARRIVED if state.record.inputs != contents_of(node, contents) else FOLLOWS


def changed(workspace: Workspace, study: Study) -> dt.datetime:
    """When a file of the study was changed last: one of its deposits or of its declarations. Never later than now."""
    folders = (workspace.deposit_folder(study), workspace.paths.study(study.key))
    moment = max(
        (file.stat().st_mtime for folder in folders for file in folder.rglob("*") if file.is_file()), default=0
    )
    return min(dt.datetime.fromtimestamp(moment, dt.UTC), dt.datetime.now(dt.UTC))


def papers_built(workspace: Workspace, study: Study, nodes: list[Node]) -> dt.datetime | None:
    """When the study's papers were built last; ``None`` if they never were, or there are none."""
    papers = [node for node in nodes if node.study == study.key and node.keys[0][0] == "paper"]
    tables = [workspace.paths.table(*node.keys[0]) for node in papers if store.record(workspace.paths, node)]
    moments = [file.stat().st_mtime for file in tables if file.is_file()]
    return dt.datetime.fromtimestamp(max(moments), dt.UTC) if moments else None


def changed_at(file: Path) -> str:
    """When a file was written last, for readers."""
    return moment(dt.datetime.fromtimestamp(file.stat().st_mtime, dt.UTC))


def moment(when: dt.datetime) -> str:
    """A moment for readers: ``29 November 2026, 06:10 UTC``."""
    return f"{when:%d %B %Y, %H:%M} UTC"
