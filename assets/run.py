"""Running one node: read its inputs, compute, hold the result against its contracts, store it."""

import time
from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from assets import store
from assets.checks import Check, run_checks
from assets.fingerprints import fingerprint, recorded
from assets.graph import Key, Node, Output, Workspace


@dataclass(frozen=True)
class Done:
    """What a run of a node came to; nothing was stored unless every check passed."""

    output: Output
    checks: list[Check]
    fingerprint: str
    seconds: float

    @property
    def failed(self) -> list[Check]:
        return [check for check in self.checks if not check.passed]


def run_node(node: Node, workspace: Workspace) -> Done:
    """Compute and check a node; store its tables if they keep their contracts.

    Raises ``CohesionError`` with one clear message for bad input. What is in the warehouse stays as it was then.
    """
    began = time.perf_counter()
    made_from = fingerprint(node, recorded(node, workspace), workspace)
    inputs: Mapping[Key, pl.DataFrame] = {key: store.load(workspace.paths, key) for key in node.inputs}
    output = node.compute(workspace, inputs)
    checks = run_checks(node.group, output)
    seconds = time.perf_counter() - began
    if all(check.passed for check in checks):
        store.save(workspace.paths, output.tables, made_from, seconds)
    return Done(output, checks, made_from, seconds)
