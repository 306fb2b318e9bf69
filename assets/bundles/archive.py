"""A bundle as one file: written so that the same content gives the same bytes, and opened without trusting it."""

from __future__ import annotations

import hashlib
import json
import stat
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from pipeline.errors import CohesionError
from pipeline.files import write_whole

FORMAT, VERSION = "cohesion bundle", 1
MANIFEST = "manifest.json"
LONG_AGO = (1980, 1, 1, 0, 0, 0)
MOST_MEMBERS, MOST_BYTES = 20_000, 8 * 1024**3
MOST_RATIO, SMALL = 500, 1024**2
"""A member may be so many times larger than it is packed, unless it is small: tables of answers never come near it."""
UNTRUSTED = "Ask the study team for the file again, and compare its SHA-256 with theirs."


@dataclass(frozen=True)
class Bundle:
    """An opened bundle. ``altered``: members that are not what the manifest says; ``sha256``: of the whole file."""

    manifest: Mapping[str, Any]
    members: Mapping[str, bytes]
    altered: tuple[str, ...]
    sha256: str

    @property
    def study(self) -> str:
        return str(self.manifest["study"])

    def below(self, folder: str) -> dict[str, bytes]:
        """The members of a folder, by their place in it."""
        return {name.removeprefix(folder): content for name, content in self.members.items() if name.startswith(folder)}


def write_bundle(target: Path, about: Mapping[str, Any], members: Mapping[str, bytes]) -> str:
    """Write a bundle with its manifest, for the owner alone; returns its SHA-256."""
    listed = {name: {"sha256": sha256(content), "bytes": len(content)} for name, content in sorted(members.items())}
    manifest = {"format": FORMAT, "version": VERSION, **about, "members": listed}
    text = json.dumps(manifest, ensure_ascii=False, indent=1, sort_keys=True) + "\n"

    def write(draft: Path) -> None:
        with zipfile.ZipFile(draft, "w") as packed:
            for name, content in [(MANIFEST, text.encode()), *sorted(members.items())]:
                part = zipfile.ZipInfo(name, LONG_AGO)
                part.compress_type, part.external_attr, part.create_system = zipfile.ZIP_DEFLATED, 0o600 << 16, 3
                packed.writestr(part, content)

    write_whole(target, write, mode=0o600)
    return hashlib.sha256(target.read_bytes()).hexdigest()


def open_bundle(file: Path) -> Bundle:
    """Read and check a bundle; nothing of it is written anywhere.

    Raises ``CohesionError`` for a file that is no bundle, one of another version, members that lead out of their
    folder, are packed beyond reason, or are not those that the manifest lists.
    """
    if not file.is_file():
        raise CohesionError("there is no such file", where=file.name)
    try:
        with zipfile.ZipFile(file) as packed:
            infos = packed.infolist()
            _check_members(file.name, infos)
            contents = {info.filename: _content(file.name, packed, info) for info in infos}
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError) as error:
        raise CohesionError(
            f"is not a bundle, or was cut off ({type(error).__name__})", where=file.name, todo=UNTRUSTED
        ) from None
    manifest = _manifest(file.name, contents.pop(MANIFEST, None))
    listed: Mapping[str, Any] = manifest["members"]
    extra, absent = sorted(set(contents) - set(listed)), sorted(set(listed) - set(contents))
    if extra or absent:
        said = f"holds `{extra[0]}`, which its manifest does not list" if extra else f"lacks `{absent[0]}`"
        raise CohesionError(said, where=file.name, count=len(extra or absent), todo=UNTRUSTED)
    altered = tuple(name for name, content in sorted(contents.items()) if sha256(content) != listed[name]["sha256"])
    return Bundle(manifest, contents, altered, sha256(file.read_bytes()))


def _check_members(where: str, infos: list[zipfile.ZipInfo]) -> None:
    names = [info.filename for info in infos]
    if len(names) > MOST_MEMBERS or sum(info.file_size for info in infos) > MOST_BYTES:
        raise CohesionError("is larger unpacked than any bundle", where=where, todo=UNTRUSTED)
    if len({name.casefold() for name in names}) != len(names):
        raise CohesionError("holds two members of one name", where=where, todo=UNTRUSTED)
    for info in infos:
        _check_name(where, info)
        if info.file_size > SMALL and info.file_size > MOST_RATIO * max(info.compress_size, 1):
            raise CohesionError(f"`{info.filename}` is packed beyond reason", where=where, todo=UNTRUSTED)


def _check_name(where: str, info: zipfile.ZipInfo) -> None:
    name, kind = info.filename, stat.S_IFMT(info.external_attr >> 16)
    parts = name.split("/")
    is_plain = name.isprintable() and not set(name) & set('\\:*?"<>|') and kind in (0, stat.S_IFREG)
    if not is_plain or PurePosixPath(name).is_absolute() or any(part in ("", ".", "..") for part in parts):
        raise CohesionError(
            f"holds a member that leads out of its folder, or is no plain file: {name!a}", where=where,
            todo=UNTRUSTED,
        )  # fmt: skip
    if info.flag_bits & 1:
        raise CohesionError(f"`{name}` is encrypted", where=where, todo=UNTRUSTED)


def _content(where: str, packed: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    """A member's bytes, and never more than it says it has."""
    with packed.open(info) as member:
        content = member.read(info.file_size + 1)
    if len(content) != info.file_size:
        raise CohesionError(f"`{info.filename}` has another length than it says", where=where, todo=UNTRUSTED)
    return content


def _manifest(where: str, content: bytes | None) -> dict[str, Any]:
    """The manifest, if it is one that this version understands."""
    try:
        found = json.loads(content or b"")
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise CohesionError("is not a bundle: it has no manifest of one", where=where, todo=UNTRUSTED)
    if found.get("version") != VERSION:
        raise CohesionError(
            f"is a bundle of version {found.get('version')}, and this installation knows version {VERSION}",
            where=where,
            todo="Install the version of Cohesion Panel that the study team used.",
        )
    if not _is_whole(found):
        raise CohesionError("its manifest is incomplete", where=where, todo=UNTRUSTED)
    return found


def _is_whole(manifest: Mapping[str, Any]) -> bool:
    listed, study = manifest.get("members"), manifest.get("study")
    texts = isinstance(study, str) and study.isidentifier()
    maps = all(isinstance(manifest.get(name), dict) for name in ("environment", "code"))
    return (
        texts
        and maps
        and isinstance(listed, dict)
        and all(isinstance(about, dict) and isinstance(about.get("sha256"), str) for about in listed.values())
    )


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
