"""The version to which a project is pinned, and those of its libraries, made those that are installed now."""

from __future__ import annotations

import re
from pathlib import Path

from assets.projects import words
from assets.projects.pinned import PACKAGE, pinned_versions
from pipeline.errors import CohesionError
from pipeline.root import MARKER
from pipeline.settings import settings_of

_VERSION = re.compile(r'(?m)^(version\s*=\s*)(["\'])(.*?)\2')


def repinned(root: Path) -> dict[Path, tuple[str, str]]:
    """File → what changes in it, in words, and its new text; empty for a project that is not pinned, or pinned right.

    Raises ``CohesionError`` for settings whose version is not written on a line of its own.
    """
    settings, versions, file = settings_of(root), pinned_versions(), root / MARKER
    wanted, here = settings.get("version"), versions.get(PACKAGE)
    if not file.is_file() or wanted in (None, here) or here is None:
        return {}
    text = file.read_text(encoding="utf-8")
    found = _VERSION.search(text)
    if found is None or found.group(3) != wanted:
        raise CohesionError("`version` is not on a line of its own", where=MARKER, todo=f'Write: version = "{here}"')
    new = text[: found.start(3)] + here + text[found.end(3) :]
    changes = {file: (f"`version` {wanted} → {here}", new)}
    libraries = root / "requirements.txt"
    if libraries.is_file():
        changes[libraries] = ("the versions of the libraries that are installed now", words.requirements(versions))
    return changes
