"""What the last run of a node said, counted and in words. Light: a build with nothing to do imports it."""

from __future__ import annotations

from collections import Counter

from assets.engine import store
from assets.engine.node import Node
from assets.engine.workspace import Workspace


def findings_in_words(workspace: Workspace, node: Node) -> str:
    """How many findings a drift report holds: ``2 to be decided, 9 decided``; nothing for other nodes."""
    key, report = node.outputs.get("findings"), store.last_report(workspace.paths, node)
    tables = report.tables if report is not None else ()
    return next((str(table.metadata.get("findings", "")) for table in tables if table.key == key), "")


def counted(number: int, noun: str) -> str:
    """``1 finding``, ``2,000 findings``."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def findings(workspace: Workspace, node: Node) -> Counter[str]:
    """How many findings of a drift report a person has to decide (``decide``) or to look at (``look``)."""
    report = store.last_report(workspace.paths, node)
    counts: Counter[str] = Counter()
    for check in report.checks if report is not None else ():
        if check.name == "decided":
            counts["decide"] += len(check.found)
        elif check.name.startswith("drift_"):
            counts["look"] += len(check.found)
    counts["look"] = max(0, counts["look"] - counts["decide"])  # what is to be decided stands among both
    return counts
