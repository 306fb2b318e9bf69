"""Whether a study's tables and papers are made from all that lies in its deposit folder, as a check in the graph."""

import contextlib
import datetime as dt
from collections.abc import Iterator
from typing import Any

import dagster as dg

from assets.deposits import look
from assets.engine import store
from assets.engine.node import Node
from assets.engine.plan import make_plan
from assets.engine.workspace import Workspace
from assets.nodes import all_nodes
from assets.nodes.preview import as_text
from pipeline.errors import CohesionError
from pipeline.specs import Study

NAME = "fresh"


def freshness_checks(workspace: Workspace) -> list[dg.AssetChecksDefinition]:
    """``fresh`` of every study, shown at its answers: it looks at the files as they are now and starts nothing."""
    return [_check(workspace, study) for study in workspace.project.studies.values()]


def _check(workspace: Workspace, study: Study) -> dg.AssetChecksDefinition:
    @dg.asset_check(
        asset=["answers", study.key],
        name=NAME,
        description="Everything that lies in the deposit folder is confirmed, loaded and in the papers.",
    )
    def fresh() -> dg.AssetCheckResult:
        return result(workspace, study, all_nodes(workspace))

    return fresh


def result(workspace: Workspace, study: Study, nodes: list[Node]) -> dg.AssetCheckResult:
    """How fresh a study is: since when its newest wave is here, what waits for a person, and what is to be rebuilt."""
    waiting = [*_waiting(workspace, study), *_due(workspace, study, nodes)]
    newest, built = _newest(workspace, study), list(filter(None, [_built(workspace, study, nodes)]))
    return dg.AssetCheckResult(
        passed=not waiting,
        severity=dg.AssetCheckSeverity.WARN,
        description=as_text("; ".join([newest, *built, *waiting])),
        metadata={"newest_wave": newest, "papers": "; ".join(built) or "none built yet", "waiting": len(waiting)},
    )


def evaluation(workspace: Workspace, study: Study, nodes: list[Node]) -> tuple[str, dg.AssetCheckEvaluation]:
    """The same as an event that a sensor can report, with the words by which a change is seen."""
    found = result(workspace, study, nodes)
    event = dg.AssetCheckEvaluation(
        asset_key=dg.AssetKey(["answers", study.key]),
        check_name=NAME,
        passed=found.passed,
        severity=dg.AssetCheckSeverity.WARN,
        description=found.description,
        metadata=found.metadata,
    )
    return str(found.description), event


def _newest(workspace: Workspace, study: Study) -> str:
    """The last wave that is loaded, and when its file came."""
    for wave in reversed(list(study.waves)):
        key = ("receipt", study.key, wave)
        with contextlib.suppress(CohesionError):
            received: Any = store.load(workspace.paths, key)["received_at"].max()
            return f"newest wave loaded: {wave}, received {received:%d %B %Y, %H:%M} UTC"
    return "no wave is loaded yet"


def _waiting(workspace: Workspace, study: Study) -> Iterator[str]:
    """What lies in the folder and needs a person."""
    sighting = look(workspace)
    prefix = f"{study.key}/"
    yield from (
        f"awaiting confirmation: {words.removeprefix(prefix)}"
        for words in sighting.awaiting
        if words.startswith(prefix)
    )
    names = sighting.undeclared.get(study.key, ())
    if names:
        yield f"files that no wave declares: {', '.join(names[:5])} ({len(names)})"
    yield from (
        words.removeprefix(f"{study.key}: ") for words in sighting.misnamed if words.startswith(f"{study.key}: ")
    )


def _due(workspace: Workspace, study: Study, nodes: list[Node]) -> Iterator[str]:
    """What was made from an earlier state of files, declarations or code."""
    plan = make_plan(workspace, nodes)
    due = [node.name for node in plan.nodes if node.name in plan.due | plan.following and node.study == study.key]
    if due:
        papers = [name for name in due if name.startswith("paper/")]
        named = f", among them {', '.join(papers)}" if papers else ""
        yield f"stale since {_words(_changed(workspace, study))}: {len(due)} assets are to be rebuilt{named}"


def _changed(workspace: Workspace, study: Study) -> float:
    """When a file of the study was changed last: one of its deposits or of its declarations."""
    folders = (workspace.deposit_folder(study), workspace.paths.study(study.key))
    return max((file.stat().st_mtime for folder in folders for file in folder.rglob("*") if file.is_file()), default=0)


def _built(workspace: Workspace, study: Study, nodes: list[Node]) -> str:
    """When the study's papers were built last; empty if they never were, or there are none."""
    papers = [node for node in nodes if node.study == study.key and node.keys[0][0] == "paper"]
    tables = [workspace.paths.table(*node.keys[0]) for node in papers if store.record(workspace.paths, node)]
    return f"papers built {_words(max(file.stat().st_mtime for file in tables))}" if tables else ""


def _words(moment: float) -> str:
    return f"{dt.datetime.fromtimestamp(moment, dt.UTC):%d %B %Y, %H:%M} UTC"
