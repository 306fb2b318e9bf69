"""What each node's result depends on, in one hash: its declaration, its code, its inputs, its files from outside."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

from assets import store
from assets.graph import Key, Node, Workspace
from pipeline.files import sha256_of
from pipeline.paths import REPOSITORY


def digest(*parts: str) -> str:
    """Sixteen hexadecimal digits of the parts' SHA-256."""
    return hashlib.sha256("\x00".join(parts).encode()).hexdigest()[:16]


@lru_cache
def code_of(*stages: str) -> str:
    """A hash of the source of the given folders below ``pipeline`` and of what all stages share."""
    package = REPOSITORY / "pipeline"
    shared = [package / "paths.py", package / "errors.py", package / "files.py"]
    files = [*shared, *(file for stage in ("tables", *stages) for file in sorted((package / stage).rglob("*.py")))]
    return digest(*(file.read_text(encoding="utf-8") for file in files))


@lru_cache
def _hash_of_file(path: Path, size: int, modified: int) -> str:
    return sha256_of(path)


def hash_of_file(path: Path) -> str:
    """The SHA-256 of a file, or a word where there is none."""
    if not path.is_file():
        return "absent"
    state = path.stat()
    return _hash_of_file(path, state.st_size, state.st_mtime_ns)


def fingerprint(node: Node, inputs: dict[Key, str], workspace: Workspace) -> str:
    """The state of a node's result, given the fingerprints of its inputs."""
    outside = node.external(workspace) if node.external else ""
    return digest(node.version, outside, *(inputs.get(key, "absent") for key in node.inputs))


def recorded(node: Node, workspace: Workspace) -> dict[Key, str]:
    """The fingerprints with which a node's inputs were last built."""
    found = {key: store.record(workspace.paths, key) for key in node.inputs}
    return {key: record.fingerprint for key, record in found.items() if record}


def stale(nodes: list[Node], workspace: Workspace) -> list[Node]:
    """The nodes whose tables are absent, or were made from something that has changed since; in build order."""
    expected: dict[Key, str] = {}
    found = []
    for node in nodes:
        now = fingerprint(node, expected, workspace)
        records = [store.record(workspace.paths, key) for key in node.keys]
        written = node.files(workspace.paths) if node.files else []
        is_whole = all(record and record.fingerprint == now for record in records)
        if not (is_whole and all(path.exists() for path in written)):
            found.append(node)
        expected |= dict.fromkeys(node.keys, now)
    return found
