"""Running one node: read its inputs, compute, hold the result against its contracts, store it, report."""

from __future__ import annotations

import errno
import importlib
import json
import os
import time
import traceback
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assets.engine import store
from assets.engine.code import version_of_package
from assets.engine.columns import hashes_of_columns, without_people
from assets.engine.loaded import LOADED
from assets.engine.node import Key, Node, Output, Stamp, flat
from assets.engine.report import IO, Check, Report, TableReport
from pipeline.errors import CohesionError, StorageError, UnconfirmedError, may_pass
from pipeline.paths import Paths

if TYPE_CHECKING:
    import polars as pl

RESULTS = ("index", "model", "draw", "write")
"""Groups whose tables are results; their files say what they hold."""


@dataclass(frozen=True)
class Task:
    """One node to run below ``root``; ``inputs``: name → the content hash that this input must have.

    ``code``: the hash of the code that it can reach.
    ``extensions``: records that were added to a table (``module:TABLE``) after it was imported.
    """

    node: Node
    root: Path
    version: str
    inputs: Mapping[str, str]
    code: str = ""
    extensions: tuple[tuple[str, Any], ...] = ()


def attempt(task: Task) -> Report:
    """Run a node; whatever goes wrong is in the report, in words that hold no participant's value."""
    name = task.node.name
    try:
        return _run(task)
    except store.DamagedError as error:
        return Report(name, error=str(error), damaged=(error.key,))
    except UnconfirmedError as error:
        awaited = Check("confirmed", task.node.keys[0], (str(error),))
        return Report(name, checks=(awaited,), error=str(error), awaits=True)
    except StorageError as error:
        return Report(name, error=str(error), trouble=IO if error.passes else "")
    except CohesionError as error:
        return Report(name, error=str(error))
    except MemoryError:
        return Report(name, error="needs more memory than there is. Close other programs, or build with fewer workers.")
    except OSError as error:
        return Report(name, error=_of_the_system(error, task.root), trouble=IO if may_pass(error) else "")
    except Exception as error:
        return Report(name, error=_defect(error))


def _run(task: Task) -> Report:
    """Compute and check; store the output if it keeps its contracts. What was stored before stays until then."""
    from assets.engine.checks import run_checks

    node, paths = task.node, Paths(task.root)
    began = time.perf_counter()
    loaded = _inputs(paths, task)
    with _extended(task.extensions):
        output = node.function(_shaped(node, loaded), **node.reads, **_stamp(task, loaded))
    checks = run_checks(node, output)
    passed = all(check.passed for check in checks if check.blocking)
    content = {name: store.content_of(output.tables[name], _about(node, name, output)) for name in node.outputs}
    report = Report(node.name, task.version, time.perf_counter() - began, _tables(node, output, content), tuple(checks))
    if passed or output.keep:
        version = task.version if passed else store.UNFINISHED
        store.save(paths, node, content, output.files, version, task.inputs, report)
    return report


def _about(node: Node, name: str, output: Output) -> dict[str, str]:
    """What the file of a table of results says: its grain, and of each column what it holds, as the database does.

    Not of answers, whose columns are worded by declarations: a wording that is corrected would make them anew. Exports
    say it of them.
    """
    if node.group not in RESULTS:
        return {}
    from pipeline.tables.words import comments

    title, words = comments(node.outputs[name], list(output.tables[name].schema), {})
    return {"description": title, "columns": json.dumps(words, ensure_ascii=False)}


def _inputs(paths: Paths, task: Task) -> dict[str, Any]:
    """The tables that a node reads: as frames, or on disk where the node takes that and they are large together."""
    found: dict[str, Any] = {}
    for name, shape in task.node.inputs.items():
        keys = {one: key for one, key in flat({name: shape}) if one in task.inputs}
        stays = name in task.node.on_disk and _are_large(paths, keys.values())
        for one, key in keys.items():
            found[one] = (store.whole if stays else LOADED.load)(paths, key, task.inputs[one])
    return found


