"""A warehouse that machines share: files named by their content in a bucket, and one manifest, written last.

A node is taken or given as a whole: its tables, its files and its record. Whether it is current is decided afterwards,
as of everything that lies in the warehouse: by the fingerprint in its record.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from assets.engine import store
from assets.engine.node import File, Node
from assets.engine.workspace import Workspace
from assets.storage.bucket import Bucket, opened
from pipeline.errors import CohesionError
from pipeline.files import sha256_of, write_bytes, write_whole
from pipeline.paths import Paths
from pipeline.settings import setting

MANIFEST, OBJECTS = "manifest.json", "objects/"
FORMAT = 1
TRIES = 6
YOUNG_SECONDS = 24 * 3600
"""An object this young may belong to a push that has not ended."""


@dataclass(frozen=True)
class Item:
    """A file of a node: its place below the root, its content, and who may read it."""

    path: str
    sha256: str
    size: int
    mode: int


Entries = dict[str, tuple[Item, ...]]
"""Node → its files; the first is its record."""


@dataclass(frozen=True)
class Manifest:
    """What the shared warehouse holds: made with which key, and the tag of the object that says so."""

    key: str
    nodes: Entries
    tag: str | None


def shared(workspace: Workspace) -> Shared | None:
    """The warehouse that this project shares, if it says so. Raises ``CohesionError`` for an address that is none."""
    address = setting(workspace.paths.root, "COHESION_WAREHOUSE", "warehouse")
    return Shared(opened(address), workspace.paths) if address else None


@dataclass(frozen=True)
class Shared:
    """One shared warehouse, and the root on this machine."""

    bucket: Bucket
    paths: Paths

    def pull(self, nodes: Sequence[Node]) -> int:
        """Take what other machines made since this one looked last; how many nodes that were.

        Raises ``CohesionError`` if it was made with another key, or storage does not answer.
        """
        manifest, last = self._manifest(), self._last()
        if manifest.tag is None or manifest.tag == last.tag:
            return 0
        _require_key(self, manifest)
        taken = 0
        for node in nodes:
            theirs = manifest.nodes.get(node.name)
            if theirs and theirs != last.nodes.get(node.name) and theirs[0] != _record_item(self.paths, node):
                taken += self._take(node, theirs)
        self._note(manifest)
        return taken

    def push(self, nodes: Sequence[Node]) -> int:
        """Give what this machine made since it looked last; how many nodes that were.

        Files first, the manifest last, and only over the one that was read: where another machine was faster, its nodes
        stay beside ours.
        """
        last, ours = self._last(), dict(_entries(self.paths, nodes))
        changed = {name: items for name, items in ours.items() if items != last.nodes.get(name)}
        for _ in range(TRIES):
            manifest = self._manifest()
            if manifest.tag is not None:
                _require_key(self, manifest)
            new = {name: items for name, items in changed.items() if manifest.nodes.get(name) != items}
            if not new and manifest.tag is not None:
                self._note(manifest)
                return 0
            self._give(item for items in new.values() for item in items)
            merged = Manifest(_key(self.paths), manifest.nodes | new, None)
            if self.bucket.write(MANIFEST, _as_json(merged), manifest.tag):
                self._note(self._manifest())
                return len(new)
        raise CohesionError(
            "other machines write it all the time", where=self.bucket.address, todo="`cohesion warehouse push` again."
        )

    def prune(self, *, now: bool = False) -> int:
        """Remove objects that the manifest does not name; those of the last day only ``now``. How many that were."""
        kept = {_object(item.sha256) for items in self._manifest().nodes.values() for item in items}
        old = time.time() + (60 if now else -YOUNG_SECONDS)
        gone = [found.name for found in self.bucket.listed(OBJECTS) if found.name not in kept and found.modified < old]
        self.bucket.delete(gone)
        return len(gone)

    def _take(self, node: Node, items: tuple[Item, ...]) -> bool:
        """Put a node's files in place, its record last; whether all were there. Else it is due, and is built."""
        record, *files = items
        if record.path != _record_path(self.paths, node) or not all(_is_place(self.paths, node, one) for one in files):
            return False
        (self.paths.root / record.path).unlink(missing_ok=True)
        return all(self._put(item) for item in (*files, record))

    def _put(self, item: Item) -> bool:
        target = self.paths.root / item.path
        if target.is_file() and target.stat().st_size == item.size and sha256_of(target) == item.sha256:
            return True

        def write(draft: Path) -> None:
            self.bucket.download(_object(item.sha256), draft)
            if sha256_of(draft) != item.sha256:
                raise _DamagedError("not the bytes of its name", where=_object(item.sha256))

        try:
            write_whole(target, write, item.mode)
        except _DamagedError:
            return False
        return True

    def _give(self, items: Iterator[Item]) -> None:
        there = {found.name: found.size for found in self.bucket.listed(OBJECTS)}
        for item in items:
            name = _object(item.sha256)
            if there.get(name) != item.size:
                self.bucket.upload(self.paths.root / item.path, name)
                there[name] = item.size

    def _manifest(self) -> Manifest:
        found = self.bucket.read(MANIFEST)
        return (
            Manifest(_key(self.paths), {}, None) if found is None else _parsed(found[0], found[1], self.bucket.address)
        )

    def _last(self) -> Manifest:
        """What this machine saw last; nothing if it never looked, or looked elsewhere."""
        nothing = Manifest("", {}, None)
        try:
            held = json.loads(self.paths.shared_record.read_bytes())
            if held["address"] != self.bucket.address:
                return nothing
            return _parsed(json.dumps(held["manifest"]).encode(), held["tag"], self.bucket.address)
        except (OSError, ValueError, KeyError, TypeError, CohesionError):
            return nothing

    def _note(self, manifest: Manifest) -> None:
        held = {"address": self.bucket.address, "tag": manifest.tag, "manifest": json.loads(_as_json(manifest))}
        write_bytes(self.paths.shared_record, json.dumps(held).encode(), 0o600)


