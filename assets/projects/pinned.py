"""The versions of this package and of every library that it needs, as they are installed here."""

from __future__ import annotations

import importlib.metadata
import re
from importlib.metadata import PackageNotFoundError
from pathlib import Path

from pipeline.errors import CohesionError
from pipeline.settings import settings_of

PACKAGE = "cohesion-panel"


def pinned_versions() -> dict[str, str]:
    """Distribution → version, of the package and all that it needs here, by name; empty if it is not installed."""
    found: dict[str, str] = {}
    waiting = [PACKAGE]
    while waiting:
        name = _normal(waiting.pop())
        if name in found:
            continue
        try:
            distribution = importlib.metadata.distribution(name)
        except PackageNotFoundError:  # needed on another system, or for an extra
            continue
        found[name] = distribution.version
        waiting += [_name(one) for one in distribution.requires or () if "extra ==" not in one]
    return dict(sorted(found.items()))


def _name(requirement: str) -> str:
    match = re.match(r"[A-Za-z0-9][A-Za-z0-9._-]*", requirement)
    return match.group().rstrip("._-") if match else requirement


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def installed_version() -> str:
    """The version of this package; empty where it runs without having been installed."""
    try:
        return importlib.metadata.version(PACKAGE)
    except PackageNotFoundError:
        return ""


def refuse_other_version(root: Path) -> None:
    """Raises ``CohesionError`` where the settings of a project name another version than the one that runs."""
    wanted, here = settings_of(root).get("version"), installed_version()
    if wanted and here and wanted != here:
        raise CohesionError(
            f"this project is built with cohesion-panel {wanted}, and this is {here}",
            where=str(root),
            todo=f"Install {wanted}; or bring the project to {here}, which may move its numbers: cohesion migrate.",
        )
