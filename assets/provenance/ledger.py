"""The ledger of builds: what lies there after a build, written down with what it was made from."""

from __future__ import annotations

import datetime as dt
import json
import sqlite3
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from assets.engine import store
from assets.engine.canonical import digest
from assets.engine.code import Code
from assets.engine.node import Node, flat
from assets.engine.plan import Plan
from assets.engine.workspace import Workspace
from assets.provenance.archive import Archive, Entry, hash_of
from assets.provenance.manifest import Manifest, Step, is_kept
from assets.provenance.parts import parts_of
from pipeline.paths import Paths

MOST = 100
"""So many builds are kept, unless the setting ``builds`` says another number."""
LEFT = "something that it needs could not be made"


def record_build(
    workspace: Workspace,
    plan: Plan,
    failures: Mapping[str, str],
    left: Collection[str] = (),
    note: str = "",
    most: int = MOST,
) -> str:
    """Write down what lies there now, unless it is what the last build left; returns why that could not be done.

    ``failures``: node → why it could not be made; ``left``: all that could not. A build is not lost for its record:
    whatever goes wrong here is said, and stops nothing.
    """
    try:
        _record(workspace, plan, {**dict.fromkeys(left, LEFT), **failures}, note, most)
    except (sqlite3.Error, OSError) as error:
        return f"This build was not recorded for `cohesion diff` ({error})."
    return ""


def _record(workspace: Workspace, plan: Plan, failures: Mapping[str, str], note: str, most: int) -> None:
    paths, archive = workspace.paths, Archive(workspace.paths)
    entries = archive.entries()
    before = manifest_of(archive, entries[-1]) if entries else None
    steps = _steps(paths, plan, failures)
    files = dict(declarations(paths))
    build = build_id(steps)
    if before is not None and entries[-1].id == build and _hashes(files) == dict(before.files):
        return
    contents: dict[str, str | bytes] = {hash_of(text): text for text in files.values()}
    steps = _with_parts(workspace, plan, steps, before, contents)
    steps = _with_columns(paths, plan, steps, contents)
    manifest = Manifest(steps, _hashes(files))
    missing = manifest.uses - set(contents)
    contents |= dict(_tables(paths, plan, steps, missing - archive.has(missing)))
    text = manifest.to_json()
    contents[hash_of(text)] = text
    made = dt.datetime.now(dt.UTC).strftime("%Y-%m-%d %H:%M:%S")
    archive.keep(Entry(0, build, made, note, hash_of(text)), {*manifest.uses, hash_of(text)}, contents, most)


def build_id(steps: Mapping[str, Step]) -> str:
    """What names a build: the same for the same fingerprints and the same results, whenever and wherever it ran."""
    parts = [
        f"{name} {step.version} {sorted(step.inputs.items())} {sorted(step.outputs.items())} {bool(step.failed)}"
        for name, step in sorted(steps.items())
    ]
    return digest(*parts)[:12]


def _steps(paths: Paths, plan: Plan, failures: Mapping[str, str]) -> dict[str, Step]:
    """Every node as it lies there; one that could not be made with what it would have been made from."""
    nodes = (*plan.nodes, *plan.others)
    steps = {node.name: _step(paths, node) for node in nodes}
    lying = {key: sha256 for step in steps.values() for key, sha256 in step.outputs.items()}
    for name, why in failures.items():
        if name in steps:
            inputs = {of: lying[key] for of, key in steps[name].needs.items() if key in lying}
            steps[name] = replace(steps[name], version=plan.states[name].version, inputs=inputs, failed=why)
    return steps


def _step(paths: Paths, node: Node) -> Step:
    record = store.record(paths, node)
    step = Step(node.name, node.group, node.study, "", needs={name: "/".join(key) for name, key in flat(node.inputs)})
    if record is None:
        return step
    outputs = {key: stored.sha256 for key, stored in record.tables.items()}
    return replace(step, version=record.version, inputs=dict(record.inputs), outputs=outputs)


def _with_parts(
    workspace: Workspace, plan: Plan, steps: Mapping[str, Step], before: Manifest | None,
    contents: dict[str, str | bytes],
) -> dict[str, Step]:  # fmt: skip
    """Each step with what its version is made of: as it was kept before, or as it is now, or unknown."""
    code = Code(cache=workspace.paths.code_cache)
    nodes = {node.name: node for node in plan.nodes}
    found = {}
    for name, step in steps.items():
        old = before.steps.get(name) if before is not None else None
        parts = old.parts if old is not None and old.version == step.version else ""
        if not parts and name in nodes and plan.states[name].version == step.version:
            text = json.dumps(parts_of(nodes[name], code, workspace.paths.root), ensure_ascii=False)
            parts = hash_of(text)
            contents[parts] = text
        found[name] = replace(step, parts=parts)
    return found


def _with_columns(
    paths: Paths, plan: Plan, steps: Mapping[str, Step], contents: dict[str, str | bytes]
) -> dict[str, Step]:
    """Each step with the hashes of the columns of its wide tables, where the run that made them noted these."""
    found = dict(steps)
    for node in (*plan.nodes, *plan.others):
        report = store.last_report(paths, node) if node.by_column else None
        hashes = {"/".join(table.key): dict(table.hashes) for table in report.tables if table.hashes} if report else {}
        if hashes:
            text = json.dumps(hashes)
            contents[hash_of(text)] = text
            found[node.name] = replace(found[node.name], columns=hash_of(text))
    return found


def _tables(paths: Paths, plan: Plan, steps: Mapping[str, Step], missing: set[str]) -> Iterator[tuple[str, bytes]]:
    """The tables that are kept, by their hash, where they lie as they were stored."""
    for node in (*plan.nodes, *plan.others):
        for key, sha256 in steps[node.name].outputs.items():
            if sha256 in missing and is_kept(key):
                try:
                    content = paths.table(*key.split("/")).read_bytes()
                except OSError:
                    continue
                if hash_of(content) == sha256:
                    yield sha256, content


def declarations(paths: Paths) -> Iterator[tuple[str, str]]:
    """Place below the root → text, of all that people declare and write."""
    folders = (paths.studies, paths.areas, paths.models, paths.figures, paths.papers, paths.templates)
    shared = sorted(file for file in paths.papers.parent.glob("*") if file.suffix in (".yaml", ".json"))
    files = [paths.concepts, *shared, *(file for folder in folders for file in sorted(folder.rglob("*")))]
    for file in files:
        if (
            file.is_file()
            and file.suffix in (".yaml", ".md", ".csv", ".json", ".typ", ".j2")
            and file.name != "README.md"
        ):
            text = _text(file)
            if text is not None:
                yield file.relative_to(paths.root).as_posix(), text


def _text(file: Path) -> str | None:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None


def _hashes(files: Mapping[str, str]) -> dict[str, str]:
    return {place: hash_of(text) for place, text in files.items()}


def manifest_of(archive: Archive, entry: Entry) -> Manifest | None:
    """What a kept build consists of; ``None`` where it cannot be read any more."""
    content = archive.content(entry.manifest)
    try:
        return Manifest.from_json(content) if isinstance(content, str) else None
    except (ValueError, KeyError, TypeError):
        return None