class _DamagedError(CohesionError):
    """An object whose bytes are not those of its name."""


def _key(paths: Paths) -> str:
    from pipeline.ingest.people.keys import fingerprint_on_record

    return fingerprint_on_record(paths) or ""


def _require_key(place: Shared, manifest: Manifest) -> None:
    own = _key(place.paths)
    if manifest.key and own and manifest.key != own:
        raise CohesionError(
            f"its tables were made with another pseudonym key (fingerprint {manifest.key}) than this one ({own})",
            where=place.bucket.address,
            todo="Copy that machine's key: `cohesion key backup`.",
        )


def _record_path(paths: Paths, node: Node) -> str:
    return store.record_file(paths, node).relative_to(paths.root).as_posix()


def _is_place(paths: Paths, node: Node, item: Item) -> bool:
    """Whether a node may put something there: nothing else is taken, whatever a manifest says."""
    tables = {paths.table(*key).relative_to(paths.root).as_posix() for key in node.keys}
    return item.path in tables or any(_leads_to(file, item.path) for file in node.files.values())


def _leads_to(file: File, path: str) -> bool:
    if not file.is_folder:
        return file.path == path
    folder, _, name = path.rpartition("/")
    try:
        return folder == file.path and file.inside(name).path == path
    except ValueError:
        return False


def _record_item(paths: Paths, node: Node) -> Item | None:
    path = store.record_file(paths, node)
    if not path.is_file():
        return None
    content = path.read_bytes()
    return Item(_record_path(paths, node), hashlib.sha256(content).hexdigest(), len(content), 0o644)


def _entries(paths: Paths, nodes: Sequence[Node]) -> Iterator[tuple[str, tuple[Item, ...]]]:
    """What this machine has of each node that is whole."""
    for node in nodes:
        found, own = store.record(paths, node), _record_item(paths, node)
        if found is None or own is None or not store.intact(paths, node, found):
            continue
        items = [own]
        for path, stored, mode in store.places(paths, node, found):
            items.append(Item(path.relative_to(paths.root).as_posix(), stored.sha256, stored.size, mode))
        yield node.name, tuple(items)


def _object(sha256: str) -> str:
    return f"{OBJECTS}{sha256[:2]}/{sha256}"


def _as_json(manifest: Manifest) -> bytes:
    nodes = {name: [asdict(item) for item in items] for name, items in sorted(manifest.nodes.items())}
    return json.dumps({"format": FORMAT, "key": manifest.key, "nodes": nodes}, indent=1).encode()


def _parsed(content: bytes, tag: str | None, where: str) -> Manifest:
    try:
        held: Mapping[str, Any] = json.loads(content)
        if held["format"] != FORMAT:
            raise CohesionError(
                f"is of format {held['format']}, and this version reads {FORMAT}", where=f"{where}/{MANIFEST}",
                todo="Use the version of cohesion-panel that wrote it.",
            )  # fmt: skip
        nodes = {name: tuple(_item(each) for each in items) for name, items in held["nodes"].items()}
        return Manifest(str(held["key"]), nodes, tag)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise CohesionError("is no manifest of a warehouse", where=f"{where}/{MANIFEST}") from None


def _item(held: Mapping[str, Any]) -> Item:
    item = Item(str(held["path"]), str(held["sha256"]), int(held["size"]), int(held["mode"]) & 0o644)
    if len(item.sha256) != 64 or set(item.sha256) - set("0123456789abcdef"):
        raise ValueError("no hash")
    return item
