"""Whether a study's tables and papers are made from all that lies in its deposit folder, as a check in the graph."""

from collections.abc import Iterator, Sequence

import dagster as dg

from assets.deposits import look
from assets.engine.node import Node
from assets.engine.plan import Plan, make_plan
from assets.engine.workspace import Workspace
from assets.nodes import all_nodes
from assets.nodes.preview import as_text
from assets.standing import Waiting, changed, due, moment, newest, papers_built, waiting
from pipeline.ingest.arrival.sightings import Sighting
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
    return _result(workspace, study, make_plan(workspace, nodes), look(workspace))


def _result(workspace: Workspace, study: Study, plan: Plan, sighting: Sighting) -> dg.AssetCheckResult:
    open_ = [*_waiting(list(waiting(workspace, study, sighting))), *_due(workspace, study, plan)]
    last, built = newest(workspace, study), _built(workspace, study, plan.nodes)
    return dg.AssetCheckResult(
        passed=not open_,
        severity=dg.AssetCheckSeverity.WARN,
        description=as_text("; ".join([last, *built, *open_])),
        metadata={"newest_wave": last, "papers": "; ".join(built) or "none built yet", "waiting": len(open_)},
    )


def evaluations(
    workspace: Workspace, nodes: list[Node], sighting: Sighting
) -> Iterator[tuple[str, str, dg.AssetCheckEvaluation]]:
    """The same of every study for a sensor: its key, the words by which a change is seen, the event to report."""
    plan = make_plan(workspace, nodes)
    for study in workspace.project.studies.values():
        found = _result(workspace, study, plan, sighting)
        yield study.key, str(found.description), _event(study, found)


def _event(study: Study, found: dg.AssetCheckResult) -> dg.AssetCheckEvaluation:
    return dg.AssetCheckEvaluation(
        asset_key=dg.AssetKey(["answers", study.key]),
        check_name=NAME,
        passed=found.passed,
        severity=dg.AssetCheckSeverity.WARN,
        description=found.description,
        metadata=found.metadata,
    )


def _waiting(found: Sequence[Waiting]) -> Iterator[str]:
    """What needs a person, in words; files that no wave declares in one."""
    yield from (one.words for one in found if not one.file)
    names = [one.file for one in found if one.file]
    if names:
        yield f"files that no wave declares: {', '.join(names[:5])} ({len(names)})"


def _due(workspace: Workspace, study: Study, plan: Plan) -> Iterator[str]:
    """What was made from an earlier state of files, declarations or code."""
    names = [node.name for node in due(plan, study)]
    if names:
        papers = [name for name in names if name.startswith("paper/")]
        named = f", among them {', '.join(papers)}" if papers else ""
        yield f"stale since {moment(changed(workspace, study))}: {len(names)} assets are to be rebuilt{named}"


def _built(workspace: Workspace, study: Study, nodes: list[Node]) -> list[str]:
    last = papers_built(workspace, study, nodes)
    return [f"papers built {moment(last)}"] if last is not None else []