def _are_large(paths: Paths, keys: Iterable[Key]) -> bool:
    from pipeline.on_disk import are_large

    return are_large(paths.table(*key) for key in keys)


def _stamp(task: Task, loaded: Mapping[str, pl.DataFrame]) -> dict[str, Stamp]:
    """What a stamped node says of where its outputs come from: the same wherever it is made of the same.

    Pseudonyms differ with the key of each installation, so that tables of people are named by all else that they hold.
    """
    if not task.node.stamped:
        return {}
    inputs = {name: without_people(loaded[name]) or sha256 for name, sha256 in task.inputs.items()}
    return {"stamp": Stamp(task.version, task.code, version_of_package(), inputs)}


def task_of(node: Node, root: Path, version: str, inputs: Mapping[str, str], code: str = "") -> Task:
    """A node as it travels to a worker: its records are there already, but for those that were added."""
    added = tuple((table, record) for table, record in node.records if record in _table(table).added)
    return Task(replace(node, records=()), root, version, inputs, code, added)


@contextmanager
def _extended(extensions: Iterable[tuple[str, Any]]) -> Iterator[None]:
    with ExitStack() as stack:
        for name, record in extensions:
            table = _table(name)
            if record.key not in table:
                stack.enter_context(table.registered(record))
        yield


def _table(name: str) -> Any:
    module, attribute = name.split(":")
    return getattr(importlib.import_module(module), attribute)


def _shaped(node: Node, loaded: Mapping[str, Any]) -> dict[str, Any]:
    """The tables in the shape of ``node.inputs``."""
    return {
        name: loaded[name]
        if isinstance(key, tuple)
        else {member: loaded[f"{name}/{member}"] for member in key if f"{name}/{member}" in loaded}
        for name, key in node.inputs.items()
    }


def _tables(node: Node, output: Output, content: Mapping[str, store.Content]) -> tuple[TableReport, ...]:
    reports = []
    for name, key in node.outputs.items():
        frame, schema = output.tables[name], output.schemas.get(name)
        declared = schema.columns() if schema else {}
        columns = tuple((column, str(dtype), _limits(declared.get(column))) for column, dtype in frame.schema.items())
        hashes = hashes_of_columns(frame) if name in node.by_column else {}
        reports.append(
            TableReport(key, frame.height, columns, content[name].sha256, output.metadata.get(name, {}), hashes)
        )
    return tuple(reports)


def _limits(column: object) -> str:
    """The declared range of a column in words."""
    low, high = getattr(column, "min", None), getattr(column, "max", None)
    limits = [f"at least {low:g}"] if low is not None else []
    limits += [f"at most {high:g}"] if high is not None else []
    return ", ".join(limits)


def _of_the_system(error: OSError, root: Path) -> str:
    """What the operating system refused, where, and what to do."""
    place = Path(str(error.filename)) if error.filename else root
    where = place.relative_to(root).as_posix() if place.is_relative_to(root) else place.name
    match error.errno:
        case errno.ENOSPC | errno.EDQUOT:
            return f"{where}: the disk is full. Nothing was lost; free some space and build again."
        case errno.EACCES | errno.EPERM | errno.EROFS:
            return f"{where}: may not be written or read. Give the account that builds the right to, and build again."
        case errno.ENOENT:
            return f"{where}: was removed while it was needed. Put it back and build again."
        case _:
            return f"{where}: {os.strerror(error.errno) if error.errno else type(error).__name__}. Build again."


def _defect(error: Exception) -> str:
    """Where an unforeseen error arose. Its own text is left out: a library may have put an answer into it."""
    if "COHESION_DEBUG" in os.environ:
        traceback.print_exception(error)
    place = traceback.extract_tb(error.__traceback__)[-1]
    kind, module = type(error).__name__, "/".join(Path(place.filename).parts[-3:])
    return (
        f"a defect in the pipeline, not in your data as such: {kind} in {module}, line {place.lineno}. "
        "Please report this line; COHESION_DEBUG=1 shows the whole trace, which may hold answers."
    )
