"""Deposits that lie in a bucket: a copy on this machine, brought up to date before a build looks at it."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from assets.engine.workspace import Workspace
from assets.storage.bucket import Bucket, Found, is_address, opened
from pipeline.errors import CohesionError
from pipeline.files import sha256_of, write_bytes, write_whole

RECORD = ".objects.json"
"""Lies among the copies: name → tag, size and SHA-256 of what was fetched."""
_MD5 = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True)
class Fetched:
    """How many files are new or changed, and how many are no longer there."""

    changed: int
    removed: int


def fetch_all(workspace: Workspace) -> dict[str, Fetched]:
    """Study → what was fetched, of every study whose declared deposits lie in a bucket and are used."""
    found = {}
    for study in workspace.project.studies.values():
        place = study.about.deposits or ""
        if is_address(place) and study.key not in workspace.deposits:
            found[study.key] = fetch(opened(place), workspace.paths.fetched(study.key))
    return found


def fetch(bucket: Bucket, folder: Path) -> Fetched:
    """Make ``folder`` hold the files of ``bucket``: those that are new or changed are read, and checked by their tag.

    Each is whole or not there. Raises ``CohesionError`` where storage does not answer, a name leads out of the folder,
    or a file changes while it is read.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    known, listed = _read_record(folder), {found.name: found for found in bucket.listed() if found.name[-1:] != "/"}
    for name in listed:
        _require_inside(bucket, name)
    changed = [found for found in listed.values() if not _is_there(folder, found, known.get(found.name))]
    for found in changed:
        known[found.name] = _take(bucket, folder, found)
        _write_record(folder, known)
    gone = [name for name in known if name not in listed]
    for name in gone:
        (folder / name).unlink(missing_ok=True)
        del known[name]
    if gone:
        _write_record(folder, known)
    return Fetched(len(changed), len(gone))


def _require_inside(bucket: Bucket, name: str) -> None:
    parts = PurePosixPath(name).parts
    if name.startswith("/") or ".." in parts or "\\" in name or name == RECORD or any(ord(sign) < 32 for sign in name):
        raise CohesionError(
            "a file has a name that leads elsewhere", where=bucket.address, todo="Rename it in the bucket."
        )


def _is_there(folder: Path, found: Found, noted: Mapping[str, Any] | None) -> bool:
    """Whether the copy is that of the object as it is now; bytes are hashed again where the file was touched."""
    path = folder / found.name
    if noted is None or noted["tag"] != found.tag or not path.is_file():
        return False
    state = path.stat()
    if state.st_size != found.size:
        return False
    return bool(state.st_mtime_ns == noted["modified"] or sha256_of(path) == noted["sha256"])


def _take(bucket: Bucket, folder: Path, found: Found) -> dict[str, Any]:
    target = folder / found.name

    def write(draft: Path) -> None:
        tag = bucket.download(found.name, draft)
        content_is_tagged = _MD5.fullmatch(tag) is not None and _md5_of(draft) != tag
        if tag != found.tag or draft.stat().st_size != found.size:
            raise CohesionError(
                "changed while it was read",
                where=f"{bucket.address}/{found.name}",
                todo="Build again when it is whole.",
            )
        if content_is_tagged and _is_plain(bucket, found.name):
            raise CohesionError(
                "did not arrive as it lies there", where=f"{bucket.address}/{found.name}", todo="Build again."
            )

    write_whole(target, write, 0o600)
    state = target.stat()
    return {"tag": found.tag, "size": found.size, "sha256": sha256_of(target), "modified": state.st_mtime_ns}


def _is_plain(bucket: Bucket, name: str) -> bool:
    """Whether the tag is the MD5 of the bytes: not of what storage encrypts with keys of its own."""
    head = bucket.client.head_object(Bucket=bucket.bucket, Key=bucket.folder + name)
    return "kms" not in str(head.get("ServerSideEncryption", "")) and "SSECustomerAlgorithm" not in head


def _md5_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def _read_record(folder: Path) -> dict[str, dict[str, Any]]:
    try:
        found = json.loads((folder / RECORD).read_bytes())
        return {name: dict(each) for name, each in found.items() if {"tag", "sha256", "modified"} <= set(each)}
    except (OSError, ValueError, AttributeError, TypeError):
        return {}


def _write_record(folder: Path, known: Mapping[str, Mapping[str, Any]]) -> None:
    write_bytes(folder / RECORD, json.dumps(known, indent=1).encode(), 0o600)
