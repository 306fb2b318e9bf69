"""A study built below a root, from its first step or from tables that lie there."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from assets.building import Running, prepare
from assets.engine.node import Key, Node
from assets.engine.plan import make_plan
from assets.engine.report import Report
from assets.engine.workspace import Workspace

Progress = Callable[[str], None]


def built(
    workspace: Workspace, nodes: list[Node], lying: Mapping[Key, str], progress: Progress, workers: int | None = None
) -> dict[str, str]:
    """Build all that is due of some steps; step → why it could not be built.

    ``lying``: tables that are there already, and the SHA-256 of each.
    """
    prepare(workspace)
    plan = make_plan(workspace, nodes, nodes)
    plan.given = plan.aside = dict(lying)
    made = set(lying) | {key for node in nodes for key in node.keys}
    without = {node.name for node in nodes if any(key not in made for key in node.needs)}
    failures = dict.fromkeys(without, "the bundle lacks a table that it reads")
    plan.nodes = [node for node in plan.nodes if node.name not in without]
    with Running(workspace, plan, workers=workers) as running:
        for count, report in enumerate(running.reports(), start=1):
            progress(_progress_line(report, count, len(plan.nodes)))
        return {**failures, **running.failures}


def _progress_line(report: Report, count: int, of: int) -> str:
    return f"{count:>4}/{of} {report.node}"
