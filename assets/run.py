"""Running one node: read its inputs, compute, hold the result against its contracts, store it, report."""

import os
import time
import traceback
from pathlib import Path

from assets import store
from assets.fingerprints import fingerprint, recorded
from assets.graph import Node, Output, Workspace
from assets.report import Check, Report, TableReport
from pipeline.errors import CohesionError, HeldError

UNFINISHED = "unfinished"
"""The fingerprint of a table that is kept to be read, but is due again."""


def attempt(node: Node, workspace: Workspace) -> Report:
    """Run a node; whatever goes wrong is in the report, in words that hold no participant's value."""
    try:
        return run_node(node, workspace)
    except HeldError as error:
        held = Check("confirmed", node.keys[0], (str(error),))
        return Report(node.name, checks=(held,), error=str(error), held=True)
    except CohesionError as error:
        return Report(node.name, error=str(error))
    except Exception as error:
        if "COHESION_DEBUG" in os.environ:
            traceback.print_exc()
        return Report(node.name, error=_defect(error))


def run_node(node: Node, workspace: Workspace) -> Report:
    """Compute and check a node; store its tables if they keep their contracts.

    Raises ``CohesionError`` with one clear message for bad input. What is in the warehouse stays as it was then.
    """
    from assets.checks import run_checks

    began = time.perf_counter()
    made_from = fingerprint(node, recorded(node, workspace), workspace)
    inputs = {key: store.load(workspace.paths, key) for key in node.inputs}
    output = node.compute(workspace, inputs)
    checks = run_checks(node.group, output)
    seconds = time.perf_counter() - began
    if all(check.passed for check in checks if check.blocking):
        store.save(workspace.paths, output.tables, made_from, seconds)
    elif output.keep:
        store.save(workspace.paths, output.tables, UNFINISHED, seconds)
    return Report(node.name, made_from, seconds, _tables(node, output), tuple(checks))


def _tables(node: Node, output: Output) -> tuple[TableReport, ...]:
    reports = []
    for key in node.keys:
        frame, schema = output.tables[key], output.schemas.get(key)
        declared = schema.columns() if schema else {}
        columns = tuple((name, str(dtype), _limits(declared.get(name))) for name, dtype in frame.schema.items())
        reports.append(TableReport(key, frame.height, columns, output.metadata.get(key, {})))
    return tuple(reports)


def _limits(column: object) -> str:
    """The declared range of a column in words."""
    low, high = getattr(column, "min", None), getattr(column, "max", None)
    limits = [f"at least {low:g}"] if low is not None else []
    limits += [f"at most {high:g}"] if high is not None else []
    return ", ".join(limits)


def _defect(error: Exception) -> str:
    """Where an unforeseen error arose. Its own text is left out: a library may have put an answer into it."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    kind, module = type(error).__name__, "/".join(Path(place.filename).parts[-3:])
    return (
        f"a defect in the pipeline, not in your data as such: {kind} in {module}, line {place.lineno}. "
        "Please report this line; COHESION_DEBUG=1 shows the whole trace, which may hold answers."
    )
